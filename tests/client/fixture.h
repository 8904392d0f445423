// A small organisation for client tests: root, registrars, log, witness, bot and officers with real
// keys and signatures; a bot that releases what it is told to; and a relay in memory behind a
// Channel.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include "client/conversation.h"
#include "client/group_session.h"
#include "client/messages/group_info.h"
#include "client/messages/reply.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/token.h"
#include "mls/group.h"
#include "tlog/checkpoint.h"
#include "tlog/leaf.h"
#include "tlog/tree.h"

namespace candour::client::test {

#define ASSERT_VALUE(result) ASSERT_TRUE(result) << (result).error().message
#define EXPECT_VALUE(result) EXPECT_TRUE(result) << (result).error().message
#define EXPECT_CODE(result, expected)                                                    \
  do {                                                                                   \
    const auto& refused_ = (result);                                                     \
    ASSERT_FALSE(refused_) << "expected " << (expected);                                 \
    EXPECT_EQ(code_name(refused_.error().code), (expected)) << refused_.error().message; \
  } while (false)

inline constexpr TimeMs kNow{1'790'000'000'000};
inline constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;

class FixedClock : public Clock {
 public:
  TimeMs now() const override { return time; }
  TimeMs time = kNow;
};

/// Repeatable randomness: SHA-256 of seed and counter.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(MutableByteView out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

/// How an organisation's log is lost and followed by another; by default as it should be.
struct LostLog {
  std::uint64_t cut = 0;    // so many leaves fewer are cited than there were
  bool other_root = false;  // the cited root is not the old log's
  bool note = true;         // the new directory begins with a succession
  bool registrar = true;    // signed by a registrar as well
  bool stranger = false;    // the registrar who signs is new with the new statement
  bool newer = true;        // the statement has a higher version
  bool revocations = true;  // they are in the new directory
  bool first = true;        // the succession is the first leaf of the new log
};

/// Signs everything an organisation signs, and keeps its directory and log.
class Organisation {
 public:
  explicit Organisation(Random& random);

  DeviceKeys make_keys();
  /// Certifies and publishes; returns the note.
  Bytes enrol(const DeviceKeys& keys, const std::string& person, const std::string& role,
              bool logged = true);
  /// The note alone, by the two registrars in the order the test wants.
  std::string certify(const DeviceKeys& keys, const std::string& person, const std::string& role,
                      TimeMs not_before, TimeMs not_after, bool swapped = false) const;
  void revoke(const DeviceId& device);
  /// A policy version by author and approver; its digest.
  std::string policy_note(const std::string& text) const;
  Digest publish_policy(const std::string& text, bool logged = true);
  /// The next statement, without its bot.
  void delist_bot();
  /// With `logged` false the relay shows it, and it is in no tree.
  void publish(v1::ObjectKind kind, tlog::LeafKind leaf, const std::string& object,
               bool logged = true);
  void append_leaf(const Digest& leaf);
  /// Late, what was published with `logged` false.
  void log_object(std::size_t number);
  void publish_notice(std::uint64_t version, bool logged = true);
  /// Directory and log begin anew under another name and key.
  void lose_log(const LostLog& how = {});
  /// The statement as it is now, as the next version.
  void publish_statement(bool logged = true);
  v1::Directory directory(std::uint64_t from) const;
  /// A checkpoint over the whole log, signed and cosigned.
  std::string checkpoint() const;
  std::string checkpoint_of(std::uint64_t size, const Digest& root) const;
  v1::Proof inclusion(const Digest& leaf) const;
  v1::Proof consistency(std::uint64_t from) const;

  Random& random;
  crypto::SigningKey root_key, registrar_a, registrar_b, author, approver, log_key, witness_key,
      authoriser;
  identity::NoteKey root;
  DeviceKeys bot;
  identity::Statement statement;
  Digest policy;  // the version the bot judges by
  std::vector<v1::DirectoryObject> objects;
  tlog::Frontier frontier;
  tlog::MemoryHashes hashes;
  std::map<Digest, std::uint64_t> leaves;
  bool cosigned = true;  // checkpoints carry the witness' cosignature
};

/// The bot's side of one group, without any judgement.
class FakeBot {
 public:
  FakeBot(Organisation& organisation, const std::string& name);

  /// Adds members in one commit; gives each a welcome and the earlier members the commit.
  struct Added {
    v1::Deliver commit;
    std::map<DeviceId, v1::WelcomeMail> welcomes;
  };
  Added add(const std::vector<std::pair<DeviceKeys*, Bytes>>& joiners);
  v1::Deliver remove(const DeviceId& device);

  /// Opens a submission and releases it, token signed over exactly it.
  v1::Deliver release(const v1::Submit& submit);
  identity::ReleaseToken token_for(const v1::Submit& submit, const Digest& commitment);
  v1::Deliver deliver(const v1::Submit& submit, const identity::ReleaseToken& token);
  /// The reply mails that go with a release and with a warning.
  v1::MailItem receipt(const v1::Deliver& delivered, const DeviceKeys& to, std::uint64_t number);
  v1::MailItem warn(const v1::Submit& submit, const DeviceKeys& to, std::uint64_t number,
                    bool block = false);
  messages::Inner open(const v1::Submit& submit);
  void advance(const identity::ReleaseToken& token);

  Organisation& organisation;
  GroupId id;
  std::string name;
  std::optional<mls::Group> group;
  identity::TokenChain chain;
  bool logs = true;  // what it releases is in the log
  std::map<MessageId, tlog::LeafOpening> openings;
  std::map<MessageId, messages::Inner> opened;

 private:
  v1::Deliver release_commit(mls::PreparedCommit prepared, const MessageId& message_id);
  Bytes roster() const;
};

/// Remembers what a Store would.
class MemoryLog : public MessageLog {
 public:
  Result<bool> seen(const GroupId&, const MessageId& id) override { return seen_ids.contains(id); }
  Result<std::optional<OwnSubmission>> own_submission(const GroupId&,
                                                      const MessageId& id) override {
    auto found = own.find(id);
    if (found == own.end()) return std::optional<OwnSubmission>();
    return std::optional(found->second);
  }
  Result<std::uint64_t> sender_counter(const GroupId&, const DeviceId& sender) override {
    return counters[sender];
  }
  std::set<MessageId> seen_ids;
  std::map<MessageId, OwnSubmission> own;
  std::map<DeviceId, std::uint64_t> counters;
};

/// An officer without disk or network: keys, trust and a group session.
struct Officer {
  Officer(Organisation& organisation, const std::string& person);

  std::pair<DeviceKeys*, Bytes> key_package(Organisation& organisation);
  Status join(const v1::WelcomeMail& welcome);
  v1::Submit write(const messages::Content& content) {
    return write(content, trust->newest_checkpoint(), std::nullopt);
  }
  v1::Submit write(const messages::Content& content, const SeenCheckpoint& claimed,
                   std::optional<MessageId> id);
  v1::Submit write(const std::string& text, std::optional<MessageId> id = std::nullopt);
  v1::Submit write(const std::string& text, const SeenCheckpoint& claimed,
                   std::optional<MessageId> id = std::nullopt);

  std::string person;
  DeviceKeys keys;
  Bytes certificate;
  std::unique_ptr<MemoryTrustStore> trust_store;
  std::unique_ptr<Trust> trust;
  std::optional<KeyPackageRecord> package;
  std::optional<GroupSession> session;
  FixedClock clock;
  MemoryLog log;
  Random& random;
};

/// A folder that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace candour::client::test
