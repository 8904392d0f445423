// Goal: what a device remembers survives, is unreadable without the passphrase, and cannot be
// changed unseen. Method: write through the store, then look at the files as a thief would, open
// them again, and change them.
#include <sqlite3.h>

#include <fstream>
#include <iterator>

#include "base/files.h"
#include "tests/client/fixture.h"

namespace candour::client::test {
namespace {

constexpr char kPlanted[] = "the planted sentence nobody may find";

class StoreTest : public ::testing::Test {
 protected:
  StoreTest() : random_(3), passphrase_(SecretText::copy_of("correct horse battery")) {
    profile_.organisation = "example";
    profile_.person = "p-1042";
    profile_.name = "PC Amy Shaw";
    profile_.root = {"root", identity::NoteKeyType::ed25519,
                     crypto::SigningKey::generate(random_).public_key()};
  }
  std::unique_ptr<Store> create() {
    auto store = Store::create(state(), passphrase_, profile_, random_);
    EXPECT_VALUE(store);
    return std::move(store).value();
  }
  std::unique_ptr<Store> reopen() {
    auto store = Store::open(state(), passphrase_, random_);
    EXPECT_VALUE(store);
    return std::move(store).value();
  }
  Draft draft(std::string_view text) {
    messages::Content content;
    content.text = SecretText::copy_of(text);
    Draft made;
    made.id = random_.id<MessageId>();
    made.group = random_.id<GroupId>();
    made.content = content.encode();
    made.commitment_key = random_.secret<32>();
    return made;
  }
  std::filesystem::path state() const { return folder_.path() / "state"; }
  void execute(const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open((state() / "client.db").c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
  }

  SeededRandom random_;
  TemporaryFolder folder_;
  SecretText passphrase_;
  Profile profile_;
};

TEST_F(StoreTest, KeysAndProfileSurvive) {
  DeviceId device;
  {
    auto store = create();
    device = store->keys().device;
  }
  auto store = reopen();
  EXPECT_EQ(store->keys().device, device);
  EXPECT_EQ(store->profile().name, "PC Amy Shaw");
  EXPECT_EQ(store->profile().root, profile_.root);
}

TEST_F(StoreTest, I12WrongPassphraseIsRefused) {
  create();
  EXPECT_CODE(Store::open(state(), SecretText::copy_of("wrong"), random_), "decryption_failed");
}

TEST_F(StoreTest, I12SecondProcessIsRefused) {
  auto store = create();
  EXPECT_CODE(Store::open(state(), passphrase_, random_), "state_locked");
}

TEST_F(StoreTest, I12StateIsNotMadeTwiceInOneFolder) {
  create();
  EXPECT_CODE(Store::create(state(), passphrase_, profile_, random_), "already_exists");
}

TEST_F(StoreTest, PlantedTextAndKeysAreInNoFile) {
  Bytes seed;
  {
    auto store = create();
    seed = to_bytes(store->keys().signing.seed().view());
    const Draft kept = draft(kPlanted);
    ASSERT_VALUE(store->put_draft(kept));
    HistoryRow row;
    row.id = random_.id<MessageId>();
    row.group = kept.group;
    row.seq = Seq(1);
    row.name = "PC Amy Shaw";
    row.content = kept.content.clone();
    ASSERT_VALUE(store->put_history(row));
    // Positive control: the same text is found where it was written openly.
    ASSERT_VALUE(write_file(folder_.path() / "open", as_bytes(kPlanted)));
  }
  const auto found = [&](std::string_view needle) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string bytes((std::istreambuf_iterator<char>(in)), {});
      if (bytes.find(needle) != std::string::npos) ++files;
    }
    return files;
  };
  EXPECT_EQ(found(kPlanted), 1u);
  EXPECT_EQ(found("Amy Shaw"), 0u);
  EXPECT_EQ(found(as_text(seed)), 0u);
}

TEST_F(StoreTest, FilesAreTheOwnersAlone) {
  create();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(state())) {
    const auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    EXPECT_EQ(entry.status().permissions() & others, std::filesystem::perms::none) << entry.path();
  }
}

TEST_F(StoreTest, ValueMovedToAnotherRowIsRefused) {
  MessageId first, second;
  {
    auto store = create();
    const Draft a = draft("first");
    const Draft b = draft("second");
    first = a.id;
    second = b.id;
    ASSERT_VALUE(store->put_draft(a));
    ASSERT_VALUE(store->put_draft(b));
  }
  execute(("UPDATE drafts SET box = (SELECT box FROM drafts WHERE key = x'" + first.hex() +
           "') WHERE key = x'" + second.hex() + "'")
              .c_str());
  auto store = reopen();
  EXPECT_VALUE(store->draft(first));
  EXPECT_CODE(store->draft(second), "state_damaged");
}

