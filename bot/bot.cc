#include "bot/bot.h"

#include "base/encoding.h"
#include "base/log.h"
#include "base/stages.h"

namespace candour::bot {
namespace {

// How many sealings are prepared in one idle turn, each in a seventh of a millisecond; and how long
// a turn waits for work first, as long as there are some to prepare.
constexpr int kPrecomputedPerIdleTurn = 16;
constexpr std::uint64_t kUnpreparedWaitMs = 2;
constexpr std::uint64_t kProveEveryMs = 1'000;
constexpr std::uint64_t kProveLateMs = 60'000;
constexpr std::uint64_t kExpiryWarningMs = 30ull * 24 * 3600 * 1000;
constexpr std::uint64_t kExpiryEveryMs = 24ull * 3600 * 1000;

}  // namespace

Bot::Bot(Context& context)
    : context_(context),
      groups_(context),
      outbox_(context),
      scribe_(context),
      answers_(context, outbox_),
      alerts_(context, groups_, scribe_, outbox_, answers_),
      recall_(context),
      appeals_(context, groups_, alerts_, recall_, answers_),
      checker_(context, groups_, scribe_, alerts_, outbox_, recall_),
      steward_(context, groups_, scribe_, outbox_, answers_),
      reform_(context, groups_, scribe_, outbox_),
      witness_(context, outbox_),
      clock_guard_(context.clock, context.steady) {}

Status Bot::load() {
  CANDOUR_TRY(groups_.load());
  CANDOUR_TRY(recall_.load());
  CANDOUR_TRY(outbox_.load());
  CANDOUR_TRY(witness_.load());
  CANDOUR_TRY(mail_through_, context_.store.number(kMailThrough));
  return ok();
}

Status Bot::policy_in_log() const {
  const policy::Pack& pack = context_.policies.pack();
  if (context_.trust.policy_proven(pack.digest)) return ok();
  return error(ErrorCode::policy_invalid,
               "policy \"" + pack.name + "\" version " + pack.version + " (" + pack.digest.hex() +
                   ") is not proven to be in the log" +
                   (context_.trust.knows_policy(pack.digest)
                        ? "; it takes effect once the witnesses have cosigned it"
                        : "; publish it first"));
}

bool Bot::may_judge() {
  return bool(policy_in_log()) && !witness_.contradicted() && clock_guard_.agrees();
}

Status Bot::attach(client::Connection& connection) {
  held_.clear();
  for (auto& [id, group] : groups_.all()) group.waiting.clear();
  outbox_.restart();
  steward_.restart();
  witness_.restart();
  clock_guard_.logged_in(connection.logged_in().server_time_ms());
  groups_compared_ = false;
  CANDOUR_TRY(follow_new_log(connection));
  CANDOUR_TRY(witness_.compare(connection));
  CANDOUR_TRY(context_.trust.refresh(connection));
  asked_size_ = 0;
  CANDOUR_TRY(prove_directory(connection));
  CANDOUR_TRY(follow_statement());
  CANDOUR_TRY(form_lost_groups(connection));
  if (const Status known = policy_in_log(); !known) {
    log::warning("policy_not_in_log", {{"digest", context_.policies.pack().digest},
                                       {"hint", log::LogSafe(known.error().message)}});
  }
  return outbox_.flush(connection);
}

// Trust and everything of the old log that this bot still waited for change in one batch.
Status Bot::follow_new_log(client::Connection& connection) {
  const identity::Statement* statement = context_.trust.statement();
  if (statement == nullptr || connection.log_origin() == statement->log.name) return ok();
  const std::string before = statement->log.name;
  CANDOUR_TRY(context_.store.begin());
  const Status followed = [&]() -> Status {
    CANDOUR_TRY(context_.trust.refresh(connection));
    CANDOUR_TRY(const std::size_t promised, outbox_.begin_anew());
    CANDOUR_TRY(const std::size_t unproven, witness_.begin_anew(before));
    mail_through_ = 0;
    CANDOUR_TRY(context_.store.put_number(kMailThrough, mail_through_));
    log::warning("new_log_followed",
                 {{"before", log::LogSafe(before)},
                  {"now", log::LogSafe(context_.origin())},
                  {"old_size", context_.trust.succession()->old_size},
                  {"promises_dropped", std::uint64_t{promised}},
                  {"records_unproven", std::uint64_t{unproven}},
                  {"hint", log::LogSafe("promised records were sealed for the lost log: they are "
                                        "in no log, unless it had taken them; unproven ones it "
                                        "had taken, and they are in its copy if they were "
                                        "witnessed")}});
    return ok();
  }();
  if (!followed && is_fatal(followed.error())) return followed;
  CANDOUR_TRY(context_.store.commit());
  return followed;
}

void Bot::watch_own_certificate() {
  const identity::Certificate* own = context_.trust.find(context_.keys.device);
  const TimeMs now = context_.clock.now();
  if (own == nullptr || now.value < expiry_at_.value ||
      own->not_after.value > now.value + kExpiryWarningMs) {
    return;
  }
  expiry_at_ = TimeMs(now.value + kExpiryEveryMs);
  log::warning("certificate_ends",
               {{"ends", log::LogSafe(time_encode(own->not_after.value))},
                {"hint", log::LogSafe("the registrars have to approve the bot's request again and "
                                      "publish the certificate, or every group comes to a halt")}});
}

Result<Bot::Frames> Bot::receive(client::Connection& connection, std::uint64_t timeout_ms) {
  const StageScope stage(Stage::network);
  Frames frames;
  while (frames.size() < kBatchFramesMax) {
    auto frame = connection.receive(frames.empty() ? timeout_ms : 0);
    if (frame) {
      frames.push_back(std::move(frame).value());
      continue;
    }
    if (frame.error().code == ErrorCode::timed_out) break;
    // What arrived before the connection went is still worth deciding; the next turn fails.
    if (frames.empty()) return std::move(frame).error();
    break;
  }
  return frames;
}

Status Bot::turn(client::Connection& connection, std::uint64_t timeout_ms) {
  if (!context_.pool.full()) timeout_ms = std::min(timeout_ms, kUnpreparedWaitMs);
  CANDOUR_TRY(Frames frames, receive(connection, timeout_ms));
  for (v1::ServerFrame& frame : frames) {
    CANDOUR_TRY(handle_outside(frame, connection));
  }
  if (!frames.empty()) {
    CANDOUR_TRY(context_.store.begin());
    for (v1::ServerFrame& frame : frames) {
      CANDOUR_TRY(handle(frame));
    }
    CANDOUR_TRY(context_.store.commit());
    CANDOUR_TRY(outbox_.flush(connection));
  }
  CANDOUR_TRY(housekeeping(connection, frames.empty()));
  if (!ready_ && frames.size() < kBatchFramesMax && may_judge()) ready_ = true;
  return ok();
}

Status Bot::handle_outside(v1::ServerFrame& frame, client::Connection& connection) {
  if (frame.reply_to() != 0) return ok();
  Status seen = ok();
  if (frame.has_directory()) {
    seen = context_.trust.see_directory(frame.directory(), connection);
  } else if (frame.has_checkpoint()) {
    seen = context_.trust.see_checkpoint(frame.checkpoint().note(), connection);
  }
  if (seen) return ok();
  const ErrorCode code = seen.error().code;
  if (is_fatal(seen.error()) || code == ErrorCode::disconnected) return std::move(seen).error();
  log::error("directory_or_checkpoint_refused",
             {{"code", code}, {"why", log::LogSafe(seen.error().message)}});
  return ok();
}

Status Bot::whole(const std::function<Status()>& work) {
  CANDOUR_TRY(context_.store.mark());
  const std::size_t questions = outbox_.questions();
  Status done = work();
  if (done) return context_.store.keep();
  if (is_fatal(done.error())) return done;
  CANDOUR_TRY(const bool changed, context_.store.undo());
  // Memory changes only together with the store.
  if (changed) {
    CANDOUR_TRY(groups_.reload());
    CANDOUR_TRY(recall_.load());
    CANDOUR_TRY(outbox_.reload(questions));
    CANDOUR_TRY(witness_.reload());
  }
  return done;
}

Status Bot::handle(v1::ServerFrame& frame) {
  if (frame.reply_to() != 0) {
    const Status handled = whole([&] { return handle_answer(frame); });
    if (handled || is_fatal(handled.error())) return handled;
    log::error("answer_not_handled",
               {{"code", handled.error().code}, {"why", log::LogSafe(handled.error().message)}});
    return ok();
  }
  switch (frame.body_case()) {
    case v1::ServerFrame::kCheck:
    case v1::ServerFrame::kMail:
      // What came earlier goes first, also when it has just become possible to judge.
      if (!held_.empty() || !may_judge()) {
        held_.push_back(std::move(frame));
        return ok();
      }
      return take(frame);
    case v1::ServerFrame::kCosignRequest:
      // A cosignature says when.
      return clock_guard_.agrees() ? witness_.cosign(frame.cosign_request()) : ok();
    default:
      // Directory was handled outside; deliveries of the bot's own groups tell it nothing new.
      return ok();
  }
}

Status Bot::take(const v1::ServerFrame& frame) {
  return frame.has_check() ? judge(frame.check()) : handle_mail(frame.mail());
}

Status Bot::handle_answer(const v1::ServerFrame& frame) {
  const auto expected = outbox_.answered(frame.reply_to());
  if (!expected) return ok();
  const Status outcome = client::failure_of(frame);
  switch (expected->purpose) {
    case Purpose::verdict:
    case Purpose::append_record: {
      if (!outcome) {
        // It stays promised and is sent again on the next connection.
        log::error("relay_refused", {{"group", expected->group},
                                     {"code", outcome.error().code},
                                     {"why", log::LogSafe(outcome.error().message)}});
        return ok();
      }
      CANDOUR_TRY(outbox_.done(*expected));
      CANDOUR_TRY(witness_.acknowledged(expected->leaves));
      if (expected->purpose == Purpose::append_record) return ok();
      CANDOUR_TRY(const bool entered, steward_.released(*expected));
      if (!entered) return ok();
      std::deque<v1::Check> waiting = std::move(groups_.find(expected->group)->waiting);
      groups_.find(expected->group)->waiting.clear();
      if (!may_judge()) return hold_first(std::move(waiting));
      for (const v1::Check& check : waiting) {
        CANDOUR_TRY(judge(check));
      }
      return ok();
    }
    case Purpose::answer:
      // To a device that the relay does not know (any more) nothing can be said.
      if (outcome || outcome.error().code == ErrorCode::unknown_device) {
        return outbox_.done(*expected);
      }
      log::error("answer_refused", {{"code", outcome.error().code}});
      return ok();
    case Purpose::submit_commit:
      steward_.submitted(*expected, outcome);
      return ok();
    case Purpose::fetch_key_packages:
      return steward_.key_packages(*expected, frame.key_packages());
    case Purpose::proof:
      return witness_.proven(*expected, outcome ? &frame.proof() : nullptr, outcome);
    case Purpose::cosignature:
      if (!outcome) log::warning("cosignature_refused", {{"code", outcome.error().code}});
      return ok();
  }
  return ok();
}

// What waited for a commit may be judged only under a policy that is in the log, like the rest,
// and before what came later.
Status Bot::hold_first(std::deque<v1::Check> checks) {
  for (auto check = checks.rbegin(); check != checks.rend(); ++check) {
    v1::ServerFrame frame;
    *frame.mutable_check() = std::move(*check);
    held_.push_front(std::move(frame));
  }
  return ok();
}

Status Bot::judge(const v1::Check& check) {
  const auto read = read_envelope(check);
  if (!read) {
    log::error("check_malformed", {{"code", read.error().code}});
    return ok();
  }
  const Envelope& envelope = read.value();
  Status judged = whole([&] { return judge_once(check, envelope); });
  // An alert that cannot take the message in is no reason to refuse the message.
  if (!judged && !is_fatal(judged.error()) && alerts_.unfold()) {
    judged = whole([&] { return judge_once(check, envelope); });
  }
  if (judged || is_fatal(judged.error())) return judged;
  log::error("check_failed", {{"group", envelope.group},
                              {"submission", envelope.submission},
                              {"code", judged.error().code},
                              {"why", log::LogSafe(judged.error().message)}});
  // Whoever waits for a verdict gets one; later submissions of the group wait behind it.
  const Status refused = whole([&] {
    return steward_.is_own_commit(envelope) ? steward_.abandon(envelope)
                                            : checker_.refuse(envelope, judged.error());
  });
  if (refused || is_fatal(refused.error())) return refused;
  log::error("check_not_answered", {{"group", envelope.group}, {"code", refused.error().code}});
  return ok();
}

Status Bot::judge_once(const v1::Check& check, const Envelope& envelope) {
  // Judged before: its verdict is on its way, the same bytes as the first time.
  if (outbox_.holds(envelope.group, envelope.submission)) return ok();
  CANDOUR_TRY(const auto seen, context_.store.seen(envelope.group, envelope.message_id));
  if (seen && seen->submission == envelope.submission) {
    log::error("check_after_done",
               {{"group", envelope.group},
                {"submission", envelope.submission},
                {"hint", log::LogSafe("the relay acknowledged this verdict "
                                      "before; was it restored from a copy?")}});
    return ok();
  }
  Group* group = groups_.find(envelope.group);
  if (group != nullptr && group->commit && group->commit->judged &&
      envelope.epoch > group->mls.epoch()) {
    group->waiting.push_back(check);
    return ok();
  }
  // What was sent into a group that is no more: the relay drops it with the first commit of the
  // new one, and its sender sends it again.
  if (group != nullptr && group->reform && !steward_.is_own_commit(envelope)) return ok();
  // It is looked at when nothing of it is under way to the relay, so nothing more is judged first.
  if (group != nullptr && group->reform_asked && !steward_.is_own_commit(envelope)) {
    group->waiting.push_back(check);
    return ok();
  }
  if (!envelope.commit) return checker_.check(envelope);
  if (steward_.is_own_commit(envelope)) return steward_.judge_commit(envelope);
  return checker_.refuse(envelope,
                         error(ErrorCode::not_permitted, "only the bot commits in this version"));
}

Status Bot::handle_held() {
  while (!held_.empty() && may_judge()) {
    const v1::ServerFrame frame = std::move(held_.front());
    held_.pop_front();
    CANDOUR_TRY(take(frame));
  }
  return ok();
}

Status Bot::follow_statement() {
  CANDOUR_TRY(const crypto::Point key, warrant::escrow_key(*context_.trust.statement()));
  if (!(key == context_.pool.public_key())) {
    context_.pool = warrant::SealingPool(key, context_.pool.size_max());
    log::info("custodians_changed");
  }
  return ok();
}

// What is not proven to be in the log does not take effect: statements, policy versions, notices.
Status Bot::prove_directory(client::Connection& connection) {
  const TimeMs now = context_.clock.now();
  if (context_.trust.unproven().empty()) {
    unproven_since_ = now;
    return ok();
  }
  // What is new is asked for at once.
  const bool grown = context_.trust.directory_size() != asked_size_;
  if (now < prove_at_ && !grown) return ok();
  asked_size_ = context_.trust.directory_size();
  prove_at_ = TimeMs(now.value + kProveEveryMs);
  const Status proven = context_.trust.prove_pending(connection);
  if (!proven) {
    const ErrorCode code = proven.error().code;
    if (is_fatal(proven.error()) || code == ErrorCode::disconnected ||
        code == ErrorCode::timed_out) {
      return proven;
    }
    log::error("directory_object_not_in_log",
               {{"code", code}, {"why", log::LogSafe(proven.error().message)}});
  }
  if (unproven_since_.value == 0) unproven_since_ = now;
  if (unproven_since_.value + kProveLateMs < now.value && !context_.trust.unproven().empty()) {
    log::error("directory_object_not_proven",
               {{"number", context_.trust.unproven().begin()->first}});
    unproven_since_ = now;
  }
  return ok();
}

// Each alert by itself: one that fails is set aside, and the others go on.
Status Bot::tick_alerts() {
  CANDOUR_TRY(const auto due, alerts_.due_now());
  for (const Alerts::AlertId& id : due) {
    const Status ticked = whole([&] { return alerts_.tick(id); });
    if (ticked) continue;
    if (is_fatal(ticked.error())) return ticked;
    CANDOUR_TRY(alerts_.set_aside(id, ticked.error()));
  }
  return ok();
}

Status Bot::look_for_desks() {
  CANDOUR_TRY(const auto open, context_.store.alerts_open());
  for (const Alerts::AlertId& id : open) {
    const Status looked = whole([&] { return alerts_.look_for_desks(id); });
    if (looked) continue;
    if (is_fatal(looked.error())) return looked;
    log::error("alert_failed", {{"alert", id}, {"code", looked.error().code}});
  }
  return ok();
}

Status Bot::housekeeping(client::Connection& connection, bool idle) {
  CANDOUR_TRY(prove_directory(connection));
  CANDOUR_TRY(form_lost_groups(connection));
  context_.policies.work(context_.trust);
  const bool grown = context_.trust.revision() != directory_revision_;
  const bool held = !held_.empty() && may_judge();
  sweep_wanted_ = sweep_wanted_ || grown;
  const bool clock_right = clock_guard_.agrees();
  const bool sweep = clock_right && (sweep_wanted_ || steward_.sweep_due());
  if (grown || sweep || held) {
    CANDOUR_TRY(context_.store.begin());
    if (grown) {
      directory_revision_ = context_.trust.revision();
      CANDOUR_TRY(follow_statement());
    }
    if (sweep) {
      sweep_wanted_ = false;
      watch_own_certificate();
      CANDOUR_TRY(steward_.sweep_revoked());
    }
    if (grown && may_judge()) {
      CANDOUR_TRY(look_for_desks());
    }
    if (held) {
      CANDOUR_TRY(handle_held());
    }
    CANDOUR_TRY(context_.store.commit());
    CANDOUR_TRY(outbox_.flush(connection));
  }
  const bool groups_due = may_judge() && steward_.due();
  // Proofs are asked of the relay, so not within a batch.
  if (groups_due) {
    CANDOUR_TRY(steward_.prove_joiners(connection));
  }
  CANDOUR_TRY(context_.store.begin());
  if (groups_due) {
    CANDOUR_TRY(steward_.work());
  }
  if (may_judge()) {
    CANDOUR_TRY(steward_.ask_renewals());
  }
  if (may_judge() && alerts_.due()) {
    CANDOUR_TRY(tick_alerts());
  }
  CANDOUR_TRY(witness_.tick(idle));
  if (clock_right) {
    CANDOUR_TRY(recall_.forget_old());
  }
  CANDOUR_TRY(context_.store.commit());
  CANDOUR_TRY(outbox_.flush(connection));
  if (clock_guard_.ask_again()) {
    return error(ErrorCode::disconnected,
                 "the clocks disagree: logging in again, to hear the relay's time anew");
  }
  if (idle) prepare_sealings();
  return ok();
}

void Bot::prepare_sealings() {
  if (context_.pool.full()) return;
  const StageScope stage(Stage::sealing_ahead);
  for (int i = 0; i < kPrecomputedPerIdleTurn; ++i) {
    if (!context_.pool.precompute_one(context_.random)) break;
  }
  if (context_.pool.full()) log::debug("sealings_prepared", {{"count", context_.pool.size()}});
}

}  // namespace candour::bot
