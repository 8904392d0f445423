#include "bot/policies.h"

#include <chrono>

#include "base/log.h"
#include "identity/pack_note.h"

namespace candour::bot {

Status check_signatures(const policy::Pack& pack, const identity::Statement& statement) {
  const auto signatures = identity::PackNote::verify(pack.raw_note, statement);
  if (!signatures) {
    return error(ErrorCode::policy_invalid, "pack.note of \"" + pack.name + "\" version " +
                                                pack.version + ": " + signatures.error().message);
  }
  if (signatures.value().digest != pack.digest) {
    return error(ErrorCode::policy_invalid,
                 "pack.note of \"" + pack.name + "\": what is signed is not what was loaded");
  }
  return ok();
}

bool Policies::work(const client::Trust& trust) {
  follow_log(trust);
  if (asked_ && !loading_) {
    asked_ = false;
    loading_ = loader_();
  }
  if (loading_ && loading_->wait_for(std::chrono::seconds(0)) != std::future_status::timeout) {
    const Loaded loaded = loading_->get();
    loading_.reset();
    take(loaded, trust);
  }
  return waiting_ && swap(trust);
}

// The folder may hold what was just published; asked for once for each version of the log.
void Policies::follow_log(const client::Trust& trust) {
  const std::optional<Digest> newest = trust.newest_policy();
  if (!newest || newest == newest_seen_) return;
  newest_seen_ = newest;
  const bool known = *newest == in_force_->digest || (waiting_ && *newest == waiting_->digest);
  if (!known) asked_ = true;
}

void Policies::take(const Loaded& loaded, const client::Trust& trust) {
  if (!loaded) return refuse(loaded.error());
  const policy::Pack& pack = *loaded.value();
  if (pack.digest == in_force_->digest) {
    waiting_.reset();
    log::info("policy_unchanged", {{"digest", pack.digest}});
    return;
  }
  const Status signed_by_both =
      trust.statement() == nullptr ? Status(ok()) : check_signatures(pack, *trust.statement());
  if (!signed_by_both) return refuse(signed_by_both.error());
  waiting_ = loaded.value();
  if (trust.policy_proven(pack.digest)) return;
  log::warning("policy_not_in_log",
               {{"digest", pack.digest},
                {"in_force", in_force_->digest},
                {"hint", log::LogSafe("it takes effect when it is in the log and witnessed; "
                                      "candourctl policy publish puts it there")}});
}

// The message names file, line, rule and example; all of them are the pack's own text.
void Policies::refuse(const Error& why) const {
  log::error(
      "policy_refused",
      {{"code", why.code}, {"why", log::LogSafe(why.message)}, {"in_force", in_force_->digest}});
}

bool Policies::swap(const client::Trust& trust) {
  if (!trust.policy_proven(waiting_->digest) || trust.statement() == nullptr) return false;
  // The statement may have changed since it was loaded.
  const Status signed_by_both = check_signatures(*waiting_, *trust.statement());
  if (!signed_by_both) {
    refuse(signed_by_both.error());
    waiting_.reset();
    return false;
  }
  log::info("policy_in_force", {{"digest", waiting_->digest},
                                {"name", log::LogSafe(waiting_->name)},
                                {"version", log::LogSafe(waiting_->version)},
                                {"before", in_force_->digest}});
  in_force_ = std::move(waiting_);
  waiting_.reset();
  return true;
}

}  // namespace candour::bot
