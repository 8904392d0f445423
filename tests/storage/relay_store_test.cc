// Goal: what the relay's store says is durable survives a kill at that instant (I4), log leaf and
// release are there together or not at all (I3), and a failing disk is told, not hidden. Method: a
// kill is simulated by copying database and write-ahead log while the store is open, which is what
// the next process would find; a full disk by a bound on the number of pages.
#include <condition_variable>
#include <fstream>
#include <mutex>

#include "tests/storage/relay_store_fixture.h"

namespace candour::storage {
namespace {

TEST_F(RelayStoreTest, I4_AcknowledgedSubmissionsSurviveAKillAtAnyMoment) {
  for (std::uint64_t n = 1; n <= 20; ++n) {
    ASSERT_TRUE(accept(n));
    const auto found = after_kill();
    ASSERT_EQ(found.pending.size(), n);
    EXPECT_EQ(found.pending.back().message_id, id<MessageId>(n));
    EXPECT_EQ(found.submitted.size(), n);
    EXPECT_EQ(found.groups.at(0).submission, Submission(n));
  }
}

TEST_F(RelayStoreTest, I3_LogLeafReleaseAndMailAreThereTogether) {
  ASSERT_TRUE(accept(1));
  ASSERT_TRUE(accept(2));
  ASSERT_TRUE(judge(release(1, 1)));
  const auto found = after_kill();
  EXPECT_EQ(found.log_size, 1u);
  EXPECT_EQ(found.groups.at(0).seq, Seq(1));
  EXPECT_EQ(found.verdicts.size(), 1u);
  EXPECT_EQ(found.pending.size(), 1u);
  EXPECT_EQ(found.mail_counters.at(0).second, 1u);
  const auto rows = messages();
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows.at(0).ciphertext, Bytes(100, 1));
}

TEST_F(RelayStoreTest, I3_ReleaseThatCannotBeWrittenLeavesNoLeaf) {
  ASSERT_TRUE(accept(1));
  auto twice = release(1, 1);
  twice.log.push_back(twice.log.front());  // the same place in the log again
  const auto refused = judge(std::move(twice));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::storage_failed);
  const auto found = after_kill();
  EXPECT_EQ(found.log_size, 0u);
  EXPECT_EQ(found.pending.size(), 1u);
  EXPECT_TRUE(found.verdicts.empty());
  // After a failed write nothing is acknowledged any more.
  EXPECT_EQ(accept(2).error().code, ErrorCode::storage_failed);
  EXPECT_TRUE(store_->counters().failed);
}

TEST_F(RelayStoreTest, WaitingOperationsShareATransactionAndCompleteInOrder) {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::uint64_t> order;
  constexpr std::uint64_t kCount = 300;
  for (std::uint64_t n = 1; n <= kCount; ++n) {
    store_->accept(submission(n), [&, n](Status status) {
      EXPECT_TRUE(status);
      std::lock_guard guard(mutex);
      order.push_back(n);
      changed.notify_all();
    });
  }
  std::unique_lock lock(mutex);
  ASSERT_TRUE(
      changed.wait_for(lock, std::chrono::seconds(60), [&] { return order.size() == kCount; }));
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  EXPECT_EQ(store_->counters().operations, kCount);
  EXPECT_LT(store_->counters().transactions, kCount);
}

TEST_F(RelayStoreTest, PendingComesBackInAcceptOrder) {
  for (std::uint64_t n = 1; n <= 5; ++n) ASSERT_TRUE(accept(n));
  auto rows = read<std::vector<PendingBody>>(
      [this](const RelayReader& reader) { return reader.pending(group_, Submission(2), 250); });
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows.value().size(), 3u);  // bounded by size
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows.value()[i].about.submission, Submission(i + 2));
    EXPECT_EQ(rows.value()[i].ciphertext, Bytes(100, static_cast<std::uint8_t>(i + 2)));
  }
}

