// Which leaf a directory object gets. Pure; thread-safe.
#pragma once

#include <cstdint>
#include <optional>

#include "tlog/leaf.h"

namespace candour::tlog {

/// The leaf kind of a directory object, by the number of its ObjectKind (candour.proto; the same
/// numbers stand in the relay's `directory` table). Nothing for a number that names no object.
std::optional<LeafKind> directory_leaf_kind(std::uint64_t object_kind);

}  // namespace candour::tlog
