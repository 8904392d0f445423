// The statements behind the store's verbs, each run inside a transaction of the storage thread.
// They throw SQLite::Exception. For storage/relay_store.cc only.
#pragma once

#include "storage/relay_db.h"
#include "storage/relay_leaves.h"
#include "storage/relay_rows.h"

namespace candour::storage {

/// How many ids of mail to the bot are remembered for repeats.
inline constexpr std::uint64_t kBotMailRemembered = 65536;

/// Everything of one leaf.
void write_leaf(RelayDb& db, const LogLeaf& leaf);
void write_published(RelayDb& db, const PublishedObject& published);
void write_accepted(RelayDb& db, const AcceptedSubmission& accepted);
void write_judged(RelayDb& db, const JudgedSubmission& judged);
void write_appended(RelayDb& db, const AppendedRecord& record);
void write_opening(RelayDb& db, const LoggedOpening& opening);
void write_unsealed(RelayDb& db, const UnsealedOpening& unsealed);
void write_key_packages(RelayDb& db, const StoredKeyPackages& stored);
void take_key_package(RelayDb& db, const DeviceId& device, std::vector<TakenKeyPackage>& taken);
void write_bot_mail(RelayDb& db, const BotMailId& id, const MailRow& mail);
void write_acknowledged(RelayDb& db, const Acknowledged& acknowledged);
/// `dropped` are sizes of older checkpoints that go in the same transaction.
void write_checkpoint(RelayDb& db, std::uint64_t size, const std::string& note,
                      const std::vector<std::uint64_t>& dropped);

}  // namespace candour::storage
