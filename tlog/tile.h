// The tree as static files (C2SP tlog-tiles): paths and contents.
//
//   /tile/<L>/<N>[.p/<W>]        256 (or W) hashes of level 8 * L, 32 bytes each
//   /tile/entries/<N>[.p/<W>]    256 (or W) entries, each with its length as u16 in front
//
// N is printed as x001/x234/067. A full tile never changes; a partial one is right for one size.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "tlog/tree.h"

namespace candour::tlog {

inline constexpr unsigned kTileWidth = 256;

struct Tile {
  bool entries = false;  // an entry bundle; `level` is 0 then
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1 to 256; less than 256 is a partial tile

  /// "/tile/0/x001/234.p/17"
  std::string path() const;
  /// Only what `path` prints: input_invalid otherwise.
  static Result<Tile> parse(std::string_view path);
  bool operator==(const Tile&) const = default;
};

/// How many hashes (entries) the tile at this level and index has in a tree of `size` leaves; 0 when
/// there is no such tile.
unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size);

/// True when the tile can be served from a tree of `size` leaves: it is full, or it is as wide as or
/// narrower than what the tree holds.
bool tile_available(const Tile& tile, std::uint64_t size);

/// All tiles of a tree of `size` leaves, partial ones last of their level, entry bundles included.
std::vector<Tile> tiles_of(std::uint64_t size);

/// Contents of a hash tile (`tile.entries` false, asserted).
Result<Bytes> tile_bytes(const Tile& tile, const HashReader& reader);

/// Where log entries come from.
class EntryReader {
 public:
  virtual ~EntryReader() = default;
  virtual Result<Bytes> entry(std::uint64_t index) const = 0;
};

/// Contents of an entry bundle (`tile.entries` true, asserted).
Result<Bytes> entry_bundle(const Tile& tile, const EntryReader& reader);
/// The entries of a bundle; input_invalid when it does not come out even.
Result<std::vector<Bytes>> parse_entry_bundle(ByteView bundle);

/// Reads hashes out of tiles someone fetched: what a monitor or client without the database uses.
class TileSource {
 public:
  virtual ~TileSource() = default;
  /// The bytes at tile.path().
  virtual Result<Bytes> tile(const Tile& tile) const = 0;
};

/// HashReader over the tiles of a tree of `size` leaves. `source` must outlive it. Not cached.
class TileHashReader : public HashReader {
 public:
  TileHashReader(std::uint64_t size, const TileSource& source) : size_(size), source_(source) {}
  Result<Digest> read(unsigned level, std::uint64_t index) const override;

 private:
  std::uint64_t size_;
  const TileSource& source_;
};

}  // namespace candour::tlog
