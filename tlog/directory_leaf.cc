#include "tlog/directory_leaf.h"

#include <iterator>

namespace candour::tlog {
namespace {

// In the order of ObjectKind, which begins at 1.
constexpr LeafKind kKinds[] = {LeafKind::statement,  LeafKind::certificate, LeafKind::revocation,
                               LeafKind::policy,     LeafKind::notice,      LeafKind::notice_ack,
                               LeafKind::succession, LeafKind::web_bundle};

}  // namespace

std::optional<LeafKind> directory_leaf_kind(std::uint64_t object_kind) {
  if (object_kind < 1 || object_kind > std::size(kKinds)) return std::nullopt;
  return kKinds[object_kind - 1];
}

}  // namespace candour::tlog