TEST_F(RelayStoreTest, RowsGoWhenEveryCursorHasPassed) {
  for (std::uint64_t n = 1; n <= 4; ++n) {
    ASSERT_TRUE(accept(n));
    auto judged = release(n, n);
    if (n == 1) judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
    ASSERT_TRUE(judge(std::move(judged)));
  }
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->acknowledge({.cursors = {{group_, amy_, Seq(3)}, {group_, ben_, Seq(2)}},
                         .passed = {{group_, Seq(2)}},
                         .mail = {{amy_, 3}}},
                        std::move(done));
  }));
  const auto left = messages();
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left.front().seq, Seq(3));
  auto mail = read<std::vector<MailRow>>(
      [this](const RelayReader& reader) { return reader.mail(amy_, 0, 1 << 20); });
  ASSERT_EQ(mail.value().size(), 1u);
  EXPECT_EQ(mail.value().front().number, 4u);
  // A cursor never goes back.
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->acknowledge({.cursors = {{group_, amy_, Seq(1)}}}, std::move(done));
  }));
  for (const auto& member : after_kill().members) {
    EXPECT_EQ(member.cursor, member.device == amy_ ? Seq(3) : Seq(2));
  }
}

TEST_F(RelayStoreTest, I9_RevocationTakesMembershipMailAndKeyPackages) {
  ASSERT_TRUE(accept(1));
  auto judged = release(1, 1);
  judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_, ben_}};
  ASSERT_TRUE(judge(std::move(judged)));
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->put_key_packages(amy_, {Bytes(3), Bytes(4)}, false, std::move(done));
  }));
  PublishedObject object;
  object.leaf = directory_leaf();
  object.object = {.number = 1,
                   .kind = 3,
                   .object = Bytes(10),
                   .object_hash = id<Digest>(5),
                   .leaf_index = object.leaf.index,
                   .opening = object.leaf.opening};
  object.revoked = amy_;
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->publish(object, std::move(done)); }));
  const auto found = after_kill();
  ASSERT_EQ(found.members.size(), 1u);
  EXPECT_EQ(found.members.front().device, ben_);
  EXPECT_TRUE(found.key_packages.empty());
  EXPECT_EQ(found.directory.size(), 1u);
  auto mail = read<std::vector<MailRow>>(
      [this](const RelayReader& reader) { return reader.mail(amy_, 0, 1 << 20); });
  EXPECT_TRUE(mail.value().empty());
}

TEST_F(RelayStoreTest, DatabaseOfAnotherSchemaIsRefusedWithBothNumbers) {
  store_.reset();
  {
    SQLite::Database db((folder_.path() / "relay.db").string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE meta SET value = 1 WHERE name = 'schema'");
  }
  auto opened =
      RelayStore::open({.folder = folder_.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::state_damaged);
  EXPECT_NE(opened.error().message.find("schema 1, this one reads 3"), std::string::npos)
      << opened.error().message;
}

TEST_F(RelayStoreTest, FullDiskIsToldAndWhatWasAcknowledgedStays) {
  open(60);  // the empty schema takes about half of these pages
  std::uint64_t accepted = 0;
  Status last = ok();
  while (accepted < 10'000 && last) {
    last = accept(accepted + 1);
    if (last) ++accepted;
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, ErrorCode::storage_failed);
  EXPECT_GT(accepted, 0u);
  EXPECT_EQ(after_kill().pending.size(), accepted);
}

TEST_F(RelayStoreTest, OneProcessAtATime) {
  auto second =
      RelayStore::open({.folder = folder_.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::state_locked);
}

TEST_F(RelayStoreTest, FileThatIsNoDatabaseIsDamage) {
  testing::TemporaryFolder other;
  std::ofstream(other.path() / "relay.db") << std::string(8192, 'x');
  auto opened =
      RelayStore::open({.folder = other.path()}, [](std::function<void()> task) { task(); });
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::state_damaged);
}

TEST_F(RelayStoreTest, SubmissionMemoryIsBounded) {
  for (std::uint64_t n = 1; n <= 4100; ++n) {
    store_->accept(submission(n), {});
    store_->judge(
        {.verdict = {.group = group_, .submission = Submission(n), .message_id = id<MessageId>(n)}},
        {});
  }
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->after_durable(std::move(done)); }));
  const auto found = store_->load();
  EXPECT_EQ(found.value().submitted.size(), 4096u);
  EXPECT_EQ(found.value().verdicts.size(), 4096u);
  EXPECT_TRUE(found.value().pending.empty());
}

}  // namespace
}  // namespace candour::storage
