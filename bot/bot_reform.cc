// When the bot looks whether groups are to be formed again: after login, all of them; later, those
// that an owner or a registrar asked for.
#include <set>
#include <utility>

#include "base/log.h"
#include "bot/bot.h"

namespace candour::bot {

Status Bot::form_lost_groups(client::Connection& connection) {
  std::set<GroupId> asked;
  for (const GroupId& group : groups_.reforms_asked()) {
    // What the relay shows is compared with what it answered, so every verdict has its answer.
    if (outbox_.answered_all(group)) asked.insert(group);
  }
  const bool first = !groups_compared_;
  // From when on requests count is written down with it.
  if ((!first && asked.empty()) || !clock_guard_.agrees()) return ok();
  groups_compared_ = true;
  CANDOUR_TRY(auto due, reform_.compare(connection, asked, first));
  if (due.empty() && asked.empty()) return ok();
  CANDOUR_TRY(context_.store.begin());
  for (Reform::Due& one : due) {
    const GroupId group = one.group;
    const Group* own = groups_.find(group);
    if (own != nullptr && own->reform_asked) asked.insert(group);  // it is done with this
    const Status formed = whole([&] { return reform_.form(std::move(one)); });
    if (formed) continue;
    if (is_fatal(formed.error())) return formed;
    log::error("group_not_formed_again", {{"group", group},
                                          {"code", formed.error().code},
                                          {"why", log::LogSafe(formed.error().message)}});
  }
  for (const GroupId& group : asked) {
    CANDOUR_TRY(answer_reform(group));
  }
  return context_.store.commit();
}

Status Bot::answer_reform(const GroupId& id) {
  Group& group = *groups_.find(id);
  CANDOUR_TRY(const auto asker, groups_.reform_asker(id));
  CANDOUR_TRY(groups_.reform_answered(group));
  Status outcome = ok();
  if (!group.reform) {
    outcome = error(ErrorCode::log_inconsistent,
                    "the group was not formed again and stays as it is, because what the relay "
                    "shows of it does not fit what the bot released; ask the operator to look "
                    "into the bot's log");
    log::error("reform_refused", {{"group", id}, {"why", log::LogSafe(outcome.error().message)}});
    CANDOUR_TRY(hold_first(std::exchange(group.waiting, {})));
  }
  if (!asker) return ok();  // a registrar's request is not answered
  messages::Answer answer;
  answer.type = messages::AnswerType::group_request;
  answer.about = *messages::Answer::About::from(asker->request.view());
  if (!outcome) {
    answer.code = code_name(outcome.error().code);
    answer.message = SecretText::copy_of(outcome.error().message);
  }
  return answers_.send(asker->device, std::move(answer));
}

}  // namespace candour::bot
