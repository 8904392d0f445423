// Goal: entries, hashes, records, openings, rosters and checkpoints read back from relay.db as they
// were written, although most of them are not stored but computed. Method: logs over several
// bundles, read while they grow and after a new start, against what was appended.
#include <random>

#include "tests/storage/relay_store_fixture.h"

namespace candour::storage {
namespace {

TEST_F(RelayStoreTest, LogHashesGiveTheRootOfTheTree) {
  std::mt19937 random(11);
  for (std::uint64_t n = 1; n <= 70; ++n) {
    ASSERT_TRUE(accept(n));
    auto judged = release(n, n);
    while (random() % 3 == 0) judged.log.push_back(leaf());
    ASSERT_TRUE(judge(std::move(judged)));
  }
  const auto expected = frontier_.root();
  const auto size = frontier_.size();
  open();
  ASSERT_EQ(store_->load().value().log_size, size);
  EXPECT_TRUE(store_->inspect([&](const RelayReader& reader) -> Status {
    EXPECT_EQ(tlog::tree_hash(size, reader).value(), expected);
    EXPECT_EQ(reader.leaf_index(tlog::leaf_hash(reader.entry(33).value())).value(), 33u);
    EXPECT_FALSE(reader.leaf_index(Digest()).value().has_value());
    EXPECT_EQ(reader.read(0, size).error().code, ErrorCode::log_inconsistent);
    return ok();
  }));
}

TEST_F(RelayStoreTest, CheckpointsAndCosignaturesComeBackUntilTheyAreDropped) {
  const auto put = [&](std::uint64_t size, std::vector<std::uint64_t> dropped) {
    return wait([&](RelayStore::Done done) {
      store_->put_checkpoint(size, "note " + std::to_string(size), std::move(dropped),
                             std::move(done));
    });
  };
  for (std::uint64_t size = 1; size <= 3; ++size) ASSERT_TRUE(put(size, {}));
  for (const char* line : {"old line", "line"}) {
    ASSERT_TRUE(wait([&](RelayStore::Done done) {
      store_->put_cosignature(2, "witness", line, std::move(done));
    }));
  }
  using Sizes = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
  EXPECT_EQ(after_kill().checkpoints, (Sizes{{1, 0}, {2, 1}, {3, 0}}));
  const auto kept = [&](std::uint64_t size) {
    return read<std::optional<CheckpointRow>>(
               [size](const RelayReader& reader) { return reader.checkpoint(size); })
        .value();
  };
  ASSERT_TRUE(kept(2));
  EXPECT_EQ(kept(2)->note, "note 2");
  ASSERT_EQ(kept(2)->cosignatures.size(), 1u);
  EXPECT_EQ(kept(2)->cosignatures[0].second, "line");
  ASSERT_TRUE(put(4, {1, 2}));
  EXPECT_EQ(after_kill().checkpoints, (Sizes{{3, 0}, {4, 0}}));
  EXPECT_FALSE(kept(2));
}

TEST_F(RelayStoreTest, EveryHashAndEntryOfALogOverSeveralBundlesReadsBack) {
  tlog::MemoryHashes expected;
  constexpr std::uint64_t kSize = 700;
  for (std::uint64_t n = 1; n <= kSize; ++n) {
    AppendedRecord one;
    one.leaf = n % 7 == 0 ? directory_leaf() : leaf();
    expected.put(one.leaf.hashes);
    one.appended = {id<RecordId>(n), one.leaf.index, id<Digest>(n)};
    store_->append(std::move(one), {});
    // Readers that saw a bundle half full go on with it.
    if (n % 100 != 0) continue;
    ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->after_durable(std::move(done)); }));
    const auto entry = read<Bytes>([n](const RelayReader& reader) { return reader.entry(n - 1); });
    ASSERT_TRUE(entry) << entry.error().message;
    EXPECT_EQ(entry.value(), entries_[n - 1]);
    const auto root =
        read<Digest>([n](const RelayReader& reader) { return tlog::tree_hash(n, reader); });
    ASSERT_TRUE(root) << root.error().message;
    EXPECT_EQ(root.value(), frontier_.root()) << n;
  }
  open();
  const auto checked = store_->inspect([&](const RelayReader& reader) -> Status {
    for (const auto& [node, hash] : expected.hashes()) {
      CANDOUR_TRY(const Digest found, reader.read(node.level, node.index));
      EXPECT_EQ(found, hash) << node.level << " " << node.index;
    }
    Bytes all;
    for (const Bytes& entry : entries_) append(all, entry);
    CANDOUR_TRY(const Bytes found, reader.entries(0, kSize + 50));
    EXPECT_EQ(found, all);
    CANDOUR_TRY(const Bytes some, reader.entries(250, 520));
    EXPECT_EQ(some, to_bytes(ByteView(all).subspan(250 * 34, 270 * 34)));
    for (std::uint64_t i = 0; i < kSize; i += 13) {
      CANDOUR_TRY(const auto index, reader.leaf_index(tlog::leaf_hash(entries_[i])));
      EXPECT_EQ(index, i);
    }
    CANDOUR_TRY(const Digest root, tlog::tree_hash(kSize, reader));
    EXPECT_EQ(root, frontier_.root());
    EXPECT_FALSE(reader.read(1, kSize / 2));
    EXPECT_FALSE(reader.read(8, 2));
    EXPECT_FALSE(reader.read(9, 1));
    return ok();
  });
  EXPECT_TRUE(checked) << checked.error().message;
}

