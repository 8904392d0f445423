// What the bot says to the relay, and what it waits to hear back.
//
// Two kinds of frames. Those of `put` are promises: their exact bytes are in bot.db before they are
// sent, they are sent in order, again after every reconnect, and forgotten only when the relay
// answered Done (I4). Those of `ask` and `tell` live for one connection.
//
// Nothing leaves before `flush`, which the bot calls after its batch is durable.
// Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <optional>

#include "bot/context.h"
#include "client/connection.h"
#include "identity/token.h"

namespace candour::bot {

enum class Purpose {
  verdict,
  append_record,
  answer,
  submit_commit,
  fetch_key_packages,
  proof,
  cosignature
};

/// What an answer of the relay is about.
struct Expected {
  Purpose purpose = Purpose::verdict;
  std::uint64_t row = 0;  // verdict, append_record, answer
  GroupId group;
  MessageId message_id;
  std::vector<Digest> leaves;  // handed over with it, or asked about
};

class Outbox {
 public:
  explicit Outbox(Context& context) : context_(context) {}

  /// Reads what an earlier process promised and was not heard about.
  Status load();
  /// Within a batch, after the store took something back: promises as the store has them, and only
  /// the first `questions` of the questions that were not sent yet.
  Status reload(std::size_t questions);
  std::size_t questions() const { return questions_.size(); }

  /// Within a batch. The verdict's leaves are remembered until they are proven to be in the log.
  Status put(const v1::Verdict& verdict);
  Status put(const v1::AppendRecord& record);
  /// An answer to a device's mail; no leaf comes of it.
  Status put(const v1::BotMail& answer);
  void ask(v1::ClientFrame frame, Expected expected);
  void tell(v1::ClientFrame frame);

  /// Within a batch: verdicts in this group are no longer promised. What they were about may be
  /// judged again, but for releases up to the number `through`, which the relay may have done.
  Status withdraw(const GroupId& group, Seq through);
  /// Every verdict of this group was sent on this connection and answered, with Done or a refusal.
  bool answered_all(const GroupId& group) const;
  /// Whether a promised release of this group comes directly after this number and token.
  bool promises_after(const GroupId& group, Seq seq, const Digest& token) const;

  /// Within a batch: nothing is promised any more, because all of it was sealed for a log that was
  /// lost. How much there was.
  Result<std::size_t> begin_anew();

  /// True when a verdict for this submission is waiting for the relay's Done.
  bool holds(const GroupId& group, Submission submission) const;
  std::size_t promised() const { return rows_.size(); }

  /// Sends everything that was put, asked or told since the last flush.
  Status flush(client::Connection& connection);
  /// On a new connection: promises again from the oldest, questions forgotten.
  void restart();
  /// What the frame with this reply_to answers; each only once.
  std::optional<Expected> answered(std::uint64_t reply_to);
  /// Within a batch: the relay has it durably.
  Status done(const Expected& expected);

 private:
  struct Row {
    std::uint64_t number = 0;
    v1::ClientFrame frame;
    Expected expected;
    Submission submission;
    std::optional<identity::ReleaseToken> token;  // of a release
  };
  struct Question {
    v1::ClientFrame frame;
    std::optional<Expected> expected;
  };

  /// Takes a promise out of the store and, with `forget`, forgets that it was judged.
  Status drop(const Row& row, bool forget = true);
  Status store(storage::OutboxKind kind, const GroupId& group, const MessageId& message,
               const std::string& bytes);
  Status keep(std::uint64_t number, storage::OutboxKind kind, const std::string& bytes);

  Context& context_;
  std::map<std::uint64_t, Row> rows_;  // by number: in order
  std::uint64_t sent_through_ = 0;     // newest row sent on this connection
  std::map<std::pair<GroupId, Submission>, std::uint64_t> verdicts_;
  std::deque<Question> questions_;
  std::map<std::uint64_t, Expected> expected_;
};

}  // namespace candour::bot
