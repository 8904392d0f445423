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
  void refuse_next(ErrorCode code) { refusals_.push_back(code); }
  /// The connection breaks when the next submission arrives.
  bool break_at_submit = false;
  /// Groups named at login.
  std::vector<v1::GroupState> groups;

  std::vector<v1::Submit> submissions;  // every one that arrived, repeats too
  std::vector<Bytes> key_packages;
  std::map<GroupId, std::uint64_t> acknowledged;
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
  void answer_submit(std::uint64_t request, const v1::Submit& submit);

  Organisation& organisation_;
  std::deque<Bytes> to_client_;
  std::deque<ErrorCode> refusals_;
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
  };
  /// How often an alarm with this code was told.
  std::size_t alarms(std::string_view code) const;
  std::vector<Seen> seen;
};

}  // namespace candour::client::test
