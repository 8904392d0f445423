// What `release` keeps in the case folder beside what ctl/warrant/case_folder.h lists. All of it is private
// to the station; nothing here ever goes to a server.
//
//   reply.key              X25519 key made for the one request, 64 hex digits
//   records.bin            sealed records as the relay gave them; grows while fetching:
//                          leaf index u64, opening vec, sealed record vec, and so on
//   range.txt              "<first> <end>": the leaves that hold the period; there once records.bin
//                          is complete
//   entries.bin            every entry of the range, 34 bytes each; grows while fetching
//   range.tlog-range       their proof in the request's checkpoint
//   directory.bin          the directory's objects the evidence rests on, with their proofs
//   opened.bin             for each record asked for: leaf index u64, state u8 (1 shown, 2 set
//   aside,
//                          3 failed); after state 1 the two secrets that open it, 32 bytes each
//
// A file that was cut off while growing counts up to its last whole item. Not thread-safe.
#pragma once

#include "crypto/hpke.h"
#include "ctl/evidence/exhibits.h"
#include "ctl/warrant/case_folder.h"
#include "warrant/open/package.h"

namespace candour::ctl {

/// A sealed record as it was fetched.
struct FetchedRecord {
  std::uint64_t index = 0;
  tlog::LeafOpening opening;
  Bytes sealed;
};

enum class OpenState : std::uint8_t { shown = 1, set_aside = 2, failed = 3 };

struct OpenedKey {
  std::uint64_t index = 0;
  OpenState state = OpenState::failed;
  Secret<32> shared;  // zero unless shown
  Secret<32> part;
};

class Station {
 public:
  explicit Station(const CaseFolder& folder) : folder_(folder) {}
  const CaseFolder& folder() const { return folder_; }

  /// Records fetched so far. state_damaged when an item is malformed.
  Result<std::vector<FetchedRecord>> records() const;
  Status add_records(const std::vector<FetchedRecord>& records) const;
  /// The range, once all records are there.
  std::optional<std::pair<std::uint64_t, std::uint64_t>> range() const;
  Status put_range(std::uint64_t first, std::uint64_t end) const;
  /// Entries fetched so far, a whole number of them.
  Result<Bytes> entries() const;
  Status add_entries(ByteView entries) const;

  Result<crypto::SealingKey> reply_key() const;
  /// Makes it unless it is there.
  Status make_reply_key(Random& random) const;

  Result<std::vector<DirectoryExhibit>> directory() const;
  Status put_directory(const std::vector<DirectoryExhibit>& directory) const;

  Result<warrant::RequestPackage> package() const;
  Result<std::vector<OpenedKey>> opened() const;
  Status put_opened(const std::vector<OpenedKey>& opened) const;
  /// The pinned root.
  Result<identity::NoteKey> root() const;

 private:
  const CaseFolder& folder_;
};

/// Everything the bundle is made of, from the case folder alone. not_found says which step is
/// missing.
Result<Exhibits> case_exhibits(const CaseFolder& folder);
/// As far as the directory and the statement go: what is needed before opening.
Result<Exhibits> case_authority(const CaseFolder& folder);

}  // namespace candour::ctl
