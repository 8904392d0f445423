#include "tlog/tile.h"

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/codec.h"
#include "identity/note_text.h"

namespace candour::tlog {
namespace {

constexpr unsigned kTileHeight = 8;
constexpr unsigned kLevelMax = 63;

Error invalid(std::string_view path) {
  return error(ErrorCode::input_invalid,
               "'" + std::string(path.substr(0, 100)) + "' is not the path of a tile");
}

std::string print_index(std::uint64_t index) {
  std::string out = std::to_string(1000 + index % 1000).substr(1);
  for (index /= 1000; index > 0; index /= 1000) {
    out = "x" + std::to_string(1000 + index % 1000).substr(1) + "/" + out;
  }
  return out;
}

/// Digits of all path elements together; the caller compares with what print_index makes of it.
std::optional<std::uint64_t> parse_index(std::string_view text) {
  std::string digits;
  for (char c : text) {
    if (c >= '0' && c <= '9') digits += c;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? std::optional<std::uint64_t>(0) : identity::parse_decimal(digits);
}

}  // namespace

std::string Tile::path() const {
  std::string out = "/tile/" + (entries ? std::string("entries") : std::to_string(level)) + "/" +
                    print_index(index);
  if (width != kTileWidth) out += ".p/" + std::to_string(width);
  return out;
}

Result<Tile> Tile::parse(std::string_view path) {
  constexpr std::string_view kPrefix = "/tile/";
  if (!path.starts_with(kPrefix) || path.size() > 100) return invalid(path);
  std::string_view rest = path.substr(kPrefix.size());
  const auto slash = rest.find('/');
  if (slash == rest.npos) return invalid(path);
  Tile out;
  out.entries = rest.substr(0, slash) == "entries";
  if (!out.entries) {
    const auto level = identity::parse_decimal(rest.substr(0, slash));
    if (!level || *level > kLevelMax) return invalid(path);
    out.level = static_cast<unsigned>(*level);
  }
  rest.remove_prefix(slash + 1);
  const auto partial = rest.find(".p/");
  if (partial != rest.npos) {
    const auto width = identity::parse_decimal(rest.substr(partial + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return invalid(path);
    out.width = static_cast<unsigned>(*width);
    rest = rest.substr(0, partial);
  }
  const auto index = parse_index(rest);
  if (!index) return invalid(path);
  out.index = *index;
  if (out.path() != path) return invalid(path);
  return out;
}

unsigned tile_width(unsigned level, std::uint64_t index, std::uint64_t size) {
  if (level >= 64 / kTileHeight) return 0;
  const std::uint64_t hashes = size >> (kTileHeight * level);
  if (index >= hashes / kTileWidth + 1) return 0;
  return static_cast<unsigned>(std::min<std::uint64_t>(kTileWidth, hashes - index * kTileWidth));
}

bool tile_available(const Tile& tile, std::uint64_t size) {
  return tile.width >= 1 && tile.width <= tile_width(tile.level, tile.index, size);
}

std::vector<Tile> tiles_of(std::uint64_t size) {
  std::vector<Tile> out;
  for (unsigned level = 0; tile_width(level, 0, size) > 0; ++level) {
    for (std::uint64_t index = 0;; ++index) {
      const unsigned width = tile_width(level, index, size);
      if (width == 0) break;
      out.push_back({false, level, index, width});
      if (level == 0) out.push_back({true, 0, index, width});
    }
  }
  return out;
}

Result<Bytes> tile_bytes(const Tile& tile, const HashReader& reader) {
  CANDOUR_ASSERT(!tile.entries && tile.width >= 1 && tile.width <= kTileWidth);
  Bytes out;
  out.reserve(std::size_t{tile.width} * Digest::kSize);
  for (unsigned i = 0; i < tile.width; ++i) {
    CANDOUR_TRY(auto hash, reader.read(kTileHeight * tile.level, tile.index * kTileWidth + i));
    append(out, hash.view());
  }
  return out;
}

Result<Bytes> entry_bundle(const Tile& tile, const EntryReader& reader) {
  CANDOUR_ASSERT(tile.entries && tile.width >= 1 && tile.width <= kTileWidth);
  Writer out;
  for (unsigned i = 0; i < tile.width; ++i) {
    CANDOUR_TRY(auto entry, reader.entry(tile.index * kTileWidth + i));
    CANDOUR_ASSERT(entry.size() <= 0xFFFF);
    out.u16(static_cast<std::uint16_t>(entry.size()));
    out.raw(entry);
  }
  return out.take();
}

Result<std::vector<Bytes>> parse_entry_bundle(ByteView bundle) {
  Reader in(bundle);
  std::vector<Bytes> out;
  while (in.ok() && !in.at_end()) {
    const std::size_t size = in.u16();
    out.push_back(to_bytes(in.raw(size)));
  }
  if (!in.ok() || out.size() > kTileWidth) {
    return error(ErrorCode::input_invalid,
                 "an entry bundle is cut short or has more than 256 entries");
  }
  return out;
}

Result<Digest> TileHashReader::read(unsigned level, std::uint64_t index) const {
  // The tile whose bottom row is at or below the wanted level, and the run of its hashes that lies
  // under the wanted one.
  const unsigned below = level % kTileHeight;
  const std::uint64_t first = index << below;
  Tile wanted{false, level / kTileHeight, first / kTileWidth, 0};
  wanted.width = tile_width(wanted.level, wanted.index, size_);
  const std::uint64_t offset = first % kTileWidth;
  const std::uint64_t count = std::uint64_t{1} << below;
  if (offset + count > wanted.width) {
    return error(ErrorCode::log_inconsistent,
                 "the tree of " + std::to_string(size_) + " entries has no subtree " +
                     std::to_string(index) + " at level " + std::to_string(level));
  }
  CANDOUR_TRY(auto bytes, source_.tile(wanted));
  if (bytes.size() != std::size_t{wanted.width} * Digest::kSize) {
    return error(ErrorCode::log_inconsistent,
                 "tile " + wanted.path() + " has " + std::to_string(bytes.size()) + " bytes");
  }
  std::array<Digest, kTileWidth> row;
  for (std::size_t i = 0; i < count; ++i) {
    row[i] = *Digest::from(ByteView(bytes).subspan((offset + i) * Digest::kSize, Digest::kSize));
  }
  for (std::size_t width = count; width > 1; width /= 2) {
    for (std::size_t i = 0; i < width / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  }
  return row[0];
}

}  // namespace candour::tlog