TEST_F(StoreTest, FailedTransactionLeavesNothing) {
  auto store = create();
  const Draft kept = draft("text");
  const Status failed = store->atomically([&]() -> Status {
    EXPECT_VALUE(store->put_draft(kept));
    return error(ErrorCode::storage_failed, "as if the disk were full");
  });
  EXPECT_FALSE(failed);
  auto found = store->draft(kept.id);
  ASSERT_VALUE(found);
  EXPECT_FALSE(found.value());
}

TEST_F(StoreTest, DraftAndOutboxComeBackAsTheyWere) {
  Draft kept = draft("text");
  kept.order = 7;
  kept.state = DraftState::warned;
  kept.original = random_.id<MessageId>();
  kept.field.type = messages::BotFieldType::override_warning;
  kept.field.reason = SecretText::copy_of("a reason");
  kept.findings = to_bytes("findings");
  OutboxItem item{7, kept.group, Epoch(3), random_.id<Digest>(), to_bytes("exact bytes")};
  {
    auto store = create();
    ASSERT_VALUE(store->put_draft(kept));
    ASSERT_VALUE(store->put_outbox(kept.id, item));
  }
  auto store = reopen();
  auto draft_again = store->draft(kept.id);
  ASSERT_VALUE(draft_again);
  ASSERT_TRUE(draft_again.value());
  EXPECT_EQ(draft_again.value()->order, 7u);
  EXPECT_EQ(draft_again.value()->state, DraftState::warned);
  EXPECT_EQ(draft_again.value()->original, kept.original);
  EXPECT_EQ(draft_again.value()->commitment(), kept.commitment());
  EXPECT_EQ(draft_again.value()->field.reason.expose(), "a reason");
  auto items = store->outbox_items();
  ASSERT_VALUE(items);
  ASSERT_EQ(items.value().size(), 1u);
  EXPECT_EQ(items.value()[0].second.submit, item.submit);
  EXPECT_EQ(items.value()[0].second.ciphertext_hash, item.ciphertext_hash);
}

TEST_F(StoreTest, HistoryIsInDeliveryOrderAndKnowsItsIds) {
  auto store = create();
  const auto group = random_.id<GroupId>();
  std::vector<MessageId> ids;
  for (const std::uint64_t seq : {300, 2, 1}) {
    HistoryRow row;
    row.id = random_.id<MessageId>();
    row.group = group;
    row.seq = Seq(seq);
    ASSERT_VALUE(store->put_history(row));
    ids.push_back(row.id);
  }
  std::vector<std::uint64_t> seqs;
  ASSERT_VALUE(store->each_history(group, [&](HistoryRow row) -> Status {
    seqs.push_back(row.seq.value);
    return ok();
  }));
  EXPECT_EQ(seqs, (std::vector<std::uint64_t>{1, 2, 300}));
  EXPECT_TRUE(store->seen(group, ids[0]).value());
  EXPECT_FALSE(store->seen(group, random_.id<MessageId>()).value());
}

TEST_F(StoreTest, SameIdInTwoGroupsIsTwoMessages) {
  auto store = create();
  HistoryRow theirs;
  theirs.id = random_.id<MessageId>();
  theirs.group = random_.id<GroupId>();
  theirs.seq = Seq(1);
  HistoryRow own;
  own.id = theirs.id;
  own.group = random_.id<GroupId>();
  own.seq = Seq(9);
  own.own = true;
  ASSERT_VALUE(store->put_history(theirs));
  EXPECT_TRUE(store->seen(theirs.group, own.id).value());
  EXPECT_FALSE(store->seen(own.group, own.id).value());
  ASSERT_VALUE(store->put_history(own));
  EXPECT_EQ(store->history(theirs.group, own.id).value()->seq, Seq(1));
  EXPECT_EQ(store->history(own.group, own.id).value()->seq, Seq(9));
  EXPECT_TRUE(store->history(own.id).value()->own);

  Draft kept = draft("text");
  ASSERT_VALUE(store->put_draft(kept));
  ASSERT_VALUE(store->put_outbox(kept.id, {1, kept.group, Epoch(1), Digest(), {}}));
  EXPECT_TRUE(store->own_submission(kept.group, kept.id).value());
  EXPECT_FALSE(store->own_submission(theirs.group, kept.id).value());
}

}  // namespace
}  // namespace candour::client::test
