#include "bot/trust_store.h"

namespace candour::bot {
namespace {
constexpr std::string_view kCheckpoint = "checkpoint";
constexpr std::string_view kFirstDirectory = "first_directory";
}  // namespace

Status BotTrustStore::put_directory_entry(const client::DirectoryEntry& entry) {
  storage::BotDirectoryEntry row;
  row.number = entry.number;
  row.kind = static_cast<std::uint32_t>(entry.kind);
  row.object = entry.object;
  row.leaf_index = entry.leaf_index;
  row.opening = entry.opening;
  return durably([&] { return store_.put_directory_entry(row); });
}

Result<std::vector<client::DirectoryEntry>> BotTrustStore::directory_entries() {
  CANDOUR_TRY(auto rows, store_.directory());
  std::vector<client::DirectoryEntry> entries;
  for (storage::BotDirectoryEntry& row : rows) {
    client::DirectoryEntry entry;
    entry.number = row.number;
    entry.kind = static_cast<v1::ObjectKind>(row.kind);
    entry.object = std::move(row.object);
    entry.leaf_index = row.leaf_index;
    entry.opening = std::move(row.opening);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status BotTrustStore::put_checkpoint(ByteView note) {
  return durably([&] { return store_.put_note(kCheckpoint, note); });
}

Result<Bytes> BotTrustStore::checkpoint() { return store_.note(kCheckpoint); }

Status BotTrustStore::put_proven(std::uint64_t number) {
  return durably([&] { return store_.put_proven(number); });
}

Status BotTrustStore::put_first_directory(std::uint64_t size) {
  return durably([&] { return store_.put_number(kFirstDirectory, size); });
}

Status BotTrustStore::begin_anew(std::string_view old_origin, const client::KeptTrust& anew) {
  return durably([&]() -> Status {
    CANDOUR_TRY(const Bytes old, checkpoint());
    CANDOUR_TRY(store_.put_note("checkpoint of " + std::string(old_origin), old));
    CANDOUR_TRY(store_.drop_directory());
    for (const client::DirectoryEntry& entry : anew.entries) {
      CANDOUR_TRY(put_directory_entry(entry));
    }
    for (const std::uint64_t number : anew.proven) {
      CANDOUR_TRY(store_.put_proven(number));
    }
    CANDOUR_TRY(store_.put_number(kFirstDirectory, anew.first_directory));
    return store_.put_note(kCheckpoint, anew.checkpoint);
  });
}

Result<std::uint64_t> BotTrustStore::first_directory() { return store_.number(kFirstDirectory); }

Result<std::vector<std::uint64_t>> BotTrustStore::proven() {
  CANDOUR_TRY(auto rows, store_.directory());
  std::vector<std::uint64_t> numbers;
  for (const storage::BotDirectoryEntry& row : rows) {
    if (row.proven) numbers.push_back(row.number);
  }
  return numbers;
}

}  // namespace candour::bot
