// Goal: bot.db keeps a batch whole or not at all, for one process, under one key. Method: batches
// left open, reopened files, another key, two openers.
#include <sqlite3.h>
#include <unistd.h>

#include <fstream>

#include "base/files.h"
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;
using storage::BotStore;

class BotStoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder = fs::temp_directory_path() / ("candour-bot-store-" + std::to_string(::getpid()));
    fs::remove_all(folder);
    fs::create_directories(folder);
    open();
  }
  void TearDown() override {
    store.reset();
    fs::remove_all(folder);
  }
  void open() {
    store.reset();
    auto opened = BotStore::open(folder / "bot.db", key.clone(), dice);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(opened).value();
  }
  storage::OutboxRow row(const std::string& frame) {
    storage::OutboxRow out;
    out.group = dice.id<GroupId>();
    out.message_id = dice.id<MessageId>();
    out.frame = to_bytes(frame);
    return out;
  }
  /// What bot.db says its format is, after setting it.
  int format_on_disk(std::optional<int> set) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open((folder / "bot.db").c_str(), &database), SQLITE_OK);
    if (set) {
      const std::string sql = "PRAGMA user_version=" + std::to_string(*set);
      EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
    }
    int format = 0;
    const auto read = [](void* out, int, char** values, char**) {
      *static_cast<int*>(out) = std::stoi(values[0]);
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(database, "PRAGMA user_version", read, &format, nullptr), SQLITE_OK);
    sqlite3_close(database);
    return format;
  }
  fs::path folder;
  Dice dice{3};
  crypto::AeadKey key = dice.secret<32>();
  std::unique_ptr<BotStore> store;
};

TEST_F(BotStoreTest, CommittedBatchesStayInOrder_I4) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_outbox(row("first")));
  ASSERT_TRUE(store->put_outbox(row("second")));
  ASSERT_TRUE(store->commit());
  open();
  const auto rows = store->outbox().value();
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(as_text(rows[0].frame), "first");
  EXPECT_EQ(as_text(rows[1].frame), "second");
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->drop_outbox(rows[0].number));
  ASSERT_TRUE(store->put_outbox(row("third")));
  ASSERT_TRUE(store->commit());
  EXPECT_EQ(as_text(store->outbox().value()[1].frame), "third");
}

TEST_F(BotStoreTest, UndoTakesBackToTheMarkAndNoFurther) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_number("before", 1));
  ASSERT_TRUE(store->mark());
  ASSERT_TRUE(store->put_number("kept", 2));
  ASSERT_TRUE(store->mark());
  EXPECT_FALSE(store->undo().value());  // nothing was written since
  ASSERT_TRUE(store->mark());
  ASSERT_TRUE(store->put_outbox(row("taken back")));
  ASSERT_TRUE(store->put_number("before", 9));
  ASSERT_EQ(store->outbox().value().size(), 1u);
  EXPECT_TRUE(store->undo().value());
  ASSERT_TRUE(store->keep());
  ASSERT_TRUE(store->commit());
  open();
  EXPECT_TRUE(store->outbox().value().empty());
  EXPECT_EQ(store->number("before").value(), 1u);
  EXPECT_EQ(store->number("kept").value(), 2u);
}

TEST_F(BotStoreTest, SendersAreReadAsPutAndUndoneWithTheMark) {
  storage::BotSender sender;
  sender.group = dice.id<GroupId>();
  sender.device = dice.id<DeviceId>();
  const auto counter = [&] { return store->sender(sender.group, sender.device).value()->counter; };
  const auto put = [&](std::uint64_t value) {
    sender.counter = value;
    return store->put_sender(sender);
  };
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(put(1));
  EXPECT_EQ(counter(), 1u);
  ASSERT_TRUE(store->mark());
  ASSERT_TRUE(put(2));
  ASSERT_TRUE(put(3));
  EXPECT_EQ(counter(), 3u);
  EXPECT_TRUE(store->undo().value()) << "it would have been written";
  EXPECT_EQ(counter(), 1u);
  ASSERT_TRUE(store->mark());
  sender.withheld_epoch = Epoch(7);
  sender.withheld = 5;
  ASSERT_TRUE(put(4));
  EXPECT_TRUE(store->withheld_reached(sender.group, Epoch(7), 5).value());
  ASSERT_TRUE(store->keep());
  ASSERT_TRUE(put(5));
  ASSERT_TRUE(store->commit());
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(put(6));
  open();
  EXPECT_EQ(counter(), 5u) << "the last batch was left open";
}

TEST_F(BotStoreTest, OpenBatchIsForgotten_I4) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_outbox(row("never said")));
  ASSERT_TRUE(store->put_number("mail", 9));
  open();
  EXPECT_TRUE(store->outbox().value().empty());
  EXPECT_EQ(store->number("mail").value(), 0u);
}

