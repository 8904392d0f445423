#include "tests/client/fake_relay.h"

namespace candour::client::test {

class RelayChannel : public Channel {
 public:
  RelayChannel(FakeRelay& relay, std::uint64_t number) : relay_(relay), number_(number) {}
  const Bytes& channel_binding() const override { return binding_; }
  Status send(Bytes message) override {
    if (dead()) return error(ErrorCode::disconnected, "the connection is gone");
    auto frame = wire::parse_client_frame(message);
    EXPECT_VALUE(frame);
    relay_.handle(frame.value());
    return ok();
  }
  Result<Bytes> receive(std::uint64_t) override {
    if (dead()) return error(ErrorCode::disconnected, "the connection is gone");
    if (relay_.to_client_.empty()) return error(ErrorCode::timed_out, "nothing came");
    Bytes next = std::move(relay_.to_client_.front());
    relay_.to_client_.pop_front();
    return next;
  }
  void close() override { closed_ = true; }
  std::string close_reason() const override { return relay_.close_reason_; }

 private:
  bool dead() const { return closed_ || relay_.broken_ || number_ != relay_.connection_; }
  FakeRelay& relay_;
  std::uint64_t number_;
  bool closed_ = false;
  Bytes binding_ = Bytes(32, 7);
};

std::unique_ptr<Channel> FakeRelay::connect() {
  to_client_.clear();
  broken_ = false;
  close_reason_.clear();
  ++connection_;
  v1::ServerFrame frame;
  v1::Challenge& challenge = *frame.mutable_challenge();
  challenge.set_version(1);
  challenge.set_nonce(std::string(32, 'n'));
  challenge.set_log_origin(organisation_.statement.log.name);
  to_client_.push_back(wire::serialise(frame));
  return std::make_unique<RelayChannel>(*this, connection_);
}

void FakeRelay::answer(std::uint64_t request, v1::ServerFrame frame) {
  frame.set_reply_to(request);
  to_client_.push_back(wire::serialise(frame));
}

void FakeRelay::push(const v1::Deliver& delivered) {
  v1::ServerFrame frame;
  *frame.mutable_deliver() = delivered;
  answer(0, std::move(frame));
}

void FakeRelay::push(const v1::MailItem& mail) {
  v1::ServerFrame frame;
  *frame.mutable_mail() = mail;
  answer(0, std::move(frame));
}

void FakeRelay::answer_submit(std::uint64_t request, const v1::Submit& submit) {
  submissions.push_back(submit);
  if (break_at_submit) {
    break_at_submit = false;
    broken_ = true;
    accepted_[submit.message_id()] = submit.SerializeAsString();
    return;
  }
  if (!refusals_.empty()) {
    auto refused = wire::failure_frame(request, error(refusals_.front().code, "as the test asked"));
    refused.mutable_failure()->set_retry_after_ms(refusals_.front().retry_after_ms);
    answer(request, std::move(refused));
    refusals_.pop_front();
    return;
  }
  auto known = accepted_.find(submit.message_id());
  const bool duplicate = known != accepted_.end();
  if (duplicate && known->second != submit.SerializeAsString()) {
    answer(request,
           wire::failure_frame(request, error(ErrorCode::message_id_reused, "other bytes")));
    return;
  }
  accepted_[submit.message_id()] = submit.SerializeAsString();
  v1::ServerFrame frame;
  frame.mutable_submitted()->set_message_id(submit.message_id());
  frame.mutable_submitted()->set_submission(accepted_.size());
  frame.mutable_submitted()->set_duplicate(duplicate);
  answer(request, std::move(frame));
}

void FakeRelay::answer_proof(std::uint64_t request, const v1::GetProof& question) {
  v1::ServerFrame out;
  if (question.leaf_hash().empty()) {
    if (question.consistency_from() > organisation_.frontier.size()) {
      return answer(request, wire::failure_frame(request, error(ErrorCode::input_invalid, "size")));
    }
    *out.mutable_proof() = organisation_.consistency(question.consistency_from());
    return answer(request, std::move(out));
  }
  ++proofs_asked;
  if (ignore_proofs) return;
  const Digest leaf = *Digest::from(as_bytes(question.leaf_hash()));
  if (other_proof) {
    *out.mutable_proof() = *std::exchange(other_proof, std::nullopt);
  } else if (withhold_proofs || !organisation_.leaves.contains(leaf)) {
    out = wire::failure_frame(request, error(ErrorCode::not_found, "not there yet"));
  } else {
    *out.mutable_proof() = organisation_.inclusion(leaf);
  }
  answer(request, std::move(out));
}

void FakeRelay::push_resynchronise(const GroupId& group, std::uint64_t oldest) {
  v1::ServerFrame frame;
  frame.mutable_resynchronise()->set_group(wire_bytes(group.view()));
  frame.mutable_resynchronise()->set_oldest(oldest);
  answer(0, std::move(frame));
}

void FakeRelay::push_directory() {
  v1::ServerFrame frame;
  *frame.mutable_directory() = organisation_.directory(1);
  answer(0, std::move(frame));
}

void FakeRelay::push_checkpoint() {
  v1::ServerFrame frame;
  frame.mutable_checkpoint()->set_note(organisation_.checkpoint());
  answer(0, std::move(frame));
}

bool FakeRelay::put_key_packages(const v1::PutKeyPackages& put) {
  if (break_before_key_packages > 0) {
    --break_before_key_packages;
    broken_ = true;
    return false;
  }
  if (put.replace()) key_packages.clear();
  for (const auto& package : put.key_packages()) key_packages.push_back(to_bytes(package));
  if (!put.last_resort().empty()) {
    last_resorts.push_back(to_bytes(put.last_resort()));
    last_resort_due = false;
  }
  if (break_after_key_packages > 0) {
    --break_after_key_packages;
    broken_ = true;
    return false;
  }
  return true;
}

void FakeRelay::handle(const v1::ClientFrame& frame) {
  v1::ServerFrame out;
  switch (frame.body_case()) {
    case v1::ClientFrame::kLogin: {
      v1::LoggedIn& in = *out.mutable_logged_in();
      in.set_key_packages(static_cast<std::uint32_t>(key_packages.size()));
      in.set_notice_acknowledged(true);
      in.set_directory(organisation_.objects.size());
      in.set_bot_present(true);
      in.set_last_resort_due(last_resort_due);
      in.set_checkpoint(false_checkpoint.empty() ? organisation_.checkpoint() : false_checkpoint);
      for (const auto& group : groups) *in.add_groups() = group;
      break;
    }
    case v1::ClientFrame::kGetDirectory:
      if (refuse_directory) {
        const ErrorCode code = *std::exchange(refuse_directory, std::nullopt);
        broken_ = code == ErrorCode::disconnected;
        return answer(frame.request(), wire::failure_frame(frame.request(), error(code, "asked")));
      }
      *out.mutable_directory() = organisation_.directory(frame.get_directory().from());
      break;
    case v1::ClientFrame::kGetProof:
      return answer_proof(frame.request(), frame.get_proof());
    case v1::ClientFrame::kPutKeyPackages:
      if (!put_key_packages(frame.put_key_packages())) return;
      out.mutable_done();
      break;
    case v1::ClientFrame::kSubmit:
      return answer_submit(frame.request(), frame.submit());
    case v1::ClientFrame::kDeliveryAck:
      ++acknowledgements;
      acknowledged[*GroupId::from(as_bytes(frame.delivery_ack().group()))] =
          frame.delivery_ack().seq();
      return;
    case v1::ClientFrame::kMailAck:
      mail_acknowledged = frame.mail_ack().through();
      return;
    case v1::ClientFrame::kBotMail:
      bot_mail.push_back(frame.bot_mail());
      out.mutable_done();
      break;
    case v1::ClientFrame::kPing:
      out.mutable_pong();
      break;
    default:
      out.mutable_done();
      break;
  }
  answer(frame.request(), std::move(out));
}

void RecordingSink::on_event(const Event& event) {
  seen.push_back({event.type, event.message_id, event.code, event.findings.size(), event.original,
                  event.sender, event.message, event.version, event.action});
  if (event.type == EventType::delivered && event.content) {
    delivered.emplace_back(event.content->text.expose());
  }
}

std::size_t RecordingSink::count(EventType type) const {
  std::size_t found = 0;
  for (const Seen& one : seen) found += one.type == type ? 1 : 0;
  return found;
}

std::size_t RecordingSink::alarms(std::string_view code) const {
  std::size_t found = 0;
  for (const Seen& one : seen) {
    found += one.type == EventType::alarm && one.code == code ? 1 : 0;
  }
  return found;
}

}  // namespace candour::client::test
