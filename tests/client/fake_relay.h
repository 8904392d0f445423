// A relay in memory: it answers what clients ask, keeps what they submit, and delivers what the
// test gives it.
#pragma once

#include <deque>

#include "tests/client/fixture.h"
#include "transport/wire/frames.h"

namespace candour::client::test {

class FakeRelay {
 public:
  explicit FakeRelay(Organisation& organisation) : organisation_(organisation) {}

  /// A new connection; an older one is dead from here on.
  std::unique_ptr<Channel> connect();
  void push(const v1::Deliver& delivered);
  void push(const v1::MailItem& mail);
  /// The next submission is answered with this failure instead.
  void refuse_next(ErrorCode code, std::uint64_t retry_after_ms = 0) {
    refusals_.push_back({code, retry_after_ms});
  }
  /// Says that nothing before `oldest` is here any more.
  void push_resynchronise(const GroupId& group, std::uint64_t oldest);
  /// The next question for the directory is answered with this failure; the connection breaks at it
  /// when that is `disconnected`.
  std::optional<ErrorCode> refuse_directory;
  /// Closes the connection as a relay that stops.
  void stop(const std::string& reason) {
    close_reason_ = reason;
    broken_ = true;
  }
  /// The connection breaks when the next submission arrives.
  bool break_at_submit = false;
  /// Groups named at login.
  std::vector<v1::GroupState> groups;

  std::vector<v1::Submit> submissions;  // every one that arrived, repeats too
  std::vector<Bytes> key_packages;
  std::vector<Bytes> last_resorts;  // every one that was put
  bool last_resort_due = true;
  /// The connection breaks when key packages arrive, so many times: before they are kept, or after.
  int break_before_key_packages = 0;
  int break_after_key_packages = 0;
  std::vector<v1::BotMail> bot_mail;
  std::map<GroupId, std::uint64_t> acknowledged;
  std::size_t acknowledgements = 0;  // of deliveries
  std::uint64_t mail_acknowledged = 0;
  /// What the relay claims its newest checkpoint to be; empty = the true one.
  std::string false_checkpoint;
  /// The next question for an inclusion proof is answered with this instead.
  std::optional<v1::Proof> other_proof;
  /// Inclusion proofs are "not there yet"; or questions for them are not answered at all.
  bool withhold_proofs = false;
  bool ignore_proofs = false;
  std::size_t proofs_asked = 0;
  void push_directory();
  void push_checkpoint();

 private:
  friend class RelayChannel;
  void handle(const v1::ClientFrame& frame);
  void answer(std::uint64_t request, v1::ServerFrame frame);
  void answer_proof(std::uint64_t request, const v1::GetProof& question);
  bool put_key_packages(const v1::PutKeyPackages& put);
  void answer_submit(std::uint64_t request, const v1::Submit& submit);

  Organisation& organisation_;
  std::deque<Bytes> to_client_;
  struct Refusal {
    ErrorCode code;
    std::uint64_t retry_after_ms;
  };
  std::deque<Refusal> refusals_;
  std::string close_reason_;
  std::map<std::string, std::string> accepted_;  // message id to bytes
  std::uint64_t connection_ = 0;
  bool broken_ = false;
};

/// Remembers events in a form tests can compare.
class RecordingSink : public EventSink {
 public:
  void on_event(const Event& event) override;
  std::size_t count(EventType type) const;
  /// The text of each delivered message, in order.
  std::vector<std::string> delivered;
  struct Seen {
    EventType type;
    std::optional<MessageId> message_id;
    std::string code;
    std::size_t findings = 0;
    std::optional<MessageId> original;
    DeviceId sender;
    std::string message;
    std::uint64_t version = 0;
    std::string action;  // of membership
  };
  /// How often an alarm with this code was told.
  std::size_t alarms(std::string_view code) const;
  std::vector<Seen> seen;
};

}  // namespace candour::client::test
