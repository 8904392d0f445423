// Goal: tiles are named and filled as C2SP tlog-tiles says, and hold everything needed to rebuild
// roots and proofs. Method: the specification's examples; a tree read back through its own tiles.
#include "tlog/tile.h"

#include <gtest/gtest.h>

#include <map>

#include "tlog/leaf.h"

namespace candour::tlog {
namespace {

TEST(TilePath, PrintsAndParses) {
  const std::pair<Tile, const char*> cases[] = {
      {{false, 0, 0, 256}, "/tile/0/000"},
      {{false, 0, 1234067, 256}, "/tile/0/x001/x234/067"},
      {{false, 1, 999, 17}, "/tile/1/999.p/17"},
      {{false, 63, 1000, 1}, "/tile/63/x001/000.p/1"},
      {{true, 0, 273, 112}, "/tile/entries/273.p/112"},
      {{true, 0, 1000, 256}, "/tile/entries/x001/000"},
  };
  for (const auto& [tile, path] : cases) {
    EXPECT_EQ(tile.path(), path);
    const auto parsed = Tile::parse(path);
    ASSERT_TRUE(parsed) << path;
    EXPECT_EQ(parsed.value(), tile);
  }
}

TEST(TilePath, RefusesOtherSpellings) {
  for (const char* path : {"",
                           "/tile",
                           "/tile/",
                           "/tile/0",
                           "/tile/0/",
                           "/tile/0/0",
                           "/tile/0/0000",
                           "/tile/00/000",
                           "/tile/64/000",
                           "/tile/-1/000",
                           "/tile/0/x000/001",
                           "/tile/0/001/234",
                           "/tile/0/x001",
                           "/tile/0/000.p/0",
                           "/tile/0/000.p/256",
                           "/tile/0/000.p/01",
                           "/tile/0/000.p/",
                           "/tile/0/000/",
                           "/tile/0/../000",
                           "/tile/entries/",
                           "/tile/data/000",
                           "/tile/0/000?x=1",
                           "tile/0/000",
                           "/tile/0/x018/x446/x744/x073/x709/x551/616",
                           "/tile/0/000.p/17.p/17"}) {
    EXPECT_FALSE(Tile::parse(path)) << path;
  }
}

TEST(Tiles, WidthsFollowTheSpecification) {
  // "A tree of size 70,000 ...", C2SP tlog-tiles, "Partial Tiles".
  EXPECT_EQ(tile_width(0, 272, 70'000), 256u);
  EXPECT_EQ(tile_width(0, 273, 70'000), 112u);
  EXPECT_EQ(tile_width(0, 274, 70'000), 0u);
  EXPECT_EQ(tile_width(1, 0, 70'000), 256u);
  EXPECT_EQ(tile_width(1, 1, 70'000), 17u);
  EXPECT_EQ(tile_width(2, 0, 70'000), 1u);
  EXPECT_EQ(tile_width(3, 0, 70'000), 0u);
  EXPECT_EQ(tile_width(0, 0, 256), 256u);
  EXPECT_EQ(tile_width(0, 1, 256), 0u);
  EXPECT_EQ(tile_width(1, 0, 256), 1u);
  EXPECT_EQ(tile_width(0, 0, 0), 0u);
  EXPECT_EQ(tile_width(63, 0, kTreeSizeMax), 0u);
  EXPECT_EQ(tile_width(0, UINT64_MAX, kTreeSizeMax), 0u);
  EXPECT_EQ(tiles_of(70'000).size(), 2u * 274 + 2 + 1);
}

TEST(Tiles, AreAvailableUpToWhatTheTreeHolds) {
  EXPECT_TRUE(tile_available({false, 0, 273, 112}, 70'000));
  EXPECT_TRUE(tile_available({false, 0, 273, 17}, 70'000));
  EXPECT_FALSE(tile_available({false, 0, 273, 113}, 70'000));
  EXPECT_FALSE(tile_available({false, 0, 273, 256}, 70'000));
  EXPECT_TRUE(tile_available({false, 0, 272, 256}, 70'000));
}

struct Files : TileSource {
  Result<Bytes> tile(const Tile& wanted) const override {
    const auto found = files.find(wanted.path());
    if (found == files.end()) return error(ErrorCode::not_found, wanted.path());
    return found->second;
  }
  std::map<std::string, Bytes> files;
};

struct Entries : EntryReader {
  Result<Bytes> entry(std::uint64_t index) const override {
    return to_bytes("entry " + std::to_string(index));
  }
};

TEST(Tiles, HoldTheWholeTree) {
  constexpr std::uint64_t kSize = 66'000;  // more than 256 * 256: three levels
  MemoryHashes hashes;
  Frontier edge;
  const Entries entries;
  for (std::uint64_t i = 0; i < kSize; ++i) {
    hashes.put(edge.append(leaf_hash(entries.entry(i).value())));
  }
  Files files;
  for (const Tile& tile : tiles_of(kSize)) {
    if (!tile.entries) files.files[tile.path()] = tile_bytes(tile, hashes).value();
  }
  EXPECT_EQ(files.files.at("/tile/0/000").size(), 8192u);
  const TileHashReader reader(kSize, files);
  EXPECT_EQ(tree_hash(kSize, reader).value(), edge.root());
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{255}, std::uint64_t{256},
                                    std::uint64_t{65'535}, std::uint64_t{65'999}}) {
    EXPECT_EQ(prove_inclusion(index, kSize, reader).value(),
              prove_inclusion(index, kSize, hashes).value());
  }
  EXPECT_EQ(prove_consistency(257, kSize, reader).value(),
            prove_consistency(257, kSize, hashes).value());
  EXPECT_FALSE(reader.read(0, kSize));
  EXPECT_FALSE(reader.read(8, kSize / 256));

  const Tile last{true, 0, kSize / 256, kSize % 256};
  const auto bundle = entry_bundle(last, entries);
  ASSERT_TRUE(bundle);
  const auto parsed = parse_entry_bundle(bundle.value());
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed.value().size(), kSize % 256);
  EXPECT_EQ(parsed.value()[3], to_bytes("entry " + std::to_string(kSize / 256 * 256 + 3)));
  EXPECT_FALSE(parse_entry_bundle(ByteView(bundle.value()).first(bundle.value().size() - 1)));
}

}  // namespace
}  // namespace candour::tlog
