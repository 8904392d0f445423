#include "client/timeline.h"

#include <algorithm>

namespace candour::client {
namespace {

using messages::ContentType;

bool is_message(ContentType type) { return type == ContentType::text || type == ContentType::poll; }

Error refused(const char* why) { return error(ErrorCode::not_permitted, why); }

Status check_type(const messages::Content& content, std::string_view person,
                  const ChangeTarget& target) {
  switch (content.type) {
    case ContentType::edit:
      if (target.person != person) return refused("only its author may edit a message");
      if (target.type != ContentType::text) return refused("only texts can be edited");
      return ok();
    case ContentType::deletion:
      if (target.person != person) return refused("only its author may delete a message");
      if (is_message(target.type) || target.type == ContentType::reaction) return ok();
      return refused("only texts, polls and reactions can be deleted; vote again to change a vote");
    case ContentType::reaction:
      if (is_message(target.type)) return ok();
      return refused("reactions are to texts and polls");
    case ContentType::vote:
      if (target.type != ContentType::poll) return refused("that message is no poll");
      if (content.option < target.options) return ok();
      return error(ErrorCode::input_invalid,
                   "the poll has " + std::to_string(target.options) + " options, and option " +
                       std::to_string(content.option + 1) + " is none of them");
    default:
      return ok();
  }
}

void drop_person(std::vector<std::string>& people, const std::string& person) {
  std::erase(people, person);
}

}  // namespace

ChangeTarget target_of(const HistoryRow& row, const messages::Content& content) {
  return {row.person, content.type, content.options.size(), false};
}

bool changes_another(ContentType type) {
  return type == ContentType::edit || type == ContentType::deletion ||
         type == ContentType::reaction || type == ContentType::vote;
}

Status check_change(const messages::Content& content, std::string_view person,
                    const ChangeTarget* target) {
  if (target == nullptr) {
    return error(ErrorCode::not_found, "it is about a message that this device does not have");
  }
  CANDOUR_TRY(check_type(content, person, *target));
  if (target->deleted) return refused("that message was deleted");
  return ok();
}

Result<Timeline> Timeline::of(Store& store, const GroupId& group) {
  Timeline timeline;
  CANDOUR_TRY(store.each_history(group, [&](HistoryRow row) -> Status {
    if (row.is_gap()) return ok();
    CANDOUR_TRY(auto content, messages::Content::decode(row.content.view()));
    timeline.add(row, std::move(content));
    return ok();
  }));
  return timeline;
}

const MessageState* Timeline::find(const MessageId& id) const {
  const auto found = states_.find(id);
  return found == states_.end() ? nullptr : &found->second;
}

void Timeline::add(const HistoryRow& row, messages::Content content) {
  MessageState& state = states_[row.id];
  state.target = target_of(row, content);
  state.votes.resize(content.options.size());
  if (!changes_another(content.type) || !content.about) return;
  const auto target = states_.find(*content.about);
  const Status checked =
      check_change(content, row.person, target == states_.end() ? nullptr : &target->second.target);
  if (checked) {
    change(row.person, row.id, std::move(content));
  } else {
    state.ignored = checked.error();
  }
}

void Timeline::change(const std::string& person, const MessageId& id, messages::Content content) {
  MessageState& target = states_.at(*content.about);
  switch (content.type) {
    case ContentType::edit:
      target.edited = true;
      target.text = std::move(content.text);
      return;
    case ContentType::deletion: {
      target.target.deleted = true;
      target.text = SecretText();
      const auto placed = reactions_.find(*content.about);
      if (placed == reactions_.end()) return;
      for (Reaction& reaction : states_.at(placed->second.on).reactions) {
        if (reaction.emoji == placed->second.emoji) drop_person(reaction.people, person);
      }
      return;
    }
    case ContentType::reaction: {
      const std::string emoji(content.text.expose());
      const auto same = [&](const Reaction& reaction) { return reaction.emoji == emoji; };
      auto found = std::find_if(target.reactions.begin(), target.reactions.end(), same);
      if (found == target.reactions.end()) {
        found = target.reactions.insert(target.reactions.end(), {emoji, {}});
      }
      drop_person(found->people, person);
      found->people.push_back(person);
      reactions_[id] = {*content.about, emoji};
      return;
    }
    case ContentType::vote:
      for (auto& people : target.votes) drop_person(people, person);
      target.votes.at(content.option).push_back(person);
      return;
    default:
      return;
  }
}

}  // namespace candour::client
