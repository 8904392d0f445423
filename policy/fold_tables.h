// The tables of policy/fold.cc; their contents are made at build time by
// policy/fold_tables_main.cc.
//
// A code point c folds to the text numbered Texts[Blocks[c / 128] * 128 + c % 128]; number 0 stands
// for the code point itself. Text n is the bytes of kPool from kOffsets[n] up to kOffsets[n + 1].
#pragma once

#include <cstdint>

namespace candour::policy::tables {

inline constexpr std::uint32_t kBlockSize = 128;

extern const std::uint16_t kFoldedBlocks[];
extern const std::uint16_t kFoldedTexts[];
extern const std::uint16_t kCasedBlocks[];
extern const std::uint16_t kCasedTexts[];
extern const std::uint32_t kOffsets[];
extern const unsigned char kPool[];

}  // namespace candour::policy::tables