TEST_F(RelayStoreTest, RecordsAreFoundByTheTimeInTheirLabels) {
  // Leaf n has time n seconds, but for one that is late and a stretch without records.
  constexpr std::uint64_t kSize = 1'500;
  for (std::uint64_t n = 0; n < kSize; ++n) {
    AppendedRecord one;
    one.leaf = n >= 300 && n < 900 ? directory_leaf() : leaf();
    one.appended = {id<RecordId>(n), n, id<Digest>(n)};
    store_->append(std::move(one), {});
  }
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->after_durable(std::move(done)); }));
  const auto range = [&](std::uint64_t from_s, std::uint64_t until_s) {
    const auto found =
        read<LeafRange>([&](const RelayReader& reader) {
          return reader.leaves_of_period(TimeMs(1'000 * from_s), TimeMs(1'000 * until_s));
        }).value();
    return std::pair(found.first, found.end);
  };
  EXPECT_EQ(range(10, 20), std::pair(std::uint64_t{10}, std::uint64_t{20}));
  EXPECT_EQ(range(250, 270), std::pair(std::uint64_t{250}, std::uint64_t{270}));
  EXPECT_EQ(range(299, 901), std::pair(std::uint64_t{299}, std::uint64_t{901}));
  EXPECT_EQ(range(300, 900), std::pair(std::uint64_t{0}, std::uint64_t{0}));
  EXPECT_EQ(range(1'499, 9'000), std::pair(std::uint64_t{1'499}, kSize));
  EXPECT_EQ(range(5'000, 9'000), std::pair(std::uint64_t{0}, std::uint64_t{0}));
  // Pages: bounded by bytes and by leaves looked at, and filtered by label.
  const auto of_amy = [this](const tlog::RecordLabel& label) { return label.sender == amy_; };
  const auto page = [&](std::uint64_t first, std::size_t size_max, std::uint64_t looked_at_max) {
    return read<RelayReader::RecordPage>([&](const RelayReader& reader) {
             return reader.records({first, 1'000}, of_amy, size_max, looked_at_max);
           })
        .value();
  };
  const auto first = page(0, 1'000, 9'999);
  ASSERT_FALSE(first.rows.empty());
  EXPECT_LT(first.rows.size(), 10u);
  EXPECT_EQ(first.next, first.rows.back().leaf_index + 1);
  for (const auto& row : first.rows) {
    EXPECT_EQ(row.leaf_index % 2, 0u);
    const auto opened = tlog::LeafOpening::decode(row.opening);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened.value().entry(tlog::LeafClass::ordinary), entries_[row.leaf_index]);
  }
  EXPECT_EQ(page(0, 1 << 20, 9'999).rows.size(), 150u + 50u);
  EXPECT_EQ(page(0, 1 << 20, 9'999).next, 1'000u);
  EXPECT_TRUE(page(400, 1 << 20, 100).rows.empty());
  EXPECT_EQ(page(400, 1 << 20, 100).next, 500u);
}

TEST_F(RelayStoreTest, OpeningsComeBackWithTheCopyOfWhoeverAsks) {
  LoggedOpening logged;
  logged.leaf = opening_leaf();
  logged.row = {.number = 1,
                .leaf_index = 0,
                .kind = 35,
                .leaf_hash = logged.leaf.leaf_hash,
                .about = id<Digest>(9),
                .records = 12,
                .sealed_until = TimeMs(5),
                .logged = TimeMs(4)};
  logged.notice = Bytes(3, 1);
  logged.copies = {{"auditor", Bytes(4, 2)}, {"other", Bytes(5, 3)}};
  ASSERT_TRUE(wait([&](RelayStore::Done done) { store_->log_opening(logged, std::move(done)); }));
  const auto asked = [&](const std::string& auditor) {
    return read<std::vector<OpeningBody>>(
               [&](const RelayReader& reader) { return reader.openings(0, auditor, 1 << 20); })
        .value();
  };
  ASSERT_EQ(asked("auditor").size(), 1u);
  EXPECT_EQ(asked("auditor")[0].copy, Bytes(4, 2));
  EXPECT_TRUE(asked("nobody")[0].copy.empty());
  EXPECT_TRUE(asked("nobody")[0].object.empty());
  const auto found = after_kill();
  ASSERT_EQ(found.openings.size(), 1u);
  EXPECT_EQ(found.openings[0].about, id<Digest>(9));
  EXPECT_EQ(found.openings[0].records, 12u);
  EXPECT_FALSE(found.openings[0].unsealed);
  ASSERT_TRUE(wait([&](RelayStore::Done done) {
    store_->unseal({.number = 1, .object = Bytes(6, 4), .opening = Bytes(7, 5)}, std::move(done));
  }));
  EXPECT_EQ(asked("nobody")[0].object, Bytes(6, 4));
  EXPECT_TRUE(after_kill().openings[0].unsealed);
}

TEST_F(RelayStoreTest, NewestRosterOfEachGroupIsKept) {
  for (std::uint64_t n = 1; n <= 2; ++n) {
    ASSERT_TRUE(accept(n));
    auto judged = release(n, n);
    judged.roster = RosterChange{.epoch = Epoch(n), .members = {amy_}};
    judged.released->roster = Bytes(3, static_cast<std::uint8_t>(n));
    ASSERT_TRUE(judge(std::move(judged)));
  }
  const auto rosters =
      read<std::vector<Bytes>>([](const RelayReader& reader) { return reader.rosters(); });
  ASSERT_EQ(rosters.value().size(), 1u);
  EXPECT_EQ(rosters.value()[0], Bytes(3, 2));
}

TEST_F(RelayStoreTest, RostersComeInPages) {
  using Page = RelayReader::RosterPage;
  const auto page = [&](const GroupId& after, std::size_t size_max) {
    return read<Page>(
               [&](const RelayReader& reader) { return reader.rosters_after(after, size_max); })
        .value();
  };
  EXPECT_TRUE(page(GroupId(), 1).rosters.empty());
  const GroupId groups[] = {id<GroupId>(1), id<GroupId>(2), id<GroupId>(3)};
  for (std::uint64_t n = 1; n <= 3; ++n) {
    auto accepted = submission(n);
    accepted.creates_group = true;
    accepted.pending.about.group = accepted.submitted.group = groups[n - 1];
    ASSERT_TRUE(
        wait([&](RelayStore::Done done) { store_->accept(std::move(accepted), std::move(done)); }));
    auto judged = release(n, 1);
    judged.mail.clear();  // numbered by the delivery, which is the first of each group
    judged.verdict.group = judged.released->group = groups[n - 1];
    judged.roster = RosterChange{.epoch = Epoch(1), .members = {amy_}};
    judged.released->roster = Bytes(3, static_cast<std::uint8_t>(n));
    ASSERT_TRUE(judge(std::move(judged)));
  }
  const Page first = page(GroupId(), 4);
  EXPECT_EQ(first.rosters, (std::vector<Bytes>{Bytes(3, 1), Bytes(3, 2)}));
  ASSERT_EQ(first.next, groups[1]);
  const Page second = page(*first.next, 4);
  EXPECT_EQ(second.rosters, std::vector<Bytes>{Bytes(3, 3)});
  EXPECT_FALSE(second.next);
  EXPECT_FALSE(page(GroupId(), 100).next);
}

}  // namespace
}  // namespace candour::storage
