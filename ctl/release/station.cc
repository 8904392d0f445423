#include "ctl/release/station.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/codec.h"
#include "base/files.h"
#include "base/limits.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStationFileSizeMax = std::size_t{1} << 30;

Error damaged(const CaseFolder& folder, std::string_view name, const std::string& why) {
  return error(ErrorCode::state_damaged, folder.file(name).string() + ": " + why);
}

// Files that grow: an append that is durable when it returns.
Status append_to(const fs::path& file, ByteView bytes) {
  const auto failed = [&] {
    return error(ErrorCode::storage_failed,
                 file.string() + ": cannot be written: " + std::strerror(errno));
  };
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  Status status = ok();
  while (!bytes.empty() && status) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      status = failed();
    } else {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
  }
  if (status && ::fsync(fd) != 0) status = failed();
  ::close(fd);
  return status;
}

// Cuts a torn tail off, so that the next append begins where an item begins.
Status cut_to(const fs::path& file, std::size_t size) {
  std::error_code failed;
  if (fs::exists(file) && fs::file_size(file, failed) > size) fs::resize_file(file, size, failed);
  if (failed) {
    return error(ErrorCode::storage_failed, file.string() + ": " + failed.message());
  }
  return ok();
}

Result<SecretBytes> read_or_empty(const fs::path& file) {
  if (!fs::exists(file)) return SecretBytes();
  return read_secret_file(file, kStationFileSizeMax);
}

}  // namespace

Result<std::vector<FetchedRecord>> Station::records() const {
  const fs::path file = folder_.file("records.bin");
  CANDOUR_TRY(const SecretBytes bytes, read_or_empty(file));
  std::vector<FetchedRecord> out;
  Reader in(bytes.view());
  std::size_t whole = 0;
  while (!in.at_end()) {
    FetchedRecord record;
    record.index = in.u64();
    const ByteView opening = in.vec(tlog::kOpeningSize);
    record.sealed = to_bytes(in.vec(limits::kRecordSizeMax));
    if (!in.ok()) break;
    const auto decoded = tlog::LeafOpening::decode(opening);
    if (!decoded || (!out.empty() && record.index <= out.back().index)) {
      return damaged(folder_, "records.bin", "not what was fetched; remove it to fetch again");
    }
    record.opening = decoded.value();
    out.push_back(std::move(record));
    whole = bytes.size() - in.left();
  }
  CANDOUR_TRY(cut_to(file, whole));
  return out;
}

