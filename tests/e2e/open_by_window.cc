// Goal: invariant I6 against everything a process of ours has, not only against what its code means
// to keep. Method: take each 32 bytes at each multiple of eight of dumps of memory and disks as the
// secret of a sealed record, in each of the three forms a secret could be lying about (the shared
// point, the record's key, the sealer's scalar), with every retention key at hand, and try to open.
//
//   open_by_window control STATEMENT RETENTION RECORDS DUMP   seals a record of its own and writes
//   a
//                                                             dump that holds its three secrets
//   open_by_window search STATEMENT RETENTION RECORDS DUMP... prints how often a window opened one
//                                                             of the records, as JSON
//
// RECORDS are sealed records, each after its size in four bytes. Exit status 2 for unusable input.
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/files.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "identity/statement.h"
#include "warrant/seal/seal.h"

namespace candour {
namespace {

using warrant::SealedRecord;

/// The same stream twice, so that what a sealing drew can be drawn again.
class Replay : public Random {
 public:
  explicit Replay(const Digest& seed) : seed_(seed) {}
  void fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) {
      Writer block;
      block.id(seed_);
      block.u64(counter_++);
      byte = crypto::sha256(block.view()).view()[0];
    }
  }

 private:
  Digest seed_;
  std::uint64_t counter_ = 0;
};

struct Target {
  SealedRecord sealed;
  Bytes label;
  Secret<32> retention_part;
};

struct Counts {
  std::uint64_t windows = 0;
  std::uint64_t shared = 0;
  std::uint64_t key = 0;
  std::uint64_t scalar = 0;
};

Result<Target> target_of(ByteView bytes, const warrant::RetentionKeys& keys) {
  CANDOUR_TRY(auto sealed, SealedRecord::decode(bytes));
  CANDOUR_TRY(const auto* retention,
              keys.find(sealed.label.retention_class, sealed.label.bot_time));
  Bytes label = sealed.label.encode();
  Secret<32> part = warrant::retention_part(*retention, sealed.label.record);
  return Target{std::move(sealed), std::move(label), std::move(part)};
}

bool key_opens(const Target& target, ByteView key) {
  const std::array<std::uint8_t, crypto::kXAeadNonceSize> nonce{};
  return crypto::xaead_open(key, nonce, target.label, target.sealed.body).has_value();
}

bool shared_opens(const Target& target, ByteView shared, const crypto::Point& escrow) {
  const auto keys = warrant::derive_record_keys(shared, target.retention_part, escrow,
                                                target.sealed.u, target.label);
  return keys.commitment == target.sealed.key_commitment;
}

bool is_scalar(const Target& target, ByteView window) {
  const auto r = crypto::Scalar::decode(window);
  if (!r) return false;
  const auto u = r->times_base();
  return u && *u == target.sealed.u;
}

/// Memory is mostly zeros and pointers; 32 random bytes have no run of four zeros but once in 10^8.
bool looks_random(ByteView window) {
  int zeros = 0;
  for (const std::uint8_t byte : window) {
    zeros = byte == 0 ? zeros + 1 : 0;
    if (zeros == 4) return false;
  }
  return true;
}

void search(ByteView dump, const std::vector<Target>& targets, const crypto::Point& escrow,
            Counts& counts) {
  for (std::size_t at = 0; at + 32 <= dump.size(); at += 8) {
    const ByteView window = dump.subspan(at, 32);
    if (!looks_random(window)) continue;
    ++counts.windows;
    // Encodings of points are even and below 2^255, scalars below 2^253.
    const bool point = (window[0] & 1) == 0 && window[31] < 0x80;
    const bool scalar = window[31] <= 0x10;
    for (const Target& target : targets) {
      counts.key += key_opens(target, window) ? 1 : 0;
      counts.shared += point && shared_opens(target, window, escrow) ? 1 : 0;
      counts.scalar += scalar && is_scalar(target, window) ? 1 : 0;
    }
  }
}

Result<int> control(const crypto::Point& escrow, const warrant::RetentionKeys& keys,
                    const std::filesystem::path& records, const std::filesystem::path& dump) {
  Random& random = system_random();
  warrant::Record record;
  record.id = random.id<RecordId>();
  record.bot_time = system_clock().now();
  const Digest seed = random.id<Digest>();
  Replay drawn(seed);
  Replay again(seed);
  warrant::SealingPool pool(escrow, 1);
  pool.precompute_one(drawn);
  const warrant::Precomputed ahead = warrant::precompute(escrow, again);
  const ByteView scalar = ahead.r.encoded();
  const ByteView shared = ahead.shared.view();
  CANDOUR_TRY(const Bytes sealed,
              warrant::seal_record(record, "example.org/log", "ordinary", keys, pool, random));
  CANDOUR_TRY(const Target target, target_of(sealed, keys));
  const auto derived = warrant::derive_record_keys(shared, target.retention_part, escrow,
                                                   target.sealed.u, target.label);
  Writer out;
  out.u32(static_cast<std::uint32_t>(sealed.size()));
  out.raw(sealed);
  CANDOUR_TRY(write_file(records, out.view()));
  Writer planted;
  for (const ByteView secret : {scalar, shared, derived.key.view()}) {
    planted.raw(Bytes(4096, 0));
    planted.raw(secret);
  }
  CANDOUR_TRY(write_file(dump, planted.view()));
  return 0;
}

Result<int> run(const std::vector<std::string>& args) {
  if (args.size() < 5) return error(ErrorCode::usage, "see the head of this file");
  CANDOUR_TRY(const Bytes statement_note, read_file(args[1], 1 << 20));
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(as_text(statement_note)));
  CANDOUR_TRY(const auto statement, identity::Statement::parse(note.text));
  CANDOUR_TRY(const auto escrow, warrant::escrow_key(statement));
  CANDOUR_TRY(const auto keys, warrant::RetentionKeys::read(args[2]));
  if (args[0] == "control") return control(escrow, keys, args[3], args[4]);
  CANDOUR_TRY(const Bytes records, read_file(args[3], 64 << 20));
  std::vector<Target> targets;
  for (Reader in(records); in.ok() && !in.at_end();) {
    const std::size_t size = in.u32();
    CANDOUR_TRY(auto target, target_of(in.raw(size), keys));
    targets.push_back(std::move(target));
  }
  Counts counts;
  for (std::size_t i = 4; i < args.size(); ++i) {
    CANDOUR_TRY(const Bytes dump, read_file(args[i], std::size_t{2} << 30));
    search(dump, targets, escrow, counts);
  }
  std::cout << "{\"records\":" << targets.size() << ",\"windows\":" << counts.windows
            << ",\"shared\":" << counts.shared << ",\"key\":" << counts.key
            << ",\"scalar\":" << counts.scalar << "}\n";
  return 0;
}

}  // namespace
}  // namespace candour

int main(int argc, char** argv) {
  const auto result = candour::run({argv + 1, argv + argc});
  if (result) return result.value();
  std::cerr << "open_by_window: " << result.error().message << "\n";
  return 2;
}
