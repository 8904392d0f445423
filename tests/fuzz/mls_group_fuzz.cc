// A group as a state machine: three members act as the input says, and what they send is changed in
// flight. A call that fails leaves its group as it was, a message that was changed is never
// accepted as another, and members that followed everything agree.
#include <array>
#include <optional>

#include "mls/group.h"
#include "tests/fuzz/counting_random.h"
#include "tests/fuzz/fuzz_target.h"

namespace candour::mls {
namespace {

using fuzz::CountingRandom;

constexpr TimeMs kNow(1'790'000'000'000);
constexpr Lifetime kLifetime{TimeMs(kNow.value - 3'600'000), TimeMs(kNow.value + 3'600'000)};

/// The input, read byte by byte; zero when it is over.
class Script {
 public:
  explicit Script(ByteView bytes) : bytes_(bytes) {}
  bool over() const { return at_ >= bytes_.size(); }
  std::uint8_t next() { return over() ? 0 : bytes_[at_++]; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

struct Start {
  std::vector<crypto::SigningKey> keys;
  std::vector<SecretBytes> states;
};

/// Made once: forming a group costs more than what is done with it.
const Start& start() {
  static const Start made = [] {
    CountingRandom random;
    Start out;
    for (int i = 0; i < 3; ++i) out.keys.push_back(crypto::SigningKey::generate(random));
    Group creator =
        Group::create(as_bytes("fuzz"), out.keys[0], as_bytes("0"), kLifetime, random).value();
    CommitRequest request;
    std::vector<KeyPackageBundle> packages;
    for (std::size_t i = 1; i < 3; ++i) {
      const Bytes name(1, static_cast<std::uint8_t>('0' + i));
      packages.push_back(make_key_package(out.keys[i], name, kLifetime, random).value());
      request.adds.push_back(verify_key_package(packages.back().key_package, kNow).value());
    }
    auto prepared = creator.commit(request, kNow, random).value();
    fuzz::require(creator.merge(std::move(prepared.staged)).has_value(), "merge");
    out.states.push_back(creator.save());
    for (std::size_t i = 1; i < 3; ++i) {
      out.states.push_back(Group::join(prepared.welcome, packages[i - 1].key_package,
                                       packages[i - 1].private_part.view(), out.keys[i], kNow)
                               .value()
                               .save());
    }
    return out;
  }();
  return made;
}

class Machine {
 public:
  explicit Machine(ByteView input) : script_(input) {
    for (std::size_t i = 0; i < 3; ++i) {
      groups_[i].emplace(Group::restore(start().states[i].view(), start().keys[i]).value());
    }
  }

  void run() {
    for (int step = 0; step < 12 && !script_.over(); ++step) act();
    if (!together_) return;
    for (const auto& group : groups_) {
      if (!group->active()) continue;
      for (const auto& other : groups_) {
        fuzz::require(
            !other->active() || other->epoch_authenticator() == group->epoch_authenticator(),
            "members disagree");
      }
    }
  }

 private:
  void act() {
    const std::uint8_t op = script_.next();
    const std::size_t sender = op % 3;
    Group& from = *groups_[sender];
    const WireFormat framing = op & 0x40 ? WireFormat::public_message : WireFormat::private_message;
    switch (op / 3 % 3) {
      case 0: {
        const auto message = from.protect(as_bytes("hello"), {}, random_, 1);
        if (message) deliver(sender, message.value(), &Machine::read);
        break;
      }
      case 1: {
        ProposalRequest request = ProposeUpdate{};
        std::optional<crypto::SigningKey> fresh;
        if (op & 0x20) {
          fresh = crypto::SigningKey::generate(random_);
          request = ProposeUpdate{{&*fresh}};
        }
        if (op & 0x80) request = ProposeRemove{LeafIndex(script_.next() % 4u)};
        const auto message = from.propose(request, kNow, random_, framing);
        if (message) deliver(sender, message.value(), &Machine::keep);
        break;
      }
      default: {
        CommitRequest request;
        request.kept_proposals = true;
        request.wire_format = framing;
        std::optional<crypto::SigningKey> fresh;
        if (op & 0x20) {
          fresh = crypto::SigningKey::generate(random_);
          request.change.key = &*fresh;
        }
        auto prepared = from.commit(request, kNow, random_);
        if (!prepared) break;
        deliver(sender, prepared.value().commit, &Machine::follow);
        (void)from.merge(std::move(prepared.value().staged));
      }
    }
  }

  bool read(Group& to, ByteView message) { return to.unprotect(message).has_value(); }
  bool keep(Group& to, ByteView message) { return to.process_proposal(message, kNow).has_value(); }
  bool follow(Group& to, ByteView message) {
    auto staged = to.process_commit(message, kNow);
    return staged && to.merge(std::move(staged).value()).has_value();
  }

  void deliver(std::size_t sender, const Bytes& message,
               bool (Machine::*receive)(Group&, ByteView)) {
    const std::uint8_t change = script_.next();
    Bytes sent = message;
    if (change != 0) {
      together_ = false;
      const std::size_t at = (script_.next() * 256u + script_.next()) % sent.size();
      if (change & 1) {
        sent[at] ^= change;
      } else {
        sent.resize(at);
      }
    }
    for (std::size_t i = 0; i < 3; ++i) {
      if (i == sender) continue;
      const SecretBytes before = groups_[i]->save();
      const bool taken = (this->*receive)(*groups_[i], sent);
      fuzz::require(!taken || sent == message, "a changed message was accepted");
      if (!taken) fuzz::require(same(before.view(), groups_[i]->save().view()), "state changed");
    }
  }

  Script script_;
  CountingRandom random_;
  std::array<std::optional<Group>, 3> groups_;
  bool together_ = true;  // until a message was not delivered as sent
};

}  // namespace

static void act_out(ByteView input) { Machine(input).run(); }

}  // namespace candour::mls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  candour::mls::act_out({data, size});
  return 0;
}
