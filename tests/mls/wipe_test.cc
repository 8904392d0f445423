// Goal: keys die (RFC 9420 section 9.2): once a key is used, skipped too far, of an epoch that is
// no longer kept, or of a commit that was not merged, it is nowhere in the process any more.
// Method: the test learns the key from a copy of the state, keeps it only masked, lets the group go
// on, and then searches all writable memory of the process, heap and stack, for it. Each search is
// shown to find the key while it is alive.
#include <cstdio>
#include <fstream>

#include "mls/welcome.h"
#include "tests/mls/insider.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CANDOUR_MEMORY_IS_SHADOWED 1
#else
#define CANDOUR_MEMORY_IS_SHADOWED 0
#endif

namespace candour::mls::test {
namespace {

constexpr std::uint8_t kMask = 0x5a;

/// A secret as the test remembers it: never in the clear.
class Masked {
 public:
  explicit Masked(ByteView secret) {
    for (std::uint8_t byte : secret) bytes_.push_back(byte ^ kMask);
  }
  bool at(const volatile std::uint8_t* memory) const {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if ((memory[i] ^ kMask) != bytes_[i]) return false;
    }
    return true;
  }
  std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

struct Mapping {
  std::uintptr_t begin, end;
};

std::vector<Mapping> writable_memory() {
  std::vector<Mapping> out;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    Mapping m{};
    char flags[5] = {};
    if (std::sscanf(line.c_str(), "%lx-%lx %4s", &m.begin, &m.end, flags) != 3) continue;
    if (std::string_view(flags).substr(0, 2) == "rw") out.push_back(m);
  }
  return out;
}

std::size_t times_in_memory(const Masked& secret) {
  std::size_t found = 0;
  for (const Mapping& m : writable_memory()) {
    const auto* memory = reinterpret_cast<const volatile std::uint8_t*>(m.begin);
    const std::size_t size = m.end - m.begin;
    for (std::size_t i = 0; i + secret.size() <= size; ++i) found += secret.at(memory + i) ? 1 : 0;
  }
  return found;
}

#define EXPECT_ALIVE(secret) EXPECT_GT(times_in_memory(secret), 0u)
#define EXPECT_WIPED(secret) EXPECT_EQ(times_in_memory(secret), 0u)

class MlsWipe : public testing::Test {
 protected:
  /// The first read of a file binds functions inside libstdc++, and the dynamic linker then saves
  /// the vector registers to the stack, with what was last moved through them. The search must not
  /// make the copy that it finds, so its first read is made before there are secrets.
  static void SetUpTestSuite() { EXPECT_FALSE(writable_memory().empty()); }
  void SetUp() override {
    if (CANDOUR_MEMORY_IS_SHADOWED) GTEST_SKIP() << "a sanitizer keeps freed memory as it was";
  }
  MlsWipe() : w(140) { w.form(4); }

  Peer& me() { return w.peer(1); }
  Group& group() { return *me().group; }
  /// Only my group stays: the others know the same secrets.
  void alone() {
    for (Peer* p : w.members()) {
      if (p != &me()) p->group.reset();
    }
  }
  /// Of a message of peer 0.
  Masked message_key(std::uint32_t generation) {
    Insider inside(me(), w.random);
    const auto key =
        inside.now().secret_tree.find(kSuite3, LeafIndex(0), RatchetKind::application, generation);
    return Masked(key.value().key.view());
  }
  /// The secret the ratchet of peer 0 stands at.
  Masked ratchet_head() {
    const SecretBytes state = group().ratchet_state(LeafIndex(0));
    // version, group_id, epoch, leaf; then the handshake ratchet (secret, next, no skipped keys).
    const std::size_t application = 1 + 1 + group().group_id().size() + 8 + 4 + 32 + 4 + 4;
    return Masked(state.view().subspan(application, 32));
  }
  Bytes message() { return w.peer(0).group->protect(as_bytes("m"), {}, w.random).value(); }

