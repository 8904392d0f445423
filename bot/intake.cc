#include "bot/intake.h"

#include "base/limits.h"
#include "crypto/hash.h"

namespace candour::bot {

Result<Envelope> read_envelope(const v1::Check& check) {
  const v1::Submit& submit = check.submit();
  const auto group = GroupId::from(as_bytes(submit.group()));
  const auto message = MessageId::from(as_bytes(submit.message_id()));
  const auto sender = DeviceId::from(as_bytes(check.sender()));
  if (!group || !message || !sender) {
    return error(ErrorCode::frame_malformed, "the relay sent a check with an id of wrong length");
  }
  Envelope envelope;
  envelope.group = *group;
  envelope.message_id = *message;
  envelope.sender = *sender;
  envelope.submission = Submission(check.submission());
  envelope.epoch = Epoch(submit.epoch());
  envelope.commit = submit.kind() == v1::COMMIT;
  envelope.ciphertext = as_bytes(submit.ciphertext());
  envelope.bot_field = as_bytes(submit.bot_field());
  return envelope;
}

Status Intake::check_header(const Envelope& envelope, const Group& group) const {
  if (envelope.ciphertext.size() > limits::kCiphertextSizeMax) {
    return error(ErrorCode::frame_too_large, "the message is larger than a message may be");
  }
  auto header = mls::peek(envelope.ciphertext);
  if (!header) return error(ErrorCode::frame_malformed, header.error().message);
  const auto contradiction = [](const char* what) {
    return error(ErrorCode::frame_malformed,
                 std::string("the envelope contradicts the MLS header: ") + what);
  };
  if (header.value().wire_format != mls::WireFormat::private_message) {
    return contradiction("the message is not encrypted");
  }
  if (header.value().content_type != mls::ContentType::application) {
    return contradiction("the message is no application message");
  }
  if (header.value().group_id != group.mls.group_id()) return contradiction("another group");
  if (header.value().epoch != envelope.epoch) return contradiction("another epoch");
  if (!same(header.value().authenticated_data, envelope.message_id.view())) {
    return contradiction("another message id");
  }
  return ok();
}

Result<const identity::Certificate*> Intake::check_sender(const Envelope& envelope) const {
  return context_.trust.device(envelope.sender);
}

Status Intake::check_author(const Envelope& envelope, const Group& group,
                            const mls::Received& received,
                            const identity::Certificate& certificate) const {
  const auto author = group.mls.member(received.sender, received.epoch);
  if (!author || device_of(*author) != envelope.sender ||
      author->signature_key != certificate.subject.signing_key) {
    return error(ErrorCode::not_permitted, "the message was written by another device");
  }
  return ok();
}

Result<std::uint64_t> Intake::last_counter(const Envelope& envelope) const {
  CANDOUR_TRY(const auto sender, context_.store.sender(envelope.group, envelope.sender));
  return sender ? sender->counter : std::uint64_t{0};
}

Result<Opened> Intake::open(const Envelope& envelope, Group& group, bool& generation_used) {
  generation_used = false;
  CANDOUR_TRY(const auto seen, context_.store.seen(envelope.group, envelope.message_id));
  if (seen) {
    return error(ErrorCode::message_id_reused, "this message id was used before in the group");
  }
  CANDOUR_TRY(const identity::Certificate* certificate, check_sender(envelope));
  CANDOUR_TRY(check_header(envelope, group));

  Opened opened;
  opened.message_id = envelope.message_id;
  opened.submission = envelope.submission;
  opened.epoch = envelope.epoch;
  opened.sender = envelope.sender;
  opened.certificate = certificate;
  opened.ciphertext_hash = crypto::sha256(envelope.ciphertext);
  CANDOUR_TRY(opened.field, messages::BotField::open(envelope.bot_field, context_.keys.sealing,
                                                     opened.ciphertext_hash, envelope.group,
                                                     envelope.message_id));

  CANDOUR_TRY(mls::Received received, group.mls.unprotect(envelope.ciphertext));
  generation_used = true;
  CANDOUR_TRY(groups_.keep_ratchet(group, received.sender, received.epoch));
  CANDOUR_TRY(check_author(envelope, group, received, *certificate));
  opened.evidence = std::move(received.signed_content);

  CANDOUR_TRY(opened.inner, messages::Inner::decode(received.content.view()));
  CANDOUR_TRY(const std::uint64_t counter, last_counter(envelope));
  if (opened.inner.counter <= counter) {
    return error(ErrorCode::message_id_reused,
                 "the sender's counter did not grow: the message was sent before");
  }
  CANDOUR_TRY(opened.content, messages::Content::decode(opened.inner.content.view()));
  opened.commitment = opened.inner.commitment();
  return opened;
}

}  // namespace candour::bot
