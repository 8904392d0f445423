// A relay for tests, in the process: the protocol's relay side as docs/protocol.md has it, without
// sockets and disk. It keeps what a relay keeps durably, so that the bot can crash and come back.
//
// It is not polite: what the bot may not do (verdicts out of order, other bytes for a judged
// submission, seq with a gap) is counted in `violations`.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "client/channel.h"
#include "identity/statement.h"
#include "identity/token.h"
#include "tlog/checkpoint.h"
#include "tlog/tree.h"
#include "transport/wire/candour.pb.h"

namespace candour::tests {

/// Thrown at a chosen moment: the bot dies there, as by kill -9.
struct Killed {};

class RelayDouble {
 public:
  struct GroupRow {
    std::uint64_t epoch = 0;
    std::uint64_t seq = 0;
    Digest token_hash;
    std::string roster;
    std::uint64_t next_submission = 1;
    std::deque<v1::Check> pending;
    bool commit_pending = false;
    bool stopped = false;
  };

  identity::Statement statement;
  const crypto::SigningKey* log_key = nullptr;
  std::vector<std::pair<std::string, const crypto::SigningKey*>> witnesses;
  std::uint64_t time_ms = 0;

  std::vector<v1::DirectoryObject> directory;
  std::map<GroupId, GroupRow> groups;
  std::map<DeviceId, std::deque<Bytes>> key_packages;
  std::vector<v1::Deliver> delivered;
  std::vector<v1::Submit> submitted;  // by members
  std::vector<v1::Mail> mail;
  std::vector<v1::LogEntry> records;
  std::deque<v1::MailItem> bot_mail;  // not acknowledged yet
  std::vector<v1::Cosignature> cosignatures;
  std::map<std::pair<GroupId, std::uint64_t>, std::string> verdicts;
  std::vector<std::string> violations;
  std::uint64_t duplicates = 0;

  std::map<GroupId, GroupRow> shown;  // instead of `groups`, to who asks for rosters

  // Ways to fail.
  bool drop_frames = false;   // what the bot sends is lost, as if it died before
  bool drop_answers = false;  // it is applied, but the bot does not hear of it
  bool bad_proofs = false;    // inclusion proofs are for another tree
  // The bot dies (Killed) at these steps, one after the other. A frame it sends is two steps, lost
  // or applied, and a frame it takes is one, not acted upon.
  std::deque<std::uint64_t> kill_at_steps;
  std::uint64_t steps = 0;

  std::set<Digest> hidden;  // leaves whose proofs are "not there yet"

  /// A directory object; pushed when a bot is connected. With `logged` false it is in no tree.
  void publish(v1::ObjectKind kind, const std::string& object, bool logged = true);
  /// Late, what was published with `logged` false.
  void log_object(std::size_t number);
  /// As after a restart from an old copy: the tree is empty again.
  void lose_tree();
  /// Accepts a submission as the relay would and hands it to the bot.
  std::uint64_t submit(const v1::Submit& submit, const DeviceId& sender);
  void mail_to_bot(ByteView mail_id, ByteView sealed);
  /// Appends something of others to the log.
  void append_leaf(const Digest& leaf);
  tlog::Checkpoint checkpoint() const {
    return {statement.log.name, tree_.size(), tree_.root(), {}};
  }
  std::string cosigned_checkpoint() const;
  v1::CosignRequest cosign_request(std::uint64_t old_size) const;
  void push(v1::ServerFrame frame);

  std::unique_ptr<client::Channel> connect(const DeviceId& bot);
  std::optional<v1::Mail> mail_about(const DeviceId& device, ByteView about) const;
  std::vector<v1::Mail> mail_of(const DeviceId& device, v1::MailKind kind) const;
  bool idle() const { return inbound_.empty(); }

 private:
  class Session;
  void step();
  void handle(v1::ClientFrame frame);
  void reply(std::uint64_t to, v1::ServerFrame frame);
  void done(std::uint64_t to, bool duplicate);
  void fail(std::uint64_t to, std::string code);
  void login(std::uint64_t to);
  void on_get_rosters(std::uint64_t to, const v1::GetRosters& asked);
  void on_submit(std::uint64_t to, const v1::Submit& submit);
  void on_verdict(std::uint64_t to, const v1::Verdict& verdict);
  bool apply(const v1::Verdict& verdict, GroupRow& group);
  void on_get_proof(std::uint64_t to, const v1::GetProof& question);
  void on_fetch(std::uint64_t to, const v1::FetchKeyPackages& fetch);
  void log(const v1::LogEntry& entry);

  DeviceId bot_;
  std::uint64_t sessions_ = 0;
  Session* session_ = nullptr;
  std::deque<Bytes> inbound_;  // to the bot
  tlog::Frontier tree_;
  tlog::MemoryHashes hashes_;
  std::map<Digest, std::uint64_t> leaf_index_;
  std::set<std::string> records_seen_;
  std::set<std::string> answers_seen_;
  std::uint64_t mail_number_ = 0;
};

}  // namespace candour::tests
