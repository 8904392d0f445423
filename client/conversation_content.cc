// What may be said about earlier messages, who is mentioned, and what was read.
#include <algorithm>

#include "client/conversation.h"
#include "client/mentions.h"
#include "client/timeline.h"

namespace candour::client {

std::vector<std::string> Client::people_of(const GroupId& group) const {
  std::vector<std::string> people;
  const auto found = groups_.find(group);
  if (found == groups_.end()) return people;
  for (const identity::RosterMember& member : found->second.members()) {
    const identity::Certificate* certificate = trust_->find(member.device);
    if (certificate == nullptr || member.leaf == 0) continue;
    const std::string& person = certificate->subject.person;
    if (std::find(people.begin(), people.end(), person) == people.end()) people.push_back(person);
  }
  return people;
}

Status Client::mention(const GroupId& group, messages::Content& content) const {
  const std::vector<std::string> people = people_of(group);
  for (const std::string& person : content.mentions) {
    if (std::find(people.begin(), people.end(), person) == people.end()) {
      return error(ErrorCode::not_a_member,
                   "there is no \"" + person + "\" in the group; see `candour roster`");
    }
  }
  for (std::string& person : mentions_in(content.text.expose(), people)) {
    auto& named = content.mentions;
    if (std::find(named.begin(), named.end(), person) == named.end()) {
      named.push_back(std::move(person));
    }
  }
  return ok();
}

// Asked before anything is sent, so that nobody's message is refused or ignored elsewhere.
Status Client::check_content(const GroupId& group, const messages::Content& content) {
  if (!content.about) return ok();
  CANDOUR_TRY(const auto row, store_.history(group, *content.about));
  const bool change = changes_another(content.type);
  if (!row) {
    return error(ErrorCode::not_found,
                 "there is no message " + content.about->hex() + " in this group");
  }
  if (!change) return ok();
  // Whether it still stands depends on all that came after it.
  CANDOUR_TRY(const auto timeline, Timeline::of(store_, group));
  const MessageState* state = timeline.find(*content.about);
  return check_change(content, store_.profile().person,
                      state == nullptr ? nullptr : &state->target);
}

// Of a message that is being shown: why it changes nothing, when it cannot.
Status Client::note_change(const GroupId& group, const messages::Content& content,
                           std::string_view person, Event& shown) {
  if (!changes_another(content.type)) return ok();
  CANDOUR_TRY(const auto row, store_.history(group, *content.about));
  ChangeTarget target;
  if (row) {
    CANDOUR_TRY(const auto before, messages::Content::decode(row->content.view()));
    target = target_of(*row, before);
    if (content.type == messages::ContentType::vote && content.option < before.options.size()) {
      shown.option_text = before.options[content.option].clone();
    }
  }
  const Status checked = check_change(content, person, row ? &target : nullptr);
  if (checked) return ok();
  shown.code = code_name(checked.error().code);
  shown.message = checked.error().message;
  return ok();
}

Status Client::count_unread(const HistoryRow& row, const messages::Content& content) {
  if (row.own || changes_another(content.type)) return ok();
  CANDOUR_TRY(const std::uint64_t before, store_.unread(row.group));
  return store_.put_unread(row.group, before + 1);
}

Result<std::uint64_t> Client::mark_read(const GroupId& group,
                                        const std::optional<MessageId>& through) {
  CANDOUR_TRY(check_working());
  std::uint64_t left = 0;
  if (through) {
    CANDOUR_TRY(const auto last, store_.history(group, *through));
    if (!last) {
      return error(ErrorCode::not_found,
                   "there is no message " + through->hex() + " in this group");
    }
    CANDOUR_TRY(store_.each_history(group, [&](HistoryRow row) -> Status {
      if (row.seq <= last->seq || row.own || row.is_gap()) return ok();
      CANDOUR_TRY(const auto content, messages::Content::decode(row.content.view()));
      if (!changes_another(content.type)) ++left;
      return ok();
    }));
  }
  CANDOUR_TRY(const std::uint64_t before, store_.unread(group));
  // What was read before stays read.
  left = std::min(left, before);
  if (left == before) return left;
  CANDOUR_TRY(keep([&] { return store_.put_unread(group, left); }));
  return left;
}

}  // namespace candour::client