  World w;
};

TEST_F(MlsWipe, AMessageKeyThatWasUsed) {
  const Bytes one = message();
  const Bytes two = message();
  alone();
  const Masked key = message_key(0);
  {
    const Insider inside(me(), w.random);
    Insider again(me(), w.random);
    const auto kept =
        again.now().secret_tree.find(kSuite3, LeafIndex(0), RatchetKind::application, 0);
    EXPECT_ALIVE(key);
  }
  ASSERT_VALUE(group().unprotect(one));
  EXPECT_WIPED(key);
  const Masked head = ratchet_head();
  EXPECT_ALIVE(head);
  ASSERT_VALUE(group().unprotect(two));
  EXPECT_WIPED(head);
}

TEST_F(MlsWipe, KeysThatWereSkipped) {
  me().group = Group::restore(group().save().view(), me().key,
                              [] {
                                Policy p;
                                p.skipped_keys_max = 2;
                                return p;
                              }())
                   .value();
  std::vector<Bytes> sent;
  for (int i = 0; i < 6; ++i) sent.push_back(message());
  alone();
  const Masked used_late = message_key(1);
  const Masked skipped_too_far = message_key(0);
  ASSERT_VALUE(group().unprotect(sent[2]));
  EXPECT_ALIVE(used_late);
  EXPECT_ALIVE(skipped_too_far);
  ASSERT_VALUE(group().unprotect(sent[1]));
  EXPECT_WIPED(used_late);
  EXPECT_ALIVE(skipped_too_far);
  ASSERT_VALUE(group().unprotect(sent[5]));  // 3 and 4 are kept now
  EXPECT_WIPED(skipped_too_far);
}

TEST_F(MlsWipe, SecretsOfAnEpochThatIsOver) {
  std::vector<Bytes> commits;
  const std::size_t kept = group().policy().past_epochs_max;
  std::vector<Masked> at_once, later;
  const auto note = [](std::vector<Masked>& list, const KdfSecret& secret) {
    list.emplace_back(secret.view());
  };
  {
    Insider inside(me(), w.random);
    // Not epoch_authenticator: that is for comparing in public (section 8.7).
    const EpochSecrets& s = inside.now().secrets;
    for (const KdfSecret* secret : {&s.exporter_secret, &s.external_secret, &s.confirmation_key,
                                    &s.membership_key, &s.init_secret}) {
      note(at_once, *secret);
    }
    note(later, s.sender_data_secret);
    note(later, s.resumption_psk);
    for (const auto& [node, key] : inside.now().own.parents) {
      at_once.emplace_back(key->private_key().view());
    }
  }
  for (std::size_t i = 0; i <= kept; ++i) {
    auto prepared = w.peer(0).group->commit({}, kNow, w.random);
    commits.push_back(prepared.value().commit);
    ASSERT_VALUE(w.peer(0).group->merge(std::move(prepared.value().staged)));
  }
  alone();
  for (const Masked& secret : at_once) EXPECT_ALIVE(secret);
  ASSERT_VALUE(me().follow(commits[0]));
  for (std::size_t i = 0; i < at_once.size(); ++i) EXPECT_WIPED(at_once[i]) << i;
  for (std::size_t i = 1; i <= kept; ++i) {
    for (const Masked& secret : later) EXPECT_ALIVE(secret);
    ASSERT_VALUE(me().follow(commits[i]));
  }
  for (const Masked& secret : later) EXPECT_WIPED(secret);
}

TEST_F(MlsWipe, TheOwnLeafKeyAfterAnUpdateAndAllAfterRemovalOrTheEnd) {
  const auto leaf_key = [&] {
    Insider inside(me(), w.random);
    return Masked(inside.now().own.leaf_key->private_key().view());
  };
  const auto init_secret = [&] {
    Insider inside(me(), w.random);
    return Masked(inside.now().secrets.init_secret.view());
  };
  const Masked old = leaf_key();
  me().package.reset();  // the private part of the key package, which is the application's
  EXPECT_ALIVE(old);
  auto prepared = group().commit({}, kNow, w.random);
  ASSERT_VALUE(prepared);
  for (Peer* p : w.members()) {
    if (p != &me()) ASSERT_VALUE(p->follow(prepared.value().commit));
  }
  ASSERT_VALUE(group().merge(std::move(prepared.value().staged)));
  EXPECT_WIPED(old);

  CommitRequest request;
  request.removes = {group().own_leaf()};
  const Bytes removal = w.peer(0).group->commit(request, kNow, w.random).value().commit;
  alone();
  const Masked last = leaf_key();
  const Masked init = init_secret();
  EXPECT_ALIVE(last);
  EXPECT_ALIVE(init);
  {
    // A copy that ends with its process's group, as when a program closes.
    Group copy = Group::restore(group().save().view(), me().key).value();
  }
  ASSERT_VALUE(me().follow(removal));
  EXPECT_FALSE(group().active());
  EXPECT_WIPED(last);
  EXPECT_WIPED(init);
}

TEST_F(MlsWipe, ACommitThatIsNotMergedAndAJoinersSecrets) {
  std::optional<Masked> abandoned;
  Peer& joiner = w.add_peer();
  joiner.new_package(w.random);
  CommitRequest request;
  request.adds = {joiner.verified()};
  Bytes welcome;
  {
    auto prepared = w.peer(0).group->commit(request, kNow, w.random);
    const SecretBytes saved = prepared.value().staged.save();
    auto own = StagedCommit::restore(saved.view());
    welcome = prepared.value().welcome;
    const auto inside = internal::restore_staged(saved.view());
    abandoned.emplace(inside.value().next->secrets.init_secret.view());
    EXPECT_ALIVE(*abandoned);
  }
  const auto parsed = decode<Welcome>(unwrap_message(welcome).value().body).value();
  std::optional<Masked> joiner_secret, path_secret;
  {
    const auto keys = KeyPackagePrivate::restore(joiner.package->private_part.view());
    const auto secrets =
        open_group_secrets(kSuite3, parsed, joiner.package->reference.view(), keys.value().init_key)
            .value();
    joiner_secret.emplace(secrets.joiner_secret.view());
    path_secret.emplace(secrets.path_secret->view());
    EXPECT_ALIVE(*joiner_secret);
    EXPECT_ALIVE(*path_secret);
  }
  EXPECT_WIPED(*abandoned);
  ASSERT_VALUE(joiner.join(welcome));
  EXPECT_WIPED(*joiner_secret);
  EXPECT_WIPED(*path_secret);
}

}  // namespace
}  // namespace candour::mls::test
