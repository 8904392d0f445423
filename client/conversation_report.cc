// Speaking up: reports that prove themselves, and their proof at the desk that gets them.
#include "client/conversation.h"

namespace candour::client {
namespace {

// A flag: what members would see of a report if it were ever released, which it is not.
constexpr std::string_view kReportMark = "\xE2\x9A\x91";

}  // namespace

Result<MessageId> Client::report(const MessageId& id, SecretText reason) {
  CANDOUR_TRY(auto row, store_.history(id));
  if (!row || row->token.empty()) {
    return error(ErrorCode::not_found, "this device does not have message " + id.hex());
  }
  CANDOUR_TRY(may_send(row->group));
  CANDOUR_TRY(messages::check_justification(reason.expose()));
  CANDOUR_TRY(const auto token, identity::ReleaseToken::decode(row->token));
  messages::ReportProof proof;
  proof.content = row->content.clone();
  proof.commitment_key = row->commitment_key.clone();
  proof.token = row->token;
  proof.sender = row->sender;
  proof.time = row->time;
  // Only what is known already: asking the relay now would tell it what is reported.
  CANDOUR_TRY(const auto watched, watch_.find(token.leaf_hash));
  if (watched && watched->included) {
    proof.leaf_index = watched->index;
    proof.log_size = watched->size;
  }
  messages::Content content;
  content.type = messages::ContentType::reaction;
  content.about = id;
  content.text = SecretText::copy_of(kReportMark);
  CANDOUR_TRY(Draft draft, new_draft(row->group, content.encode()));
  draft.field.type = messages::BotFieldType::report;
  draft.field.reported = id;
  draft.field.reason = std::move(reason);
  draft.field.proof = proof.encode();
  if (!draft.field.fits()) {
    CANDOUR_TRY(const identity::Certificate* bot, trust_->bot());
    messages::Content carrier;
    carrier.type = messages::ContentType::parcel;
    CANDOUR_TRY(carrier.parcel,
                messages::seal_parcel(draft.field.proof.view(), bot->subject.sealing_key,
                                      row->group, draft.id, random_));
    draft.content = carrier.encode();
    draft.field.proof = {};
  }
  const MessageId carrier = draft.id;
  std::vector<Draft> drafts;
  drafts.push_back(std::move(draft));
  CANDOUR_TRY(enqueue(std::move(drafts)));
  return carrier;
}

Result<AlertRecord> Client::prove_report(const messages::AlertId& id) {
  CANDOUR_TRY(auto record, store_.alert(id));
  if (!record) return error(ErrorCode::not_found, "this device has no alert " + id.hex());
  if (!record->checks) {
    return error(ErrorCode::input_invalid,
                 "alert " + id.hex() + " is no report, and carries nothing to prove");
  }
  CANDOUR_TRY(const LeafProof proof, prove_leaf(record->checks->leaf));
  if (!proof.checkpoint.witnessed) {
    return error(ErrorCode::not_found, "the log has no witnessed checkpoint for it yet");
  }
  record->leaf_index = proof.index;
  record->log_size = proof.checkpoint.size;
  CANDOUR_TRY(keep([&] { return store_.put_alert(*record); }));
  return std::move(*record);
}

}  // namespace candour::client