Status Station::add_records(const std::vector<FetchedRecord>& records) const {
  Writer out;
  for (const FetchedRecord& record : records) {
    out.u64(record.index);
    out.vec(record.opening.encode());
    out.vec(record.sealed);
  }
  return append_to(folder_.file("records.bin"), out.view());
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> Station::range() const {
  const auto text = folder_.text("range.txt");
  if (!text) return std::nullopt;
  const std::string_view line = text.value();
  const auto space = line.find(' ');
  const auto end = line.find('\n');
  if (space == line.npos || end == line.npos || space > end) return std::nullopt;
  const auto first = identity::parse_decimal(line.substr(0, space));
  const auto after = identity::parse_decimal(line.substr(space + 1, end - space - 1));
  if (!first || !after) return std::nullopt;
  return std::pair(*first, *after);
}

Status Station::put_range(std::uint64_t first, std::uint64_t end) const {
  return folder_.put("range.txt",
                     as_bytes(std::to_string(first) + " " + std::to_string(end) + "\n"), true);
}

Result<Bytes> Station::entries() const {
  const fs::path file = folder_.file("entries.bin");
  CANDOUR_TRY(const SecretBytes bytes, read_or_empty(file));
  const std::size_t whole = bytes.size() / tlog::kEntrySize * tlog::kEntrySize;
  CANDOUR_TRY(cut_to(file, whole));
  return to_bytes(bytes.view().first(whole));
}

Status Station::add_entries(ByteView entries) const {
  return append_to(folder_.file("entries.bin"), entries);
}

Result<crypto::SealingKey> Station::reply_key() const {
  CANDOUR_TRY(const SecretBytes text, read_secret_file(folder_.file("reply.key"), 80));
  std::string_view hex = as_text(text.view());
  if (hex.ends_with('\n')) hex.remove_suffix(1);
  auto bytes = hex_decode(hex);
  if (!bytes || bytes->size() != 32) return damaged(folder_, "reply.key", "not 64 hex digits");
  auto key = crypto::SealingPrivateKey::copy_of(std::span(*bytes).first<32>());
  wipe(bytes->data(), bytes->size());
  return crypto::SealingKey::from_private(std::move(key));
}

Status Station::make_reply_key(Random& random) const {
  if (folder_.has("reply.key")) return ok();
  const auto key = crypto::SealingKey::generate(random);
  SecretWriter out;
  constexpr char kHex[] = "0123456789abcdef";
  for (const std::uint8_t byte : key.private_key().view()) {
    out.u8(static_cast<std::uint8_t>(kHex[byte >> 4]));
    out.u8(static_cast<std::uint8_t>(kHex[byte & 15]));
  }
  out.u8('\n');
  return folder_.put("reply.key", out.view());
}

Result<std::vector<DirectoryExhibit>> Station::directory() const {
  CANDOUR_TRY(const SecretBytes bytes,
              read_secret_file(folder_.file("directory.bin"), kStationFileSizeMax));
  std::vector<DirectoryExhibit> out;
  Reader in(bytes.view());
  while (!in.at_end()) {
    DirectoryExhibit exhibit;
    exhibit.kind = static_cast<tlog::LeafKind>(in.u8());
    exhibit.object = to_bytes(in.vec());
    const ByteView proof = in.vec();
    auto parsed = tlog::ProofFile::parse(as_text(proof));
    if (!in.ok() || !parsed) return damaged(folder_, "directory.bin", "it is malformed");
    exhibit.proof = std::move(parsed).value();
    out.push_back(std::move(exhibit));
  }
  return out;
}

Status Station::put_directory(const std::vector<DirectoryExhibit>& directory) const {
  Writer out;
  for (const DirectoryExhibit& exhibit : directory) {
    out.u8(static_cast<std::uint8_t>(exhibit.kind));
    out.vec(exhibit.object);
    out.vec(exhibit.proof.print());
  }
  return folder_.put("directory.bin", out.view(), true);
}

Result<warrant::RequestPackage> Station::package() const {
  if (!folder_.has("request.package")) {
    return error(ErrorCode::not_found,
                 folder_.dir().string() + ": nothing was asked for yet; see release request");
  }
  CANDOUR_TRY(const SecretBytes bytes,
              read_secret_file(folder_.file("request.package"), limits::kRequestSizeMax));
  return warrant::RequestPackage::decode(bytes.view());
}

Result<std::vector<OpenedKey>> Station::opened() const {
  if (!folder_.has("opened.bin")) {
    return error(ErrorCode::not_found,
                 folder_.dir().string() + ": nothing was opened yet; see release open");
  }
  CANDOUR_TRY(const SecretBytes bytes,
              read_secret_file(folder_.file("opened.bin"), kStationFileSizeMax));
  std::vector<OpenedKey> out;
  Reader in(bytes.view());
  while (!in.at_end()) {
    OpenedKey key;
    key.index = in.u64();
    const std::uint8_t state = in.u8();
    if (state == 1) {
      const ByteView shared = in.raw(32);
      const ByteView part = in.raw(32);
      if (in.ok()) {
        key.shared = Secret<32>::copy_of(shared.first<32>());
        key.part = Secret<32>::copy_of(part.first<32>());
      }
    }
    if (!in.ok() || state < 1 || state > 3) {
      return damaged(folder_, "opened.bin", "it is malformed");
    }
    key.state = static_cast<OpenState>(state);
    out.push_back(std::move(key));
  }
  return out;
}

Status Station::put_opened(const std::vector<OpenedKey>& opened) const {
  SecretWriter out;
  for (const OpenedKey& key : opened) {
    out.u64(key.index);
    out.u8(static_cast<std::uint8_t>(key.state));
    if (key.state != OpenState::shown) continue;
    out.raw(key.shared.view());
    out.raw(key.part.view());
  }
  return folder_.put("opened.bin", out.view(), true);
}

Result<identity::NoteKey> Station::root() const {
  CANDOUR_TRY(auto text, folder_.text("root.vkey"));
  while (text.ends_with('\n')) text.pop_back();
  return identity::NoteKey::parse(text);
}

}  // namespace candour::ctl
