// People with devices for MLS tests: keys, key packages and a group each, from a seed.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "mls/group.h"

namespace candour::mls::test {

/// Repeatable randomness: SHA-256 of seed and counter.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) byte = next_byte();
  }
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t v = 0;
    for (int i = 0; i < 7; ++i) v = v << 8 | next_byte();
    return v % bound;
  }

 private:
  std::uint8_t next_byte() {
    if (used_ == 32) {
      const std::uint64_t input[2] = {seed_, counter_++};
      block_ = crypto::sha256({reinterpret_cast<const std::uint8_t*>(input), sizeof input});
      used_ = 0;
    }
    return block_.view()[used_++];
  }
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
  Digest block_;
  std::size_t used_ = 32;
};

inline constexpr TimeMs kNow{1'790'000'000'000};
inline constexpr Lifetime kLifetime{TimeMs(kNow.value - 3'600'000),
                                    TimeMs(kNow.value + 90ull * 24 * 3'600'000)};

#define ASSERT_VALUE(result) ASSERT_TRUE(result) << (result).error().message
#define EXPECT_VALUE(result) EXPECT_TRUE(result) << (result).error().message

/// One device.
struct Peer {
  Peer(std::string person, Random& random)
      : name(std::move(person)), key(crypto::SigningKey::generate(random)) {}

  std::string name;
  CipherSuite suite = CipherSuite::chacha20_poly1305;
  crypto::SigningKey key;
  std::optional<KeyPackageBundle> package;
  std::optional<Group> group;

  void new_package(Random& random) {
    package = make_key_package(key, as_bytes(name), kLifetime, random, suite).value();
  }
  /// The published package as others add it.
  VerifiedKeyPackage verified() const {
    return verify_key_package(package->key_package, kNow, suite).value();
  }
  Status join(ByteView welcome, const Policy& policy = {}) {
    auto joined = Group::join(welcome, package->key_package, package->private_part.view(), key,
                              kNow, {.policy = policy});
    if (!joined) return joined.error();
    group = std::move(joined).value();
    return ok();
  }
  /// Another member's commit, processed and merged.
  Status follow(ByteView commit) {
    auto staged = group->process_commit(commit, kNow);
    if (!staged) return staged.error();
    return group->merge(std::move(staged).value());
  }
};

/// A group whose members are all here.
class World {
 public:
  explicit World(std::uint64_t seed) : random(seed) { living().insert(this); }
  ~World() { living().erase(this); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  static std::set<World*>& living() {
    static std::set<World*> worlds;
    return worlds;
  }

  Peer& peer(std::size_t i) { return peers_[i]; }
  Peer& add_peer() {
    Peer& peer = peers_.emplace_back("person " + std::to_string(peers_.size()), random);
    peer.suite = suite;
    return peer;
  }
  /// `count` peers; the first one creates the group and adds the rest in one commit.
  void form(std::size_t count, bool path = true) {
    for (std::size_t i = 0; i < count; ++i) add_peer();
    Peer& bot = peer(0);
    bot.group = Group::create(as_bytes("test group"), bot.key, as_bytes(bot.name), kLifetime,
                              random, {.suite = suite, .policy = policy})
                    .value();
    std::vector<Peer*> joiners;
    for (std::size_t i = 1; i < count; ++i) joiners.push_back(&peer(i));
    if (!joiners.empty()) commit(bot, joiners, {}, path);
  }
  std::vector<Peer*> members() {
    std::vector<Peer*> out;
    for (Peer& p : peers_) {
      if (p.group && p.group->active()) out.push_back(&p);
    }
    return out;
  }
  std::vector<Peer*> outsiders() {
    std::vector<Peer*> out;
    for (Peer& p : peers_) {
      if (!p.group || !p.group->active()) out.push_back(&p);
    }
    return out;
  }

  /// `by` commits; everybody follows, joiners join. Fails the test when anybody cannot.
  void commit(Peer& by, const std::vector<Peer*>& adds, const std::vector<LeafIndex>& removes,
              bool path = true) {
    CommitRequest request;
    request.path = path;
    request.removes = removes;
    for (Peer* p : adds) {
      p->new_package(random);
      request.adds.push_back(p->verified());
    }
    auto prepared = by.group->commit(request, kNow, random);
    ASSERT_VALUE(prepared);
    for (Peer* p : members()) {
      if (p == &by) continue;
      const auto followed = p->follow(prepared.value().commit);
      ASSERT_TRUE(followed) << p->name << ": " << followed.error().message;
    }
    ASSERT_VALUE(by.group->merge(std::move(prepared.value().staged)));
    for (Peer* p : adds) {
      const auto joined = p->join(prepared.value().welcome, policy);
      ASSERT_TRUE(joined) << p->name << ": " << joined.error().message;
    }
    last_commit = std::move(prepared.value().commit);
  }

  void expect_agreement() {
    const auto all = members();
    ASSERT_FALSE(all.empty());
    for (Peer* p : all) {
      EXPECT_EQ(p->group->epoch(), all[0]->group->epoch());
      EXPECT_EQ(p->group->epoch_authenticator(), all[0]->group->epoch_authenticator()) << p->name;
      EXPECT_EQ(p->group->tree_hash(), all[0]->group->tree_hash()) << p->name;
      EXPECT_EQ(p->group->members(), all[0]->group->members()) << p->name;
      EXPECT_EQ(p->group->members().size(), all.size());
    }
  }
  /// A message of `from` opens everywhere and nowhere twice.
  void expect_delivery(Peer& from, std::string_view text) {
    const auto message = from.group->protect(as_bytes(text), as_bytes("id"), random);
    ASSERT_VALUE(message);
    for (Peer* p : members()) {
      if (p == &from) continue;
      const auto received = p->group->unprotect(message.value());
      ASSERT_TRUE(received) << p->name << ": " << received.error().message;
      EXPECT_TRUE(same(received.value().content.view(), as_bytes(text)));
      EXPECT_EQ(received.value().sender, from.group->own_leaf());
      EXPECT_FALSE(p->group->unprotect(message.value()));
    }
  }

  CipherSuite suite = CipherSuite::chacha20_poly1305;
  Policy policy;
  SeededRandom random;
  Bytes last_commit;

 private:
  std::deque<Peer> peers_;  // stays where it is when it grows
};

inline bool same_state(const SecretBytes& a, const SecretBytes& b) {
  return same(a.view(), b.view());
}

/// The states of all groups there are, to see later that nothing changed them.
class StateWatch {
 public:
  StateWatch() {
    for (World* world : World::living()) {
      for (Peer* p : world->members()) before_.emplace_back(p, p->group->save());
    }
  }
  void expect_unchanged() const {
    for (const auto& [peer, state] : before_) {
      EXPECT_TRUE(same_state(peer->group->save(), state)) << peer->name << " was changed";
    }
  }

 private:
  std::vector<std::pair<Peer*, SecretBytes>> before_;
};

}  // namespace candour::mls::test
