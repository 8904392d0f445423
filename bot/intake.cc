#include "bot/intake.h"

#include <set>

#include "base/limits.h"
#include "base/log.h"
#include "base/stages.h"
#include "crypto/hash.h"
#include "mls/rules.h"

namespace candour::bot {
namespace {

// Anybody can claim a generation that is far ahead: a group whose keys are younger than this gets
// no fresh ones for it.
constexpr std::uint64_t kFarRekeyAfterMs = 60'000;

Error too_far() {
  return error(ErrorCode::mls_invalid,
               "the message skips more generations than members can follow; send it again in the "
               "next epoch");
}

bool is_too_far(const Error& e) {
  const Error far = mls::broken(mls::Rule::generation_too_far);
  return e.code == far.code && e.message == far.message;
}

}  // namespace

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

// Only what the members can still open, and what a token of this epoch may stand for, is judged.
Status Intake::check_epoch(const Envelope& envelope, const Group& group) const {
  const bool ending = group.commit && group.commit->judged;
  if (envelope.epoch == group.mls.epoch() && !ending) return ok();
  return error(ErrorCode::epoch_stale, "the group is in another epoch; encrypt the message anew");
}

// An honest sender's generations grow one by one. The ratchet itself would open older ones too,
// and follow this bot's view of the sender, which is ahead of the members' by what was withheld.
Status Intake::check_generation(const mls::Received& received, Group& group) {
  const auto author = group.mls.member(received.sender, received.epoch);
  if (!author) return error(ErrorCode::not_permitted, "the author's leaf is not in the tree");
  CANDOUR_TRY(auto found, context_.store.sender(group.id(), device_of(*author)));
  storage::BotSender sender = found.value_or(storage::BotSender());
  sender.group = group.id();
  sender.device = device_of(*author);
  if (sender.generation_epoch != received.epoch) {
    sender.generation_epoch = received.epoch;
    sender.seen_generations = sender.released_generations = 0;
  }
  const std::uint64_t generation = received.generation;
  if (generation < sender.seen_generations) {
    return error(ErrorCode::mls_invalid,
                 "the message is of an older generation than one the sender used before");
  }
  sender.seen_generations = generation + 1;
  CANDOUR_TRY(context_.store.put_sender(sender));
  const std::uint64_t distance = generation - sender.released_generations;
  if (distance >= limits::kWithheldGenerationsMax) group.rekey = true;
  if (distance > limits::kRatchetForwardStepsMax) return too_far();
  return ok();
}

Status Intake::check_checkpoint(const Envelope& envelope,
                                const messages::CheckpointSeen& seen) const {
  if (seen.size == 0) return ok();
  Status same_log = ok();
  const identity::Statement* statement = context_.trust.statement();
  if (statement == nullptr || seen.origin != statement->log.name) {
    same_log = error(ErrorCode::log_inconsistent,
                     "the sender's checkpoint is of another log than this organisation's");
  } else {
    same_log = context_.trust.compare_checkpoint({seen.origin, seen.size, seen.root, false});
  }
  if (!same_log && !is_fatal(same_log.error())) {
    log::error("member_saw_another_log",
               {{"group", envelope.group}, {"device", envelope.sender}, {"size", seen.size}});
  }
  return same_log;
}

// Mentions are not shown to the policy engine, so they must be nothing but names of people.
Status Intake::check_mentions(const messages::Content& content) const {
  if (content.mentions.empty()) return ok();
  std::set<std::string_view> people;
  for (const identity::Certificate* certificate : context_.trust.certificates()) {
    people.insert(certificate->subject.person);
  }
  for (const std::string& person : content.mentions) {
    if (person.size() > messages::kPersonIdSizeMax || !people.contains(person)) {
      return error(ErrorCode::input_invalid, "the message mentions somebody who is not enrolled");
    }
  }
  return ok();
}

// By the bot's own memory of who sent what. Of messages from before a loss of its disk it has none;
// for those the members' clients refuse alone (client/timeline.h).
Status Intake::check_change(const Envelope& envelope, const identity::Certificate& by,
                            const messages::Content& content) const {
  const bool edit = content.type == messages::ContentType::edit;
  if ((!edit && content.type != messages::ContentType::deletion) || !content.about) return ok();
  CANDOUR_TRY(const auto seen, context_.store.seen(envelope.group, *content.about));
  const identity::Certificate* author = seen ? context_.trust.find(seen->sender) : nullptr;
  if (author == nullptr || author->subject.person == by.subject.person) return ok();
  return error(ErrorCode::not_permitted, edit ? "only its author may edit a message"
                                              : "only its author may delete a message");
}

Status Intake::read_report(const Envelope& envelope, Opened& opened) const {
  const bool parcel = opened.content.type == messages::ContentType::parcel;
  if (opened.field.type != messages::BotFieldType::report) {
    if (!parcel) return ok();
    return error(ErrorCode::input_invalid, "a parcel is part of a report, and this is none");
  }
  SecretBytes proof = opened.field.proof.clone();
  if (parcel) {
    CANDOUR_TRY(proof, messages::open_parcel(opened.content.parcel, context_.keys.sealing,
                                             envelope.group, envelope.message_id));
  }
  CANDOUR_TRY(opened.report, messages::ReportProof::decode(proof.view()));
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
  CANDOUR_TRY(const bool used, context_.store.message_id_used(envelope.message_id));
  if (used) return error(ErrorCode::message_id_reused, "this message id was used before");
  CANDOUR_TRY(const identity::Certificate* certificate, check_sender(envelope));
  CANDOUR_TRY(check_header(envelope, group));
  CANDOUR_TRY(check_epoch(envelope, group));

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

  auto unprotected = [&] {
    const StageScope stage(Stage::mls);
    return group.mls.unprotect(envelope.ciphertext);
  }();
  if (!unprotected) {
    if (!is_too_far(unprotected.error())) return std::move(unprotected).error();
    // Too far ahead even for this bot, so every later message would be as well: a sender that used
    // up generations on what the relay did not take begins again in a fresh epoch.
    const std::uint64_t now = context_.clock.now().value;
    const std::uint64_t since = group.fresh.since.value;
    if (now < since || now - since >= kFarRekeyAfterMs) group.rekey = true;
    return too_far();
  }
  mls::Received received = std::move(unprotected).value();
  generation_used = true;
  CANDOUR_TRY(groups_.keep_ratchet(group, received.sender, received.epoch));
  CANDOUR_TRY(check_generation(received, group));
  CANDOUR_TRY(check_author(envelope, group, received, *certificate));
  opened.generation = received.generation;
  opened.evidence = std::move(received.signed_content);

  CANDOUR_TRY(opened.inner, messages::Inner::decode(received.content.view()));
  CANDOUR_TRY(const std::uint64_t counter, last_counter(envelope));
  if (opened.inner.counter <= counter) {
    return error(ErrorCode::message_id_reused,
                 "the sender's counter did not grow: the message was sent before");
  }
  CANDOUR_TRY(check_checkpoint(envelope, opened.inner.checkpoint));
  CANDOUR_TRY(opened.content, messages::Content::decode(opened.inner.content.view()));
  CANDOUR_TRY(check_mentions(opened.content));
  CANDOUR_TRY(check_change(envelope, *certificate, opened.content));
  CANDOUR_TRY(read_report(envelope, opened));
  opened.commitment = opened.inner.commitment();
  return opened;
}

}  // namespace candour::bot
