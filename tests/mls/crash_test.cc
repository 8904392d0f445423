// Goal: a crash between sending and saving never uses a generation twice, and nothing that was read
// opens again. Method: a device that writes as mls/group.h says (its ratchet state or its whole
// state before anything leaves it) acts at random; then, for every prefix of what it wrote, it
// starts from that prefix, sends a message and a commit, and is held against all that had left it
// by then, and against all that it had taken as read.
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

struct Write {
  enum { state, ratchet, staged } what;
  LeafIndex leaf;
  SecretBytes bytes;
};

/// What left the device, or was shown to its user, when it had made so many writes.
struct Event {
  std::size_t writes;
  Bytes message;
};

struct Used {
  ContentType type;
  Epoch epoch;
  std::uint32_t generation;
  auto operator<=>(const Used&) const = default;
};

class Device {
 public:
  Device(World& world, Peer& peer) : w_(world), me_(peer) { write_state(); }

  void act() {
    switch (w_.random.below(6)) {
      case 0:
      case 1:
        send();
        break;
      case 2:
      case 3:
        receive();
        break;
      case 4:
        commit();
        break;
      default:
        follow();
    }
  }

  /// As after a restart with the first `count` writes on the disk.
  Group start_again(std::size_t count, std::optional<SecretBytes>& staged) const {
    std::size_t from = count;
    while (disk_[from - 1].what != Write::state) --from;
    auto group = Group::restore(disk_[from - 1].bytes.view(), me_.key).value();
    staged.reset();
    for (std::size_t i = from; i < count; ++i) {
      if (disk_[i].what == Write::staged) {
        staged = disk_[i].bytes.clone();
      } else {
        EXPECT_VALUE(group.apply_ratchet_state(disk_[i].leaf, disk_[i].bytes.view()));
      }
    }
    return group;
  }

  std::size_t writes() const { return disk_.size(); }
  const std::vector<Event>& sent() const { return sent_; }
  const std::vector<Event>& read() const { return read_; }

 private:
  void write(Write&& one) { disk_.push_back(std::move(one)); }
  void write_state() { write({Write::state, {}, me_.group->save()}); }
  void write_ratchet(LeafIndex leaf, Epoch epoch) {
    write({Write::ratchet, leaf, me_.group->ratchet_state(leaf, epoch)});
  }
  void leaves(const Bytes& message) { sent_.push_back({disk_.size(), message}); }

  void send() {
    const Bytes message = me_.group->protect(as_bytes("mine"), {}, w_.random).value();
    write_ratchet(me_.group->own_leaf(), me_.group->epoch());
    leaves(message);
  }
  void receive() {
    Peer& from = w_.peer(w_.random.below(2) == 0 ? 0 : 2);
    std::vector<Bytes> messages;
    for (std::uint64_t i = 0; i <= w_.random.below(3); ++i) {
      messages.push_back(from.group->protect(as_bytes("theirs"), {}, w_.random).value());
    }
    const Bytes& taken = messages[w_.random.below(messages.size())];
    const auto received = me_.group->unprotect(taken);
    ASSERT_VALUE(received);
    write_ratchet(received.value().sender, received.value().epoch);
    read_.push_back({disk_.size(), taken});
  }
  void commit() {
    auto prepared = me_.group->commit({}, kNow, w_.random);
    ASSERT_VALUE(prepared);
    write_ratchet(me_.group->own_leaf(), me_.group->epoch());
    write({Write::staged, {}, prepared.value().staged.save()});
    leaves(prepared.value().commit);
    if (w_.random.below(3) == 0) return;  // refused by the delivery service
    for (std::size_t other : {0u, 2u}) ASSERT_VALUE(w_.peer(other).follow(prepared.value().commit));
    ASSERT_VALUE(me_.group->merge(std::move(prepared.value().staged)));
    write_state();
  }
  void follow() {
    w_.commit(w_.peer(0), {}, {});
    write_state();
  }

  World& w_;
  Peer& me_;
  std::vector<Write> disk_;
  std::vector<Event> sent_;
  std::vector<Event> read_;
};

class MlsCrash : public testing::TestWithParam<int> {};

TEST_P(MlsCrash, FromEveryPrefixOfTheWritesNothingIsUsedTwice) {
  World w(150 + static_cast<std::uint64_t>(GetParam()));
  w.form(3);
  Peer& me = w.peer(1);
  // Which generation a message of mine has, as anybody who can read it sees it.
  std::map<Epoch, SecretBytes> readers;
  const auto used_by = [&](const Bytes& message) {
    const auto header = peek(message).value();
    const auto reader =
        internal::restore_state(readers.at(header.epoch).view(), w.peer(2).key.clone(), {}).value();
    const auto sealed = decode<PrivateMessage>(unwrap_message(message).value().body).value();
    const auto data =
        open_sender_data(kSuite3, sealed, reader->now.secrets.sender_data_secret).value();
    EXPECT_EQ(data.leaf, LeafIndex(1));
    return Used{header.content_type, header.epoch, data.generation};
  };
  Device device(w, me);
  for (int step = 0; step < 30; ++step) {
    readers.insert_or_assign(w.peer(2).group->epoch(), w.peer(2).group->save());
    device.act();
    if (HasFatalFailure()) return;
  }
  readers.insert_or_assign(w.peer(2).group->epoch(), w.peer(2).group->save());

  std::size_t compared = 0;
  for (std::size_t count = 1; count <= device.writes(); ++count) {
    SCOPED_TRACE("after write " + std::to_string(count));
    std::set<Used> used;
    for (const Event& event : device.sent()) {
      if (event.writes <= count) used.insert(used_by(event.message));
    }
    std::optional<SecretBytes> staged;
    Group again = device.start_again(count, staged);
    const Bytes message = again.protect(as_bytes("other bytes"), {}, w.random).value();
    EXPECT_FALSE(used.contains(used_by(message))) << "an application generation";
    const Bytes commit = again.commit({}, kNow, w.random).value().commit;
    EXPECT_FALSE(used.contains(used_by(commit))) << "a handshake generation";
    compared += used.size();
    for (const Event& event : device.read()) {
      if (event.writes <= count) EXPECT_FALSE(again.unprotect(event.message)) << "read twice";
    }
    if (!staged) continue;
    // A commit that left before the crash can still be merged when it turns out to be accepted.
    auto restored = StagedCommit::restore(staged->view());
    ASSERT_VALUE(restored);
    EXPECT_VALUE(again.merge(std::move(restored).value()));
  }
  EXPECT_GT(compared, 50u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, MlsCrash, testing::Range(0, 12));

}  // namespace
}  // namespace candour::mls::test
