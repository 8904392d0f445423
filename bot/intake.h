// Intake: from a submission as the relay hands it over to content with a known author, or the
// reason it is refused.
//
// It believes the relay in nothing that MLS can say better: group, epoch, content type and message
// id must agree with the MLS header, the sender with the leaf that signed. Each message is opened
// once; a message id (in whatever group), a sender's counter and an MLS generation are good once.
// Generations of a sender only grow, and never further from the last one released than members,
// who see released messages only, can follow.
#pragma once

#include "bot/groups.h"
#include "client/messages/bot_field.h"
#include "client/messages/content.h"
#include "client/messages/report_proof.h"

namespace candour::bot {

/// A submission whose author and content are known. Holds text: it lives until the verdict.
struct Opened {
  MessageId message_id;
  Submission submission;
  Epoch epoch;
  DeviceId sender;
  const identity::Certificate* certificate = nullptr;  // owned by Trust; valid for this batch
  Digest ciphertext_hash;
  std::uint32_t generation = 0;  // of the sender's MLS ratchet
  SecretBytes evidence;          // the signed MLS content
  messages::Inner inner;
  messages::Content content;
  messages::BotField field;
  std::optional<messages::ReportProof> report;  // of a report: what it carries
  Digest commitment;
};

/// What the relay says, with the ids taken apart.
struct Envelope {
  GroupId group;
  MessageId message_id;
  DeviceId sender;
  Submission submission;
  Epoch epoch;
  bool commit = false;
  ByteView ciphertext;  // into the Check, which outlives it
  ByteView bot_field;
};

/// frame_malformed when an id has the wrong length.
Result<Envelope> read_envelope(const v1::Check& check);

class Intake {
 public:
  Intake(Context& context, Groups& groups) : context_(context), groups_(groups) {}

  /// Opens an application message, within a batch. A refusal (any error that is not fatal) has a
  /// code the sender may see. `generation_used` says whether MLS opened the message, that is
  /// whether the sender's ratchet moved; nothing else changes on a refusal.
  Result<Opened> open(const Envelope& envelope, Group& group, bool& generation_used);

 private:
  Status check_header(const Envelope& envelope, const Group& group) const;
  Status check_epoch(const Envelope& envelope, const Group& group) const;
  Result<const identity::Certificate*> check_sender(const Envelope& envelope) const;
  Status check_author(const Envelope& envelope, const Group& group, const mls::Received& received,
                      const identity::Certificate& certificate) const;
  Status check_generation(const mls::Received& received, Group& group);
  Status check_checkpoint(const Envelope& envelope, const messages::CheckpointSeen& seen) const;
  /// The proof that a report carries, in the field or in the submission itself.
  Status read_report(const Envelope& envelope, Opened& opened) const;
  Status check_mentions(const messages::Content& content) const;
  /// Only its author edits or deletes a message.
  Status check_change(const Envelope& envelope, const identity::Certificate& by,
                      const messages::Content& content) const;
  Result<std::uint64_t> last_counter(const Envelope& envelope) const;

  Context& context_;
  Groups& groups_;
};

}  // namespace candour::bot
