// Groups that the bot forms again (docs/architecture.md, "Lost parties"). The commit that begins
// the new MLS group is delivered like any other message, in its place in the chain of tokens; with
// the welcome the device leaves the old MLS group for the new one. History stays, numbers go on,
// and own messages that have no outcome are encrypted anew.
#include <algorithm>

#include "client/conversation.h"

namespace candour::client {
namespace {

std::optional<identity::ReleaseToken> token_of(const v1::WelcomeMail& mail) {
  auto token = identity::ReleaseToken::decode(as_bytes(mail.token()));
  return token ? std::optional(std::move(token).value()) : std::nullopt;
}

/// An MLS group is in epoch 0 only before its first commit.
bool begins_mls_group(const identity::ReleaseToken& token) {
  return token.kind == identity::SubmissionKind::commit && token.epoch == Epoch(0);
}

}  // namespace

std::string Client::log_origin() const {
  return trust_->statement() == nullptr ? std::string() : trust_->statement()->log.name;
}

bool Client::is_of_old_log(const GroupSession& session) const {
  const std::string& origin = session.progress().log_origin;
  return !origin.empty() && origin != log_origin();
}

void Client::follow_new_log(const std::string& before) {
  mail_cursor_ = 0;
  claims_.clear();
  unproven_objects_.clear();
  unproven_members_.clear();
  proven_epochs_.clear();
  const std::size_t open = watch_.begin_anew();
  const identity::Succession& succession = *trust_->succession();
  Event followed = event(EventType::new_log);
  followed.message = "The log \"" + before + "\" was lost at size " +
                     std::to_string(succession.old_size) + " and \"" + succession.new_log.name +
                     "\" follows it (" + succession.reason + ")";
  if (open > 0) {
    followed.message += "; " + std::to_string(open) +
                        " messages seen on this device were not yet shown to be in the old one";
  }
  tell(std::move(followed));
}

// In a new log nothing goes on from the old one: it begins with a commit that this device may have
// no delivery of, only the welcome, and mail and deliveries come in no order between them.
bool Client::awaits_welcome(const GroupSession& session, const v1::Deliver& delivered) const {
  if (early_.contains(session.record().id) || is_of_old_log(session)) return true;
  if (Seq(delivered.seq()) <= session.progress().seq || delivered.kind() != v1::COMMIT) {
    return false;
  }
  const auto token = identity::ReleaseToken::decode(as_bytes(delivered.token()));
  return token && begins_mls_group(token.value());
}

GroupSession* Client::formed_again(const v1::WelcomeMail& mail) {
  const auto id = GroupId::from(as_bytes(mail.group()));
  GroupSession* known = id ? session(*id) : nullptr;
  if (known == nullptr || known->progress().is_stopped() || known->progress().removed) {
    return nullptr;
  }
  const auto token = token_of(mail);
  return token && begins_mls_group(*token) ? known : nullptr;
}

// What was released before is read with the old keys, those of the old MLS group or those that a
// renewal replaces, so it has to be read first: unless it never comes, because this device lost the
// group or the relay has nothing more that old.
bool Client::comes_too_early(const v1::MailItem& mail) {
  v1::WelcomeMail welcome;
  if (mail.kind() != v1::WELCOME || !welcome.ParseFromString(mail.body())) return false;
  const auto named = GroupId::from(as_bytes(welcome.group()));
  const GroupSession* known = named ? session(*named) : nullptr;
  if (known == nullptr || !known->progress().takes_part()) return false;
  const GroupId& id = known->record().id;
  const auto behind = behind_.find(id);
  if (behind != behind_.end() && behind->second.oldest > known->progress().seq.next() &&
      !held_.contains(id)) {
    return false;
  }
  const auto token = token_of(welcome);
  return token && token->log_origin == known->progress().log_origin &&
         token->seq > known->progress().seq.next();
}

Status Client::take_deferred_mail() {
  while (!lost_ && !deferred_mail_.empty() && !comes_too_early(deferred_mail_.front())) {
    const v1::MailItem mail = std::move(deferred_mail_.front());
    deferred_mail_.pop_front();
    CANDOUR_TRY(take_mail(mail));
  }
  return ok();
}

Status Client::check_formed_again(const GroupSession& before, const GroupSession& after) const {
  const auto refused = [&](const std::string& what) {
    return error(ErrorCode::not_permitted, "the group \"" + before.record().name +
                                               "\" was formed again " + what +
                                               "; ask a registrar before you write in it");
  };
  if (after.record().group_class != before.record().group_class) return refused("as another class");
  const std::vector<identity::RosterMember> known = before.members();
  for (const identity::RosterMember& member : after.members()) {
    if (member.leaf == 0) continue;  // the bot, which is checked by itself
    const auto same_device = [&](const auto& other) { return other.device == member.device; };
    const auto found = std::find_if(known.begin(), known.end(), same_device);
    if (found == known.end() || found->leaf == 0) {
      return refused("with " + person_of(member.device) + ", who was not in it");
    }
    if (found->owner != member.owner) {
      return refused("with another owner than before (" + person_of(member.device) + ")");
    }
  }
  return ok();
}

Status Client::encrypt_anew(const GroupId& group) {
  proven_epochs_.erase(group);
  held_.erase(group);
  // What waited for this goes out now.
  for (auto& [id, queued] : queued_) {
    if (queued.group != group) continue;
    queued.not_before = TimeMs();
    queued.counter = 0;  // of the same epoch of another MLS group, perhaps
  }
  CANDOUR_TRY(auto drafts, store_.drafts());
  for (Draft& draft : drafts) {
    if (draft.group != group || draft.state != DraftState::submitted) continue;
    draft.state = DraftState::queued;
    draft.receipt.clear();
    CANDOUR_TRY(store_.put_draft(draft));
    CANDOUR_TRY(store_.erase_outbox(draft.id));
    outcome(draft.id);
    // What the relay still says about the bytes sent before is not about those sent next.
    std::erase_if(requests_, [&](const auto& request) { return request.second == draft.id; });
    queued_[draft.id] = {draft.group, draft.order, TimeMs(), 0};
  }
  return ok();
}

}  // namespace candour::client