TEST_F(BotStoreTest, AnotherKeyOpensNothing) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_outbox(row("sealed")));
  ASSERT_TRUE(store->commit());
  key = dice.secret<32>();
  open();
  EXPECT_EQ(store->outbox().error().code, ErrorCode::state_damaged);
}

TEST_F(BotStoreTest, SealedRowsAreNotReadableOnDisk) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_outbox(row("a-frame-with-a-planted-word")));
  ASSERT_TRUE(store->commit());
  store.reset();
  const Bytes file = read_file(folder / "bot.db", 64u << 20).value();
  const std::string_view bytes = as_text(file);
  ASSERT_GT(bytes.size(), 1000u);
  EXPECT_EQ(bytes.find("planted"), std::string_view::npos);
  EXPECT_NE(bytes.find("outbox"), std::string_view::npos);
}

TEST_F(BotStoreTest, SecondProcessIsLockedOut) {
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_number("mail", 1));
  ASSERT_TRUE(store->commit());
  auto second = BotStore::open(folder / "bot.db", key.clone(), dice);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::state_locked);
}

TEST_F(BotStoreTest, DamagedFileIsSaidToBeDamaged) {
  store.reset();
  std::ofstream(folder / "bot.db", std::ios::binary) << std::string(8192, 'x');
  fs::remove(folder / "bot.db-wal");
  auto opened = BotStore::open(folder / "bot.db", key.clone(), dice);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::state_damaged);
}

TEST_F(BotStoreTest, WarningsAreForgottenOnlyAfterTheyExpired) {
  const auto one = dice.id<Digest>();
  const auto two = dice.id<Digest>();
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_warning_used(one, TimeMs(100), TimeMs(50)));
  ASSERT_TRUE(store->put_warning_used(two, TimeMs(200), TimeMs(99)));
  EXPECT_TRUE(store->warning_used(one).value());
  ASSERT_TRUE(store->put_warning_used(two, TimeMs(200), TimeMs(150)));
  EXPECT_FALSE(store->warning_used(one).value());
  EXPECT_TRUE(store->warning_used(two).value());
  ASSERT_TRUE(store->commit());
}

storage::BotPast past_of(const GroupId& group, std::uint64_t number, std::uint64_t time_ms) {
  storage::BotPast past;
  past.group = group;
  past.number = number;
  past.time = TimeMs(time_ms);
  past.features = SecretBytes::copy_of(as_bytes("features " + std::to_string(number)));
  return past;
}

TEST_F(BotStoreTest, ConversationsAreSealedAndDroppedByNumberAndTime) {
  const GroupId group = dice.id<GroupId>();
  const GroupId other = dice.id<GroupId>();
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->put_past(past_of(other, 1, 900), 0));
  for (std::uint64_t n = 1; n <= 5; ++n) {
    ASSERT_TRUE(store->put_past(past_of(group, n, 1000 + n), n > 3 ? n - 3 : 0));
  }
  ASSERT_TRUE(store->commit());
  open();
  std::vector<std::uint64_t> numbers;
  const auto kept = store->pasts().value();
  for (const storage::BotPast& past : kept) {
    if (past.group == group) numbers.push_back(past.number);
    EXPECT_EQ(as_text(past.features.view()), "features " + std::to_string(past.number));
  }
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{3, 4, 5}));
  ASSERT_TRUE(store->begin());
  ASSERT_TRUE(store->drop_pasts(TimeMs(1005)));
  ASSERT_TRUE(store->commit());
  ASSERT_EQ(store->pasts().value().size(), 1u);
  EXPECT_EQ(store->pasts().value()[0].number, 5u);
  store.reset();
  const Bytes disk = read_file(folder / "bot.db", 64u << 20).value();
  EXPECT_EQ(as_text(disk).find("features 5"), std::string_view::npos);
}

// Migrating would mean dropping what was open then; nothing is dropped without somebody deciding.
TEST_F(BotStoreTest, RefusesAnotherFormatAndLeavesItAsItIs) {
  for (const int format : {1, 2, 3, 4, 99}) {
    open();
    ASSERT_TRUE(store->begin());
    ASSERT_TRUE(store->put_number("mail", 7));
    ASSERT_TRUE(store->commit());
    store.reset();
    const int kept = format_on_disk(std::nullopt);
    format_on_disk(format);
    auto refused = BotStore::open(folder / "bot.db", key.clone(), dice);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::state_damaged);
    EXPECT_NE(refused.error().message.find("format " + std::to_string(format)), std::string::npos);
    format_on_disk(kept);
    open();
    EXPECT_EQ(store->number("mail").value(), 7u);
  }
}

}  // namespace
}  // namespace candour::tests
