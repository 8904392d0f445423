// Keeps what client::Trust accepted in bot.db. Uses the batch the bot has open, or one of its own.
#pragma once

#include "client/trust.h"
#include "storage/bot_store.h"

namespace candour::bot {

/// `store` outlives it. Not thread-safe.
class BotTrustStore : public client::TrustStore {
 public:
  explicit BotTrustStore(storage::BotStore& store) : store_(store) {}

  Status put_directory_entry(const client::DirectoryEntry& entry) override;
  Result<std::vector<client::DirectoryEntry>> directory_entries() override;
  Status put_checkpoint(ByteView note) override;
  Result<Bytes> checkpoint() override;
  Status put_proven(std::uint64_t number) override;
  Result<std::vector<std::uint64_t>> proven() override;
  Status put_first_directory(std::uint64_t size) override;
  Result<std::uint64_t> first_directory() override;
  Status begin_anew(std::string_view old_origin, const client::KeptTrust& anew) override;

 private:
  template <class Work>
  Status durably(Work&& work) {
    if (store_.in_batch()) return work();
    CANDOUR_TRY(store_.begin());
    CANDOUR_TRY(work());
    return store_.commit();
  }

  storage::BotStore& store_;
};

}  // namespace candour::bot
