// The compiled form of a pack: one run of bytes with everything an engine needs, for programs that
// read neither TOML nor folders (a browser) or should start fast (the bot).
//
//   candour-pack/v1\n                       magic
//   vec<note> vec<rules>                    pack.note as it stood with its signatures; the rules
//   sha256                                  of everything before it
//
// Lengths are those of base/codec.h. The same pack gives the same bytes, on every machine; what
// load_compiled() accepts, compile_pack() writes again byte for byte. Examples are left out.
// The note must list the hash of the rules (policy/pack_note.h), so that its signatures cover them;
// whether those signatures are good is the caller's question.
#pragma once

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "policy/engine.h"

namespace candour::policy {

/// A policy pack ready for use. Immutable, shared between threads.
struct Pack {
  std::string name;
  std::string version;
  /// SHA-256 of `note_text`: the policy version every verdict cites.
  Digest digest;
  /// The signed part of pack.note: everything before the blank line, with its last newline.
  std::string note_text;
  /// The whole of pack.note, with signatures where there are any.
  std::string raw_note;
  std::shared_ptr<const Engine> engine;
};

inline constexpr std::size_t kCompiledPackSizeMax = 16 * 1024 * 1024;

/// The compiled form of a pack that has its note (a draft has none, and its bytes do not load).
Bytes compile_pack(const Pack& pack);

/// Any bytes are safe to try. policy_invalid when they are not a compiled pack of this version, are
/// damaged or cut, or hold rules that the note does not list or Engine::build refuses.
Result<std::shared_ptr<const Pack>> load_compiled(ByteView bytes);

}  // namespace candour::policy
