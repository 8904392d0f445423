// A store in a folder of its own, and rows to put into it, for the tests of the relay's store.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <future>

#include "base/codec.h"
#include "crypto/hash.h"
#include "storage/relay_store.h"
#include "tests/net/certificates.h"
#include "tlog/leaf.h"
#include "tlog/record_label.h"

namespace candour::storage {

class RelayStoreTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }
  void open(std::uint32_t pages_max = 0) {
    store_.reset();
    auto opened = RelayStore::open({.folder = folder_.path(), .pages_max = pages_max},
                                   [](std::function<void()> task) { task(); });
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(opened.value());
  }
  /// What a process would find that starts after this one was killed now.
  RelaySnapshot after_kill() {
    testing::TemporaryFolder copy;
    for (const char* name : {"relay.db", "relay.db-wal"}) {
      if (std::filesystem::exists(folder_.path() / name)) {
        std::filesystem::copy_file(folder_.path() / name, copy.path() / name);
      }
    }
    auto other =
        RelayStore::open({.folder = copy.path()}, [](std::function<void()> task) { task(); });
    EXPECT_TRUE(other) << other.error().message;
    auto snapshot = other.value()->load();
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    return snapshot.value();
  }
  template <class Operation>
  Status wait(Operation operation) {
    std::promise<Status> result;
    operation([&](Status status) { result.set_value(status); });
    return result.get_future().get();
  }
  template <class T>
  Result<T> read(std::function<Result<T>(const RelayReader&)> task) {
    std::promise<Result<T>> result;
    store_->read<T>(std::move(task), [&](Result<T> got) { result.set_value(std::move(got)); });
    return result.get_future().get();
  }
  template <class IdType>
  IdType id(std::uint64_t n) {
    IdType out;
    for (int i = 0; i < 8; ++i) {
      out.mutable_view()[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(n >> (8 * i));
    }
    return out;
  }

  AcceptedSubmission submission(std::uint64_t n) {
    AcceptedSubmission out;
    out.pending.about = {.number = n,
                         .group = group_,
                         .submission = Submission(n),
                         .message_id = id<MessageId>(n),
                         .sender = amy_,
                         .epoch = Epoch(0),
                         .kind = 1,
                         .accepted = TimeMs(n)};
    out.pending.ciphertext = Bytes(100, static_cast<std::uint8_t>(n));
    out.pending.bot_field = Bytes(10, 7);
    out.submitted = {.number = n,
                     .device = amy_,
                     .message_id = id<MessageId>(n),
                     .group = group_,
                     .submission = Submission(n),
                     .hash = id<Digest>(n)};
    out.creates_group = n == 1;
    return out;
  }
  /// In the form of a sealed record; only its label means anything.
  Bytes record(std::uint64_t n, TimeMs time) {
    tlog::RecordLabel label;
    label.log_origin = "example.org/log";
    label.record = id<RecordId>(n + 1);
    label.group = group_;
    label.sender = n % 2 == 0 ? amy_ : ben_;
    label.bot_time = time;
    Writer out;
    out.u8(1);
    out.u16(1);
    out.vec(label.encode());
    out.raw(Bytes(50, 9));
    return out.take();
  }
  LogLeaf placed(LogLeaf leaf) {
    leaf.index = frontier_.size();
    leaf.leaf_hash = tlog::leaf_hash(leaf.entry);
    leaf.hashes = frontier_.append(leaf.leaf_hash);
    entries_.push_back(leaf.entry);
    return leaf;
  }
  tlog::LeafOpening opening(tlog::LeafKind kind) {
    tlog::LeafOpening out;
    out.kind = kind;
    out.salt = id<Digest>(frontier_.size() + 1);
    out.ciphertext_hash = id<Digest>(frontier_.size() + 2);
    return out;
  }
  LogLeaf leaf() {
    const TimeMs time(1'000 * frontier_.size());
    LogLeaf out{.record = record(frontier_.size(), time), .time = time};
    tlog::LeafOpening opened = opening(tlog::LeafKind::message);
    opened.object_hash = crypto::sha256(out.record);
    out.entry = opened.entry(tlog::LeafClass::ordinary);
    out.opening = opened.encode();
    return placed(std::move(out));
  }
  LogLeaf directory_leaf() {
    const tlog::LeafOpening opened = opening(tlog::LeafKind::certificate);
    return placed({.entry = opened.entry(tlog::LeafClass::directory), .opening = opened.encode()});
  }
  LogLeaf opening_leaf() {
    return placed({.entry = opening(tlog::LeafKind::warrant).entry(tlog::LeafClass::opening)});
  }
  JudgedSubmission withheld(std::uint64_t n) {
    return {.number = n,
            .verdict = {.number = n,
                        .group = group_,
                        .submission = Submission(n),
                        .message_id = id<MessageId>(n)}};
  }
  JudgedSubmission release(std::uint64_t n, std::uint64_t seq) {
    JudgedSubmission out{.number = n};
    out.verdict = {.number = n,
                   .group = group_,
                   .submission = Submission(n),
                   .message_id = id<MessageId>(n),
                   .hash = id<Digest>(n),
                   .seq = Seq(seq)};
    out.released = MessageRow{.group = group_,
                              .seq = Seq(seq),
                              .submission = Submission(n),
                              .kind = 1,
                              .message_id = id<MessageId>(n),
                              .sender = amy_,
                              .token = Bytes(64, 1)};
    out.token_hash = id<Digest>(seq);
    out.log.push_back(leaf());
    out.mail.push_back({.device = amy_, .number = seq, .kind = 1, .body = Bytes(20, 2)});
    return out;
  }
  Status accept(std::uint64_t n) {
    return wait([&](RelayStore::Done done) { store_->accept(submission(n), std::move(done)); });
  }
  Status judge(JudgedSubmission judged) {
    return wait([&](RelayStore::Done done) { store_->judge(std::move(judged), std::move(done)); });
  }
  std::vector<MessageRow> messages(Seq after = Seq(0)) {
    return read<std::vector<MessageRow>>([this, after](const RelayReader& reader) {
             return reader.messages(group_, after, 1 << 20);
           })
        .value();
  }

  testing::TemporaryFolder folder_;
  std::unique_ptr<RelayStore> store_;
  tlog::Frontier frontier_;
  std::vector<Bytes> entries_;
  const GroupId group_ = id<GroupId>(77);
  const DeviceId amy_ = id<DeviceId>(1001);
  const DeviceId ben_ = id<DeviceId>(1002);
};

}  // namespace candour::storage
