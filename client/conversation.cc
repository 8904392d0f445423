#include "client/conversation.h"

#include <algorithm>

#include "base/encoding.h"
#include "client/error_kinds.h"
#include "client/welcome_patience.h"
#include "crypto/hash.h"

namespace candour::client {
namespace {

constexpr std::size_t kBatchFramesMax = 256;
constexpr std::size_t kGroupPrefixMin = 4;
constexpr std::uint64_t kSyncStepMs = 200;
constexpr std::uint64_t kSettleMs = 5'000;
constexpr std::uint64_t kExpiryWarningMs = 14ull * 24 * 3600 * 1000;

std::uint64_t monotonic_ms() { return monotonic_clock().now().value; }

}  // namespace

Result<std::unique_ptr<Client>> Client::open(Store& store, const Clock& clock, Random& random,
                                             EventSink& sink) {
  std::unique_ptr<Client> client(new Client(store, clock, random, sink));
  CANDOUR_TRY(client->load());
  return client;
}

Status Client::load() {
  CANDOUR_TRY(trust_, Trust::load(store_.profile().root, store_, clock_));
  CANDOUR_TRY(watch_.load());
  CANDOUR_TRY(mail_cursor_, store_.mail_cursor());
  CANDOUR_TRY(auto records, store_.groups());
  for (GroupRecord& record : records) {
    CANDOUR_TRY(load_group(std::move(record)));
  }
  CANDOUR_TRY(auto drafts, store_.drafts());
  for (const Draft& draft : drafts) {
    if (draft.state == DraftState::queued) {
      CANDOUR_TRY(const auto kept, store_.outbox(draft.id));
      queued_[draft.id] = {draft.group, draft.order, TimeMs(), kept ? kept->counter : 0};
    }
    if (draft.state == DraftState::submitted) waiting_.insert(draft.id);
  }
  CANDOUR_TRY(auto alerts, store_.alerts());
  for (const AlertRecord& alert : alerts) {
    if (!alert.wanted.empty()) wanted_alerts_.insert(alert.id);
  }
  return ok();
}

Status Client::load_group(GroupRecord record) {
  const GroupId id = record.id;
  CANDOUR_TRY(auto progress, store_.progress(id));
  CANDOUR_TRY(auto state, store_.mls_state(id));
  if (!state) {
    return error(ErrorCode::state_damaged, "group " + id.hex() + " has no encryption state");
  }
  CANDOUR_TRY(auto group,
              mls::Group::restore(state->view(), store_.keys().signing, mls::Policy::candour()));
  CANDOUR_TRY(store_.each_ratchet(id, [&](mls::LeafIndex leaf, ByteView head) -> Status {
    Status applied = group.apply_ratchet_state(leaf, head);
    if (!applied && applied.error().code == ErrorCode::epoch_stale) return ok();
    return applied;
  }));
  CANDOUR_TRY(auto restored,
              GroupSession::restore(std::move(record), std::move(progress), std::move(group)));
  groups_.emplace(id, std::move(restored));
  return ok();
}

Status Client::check_working() const {
  if (broken_) return *broken_;
  return ok();
}

Status Client::need_connection() const {
  CANDOUR_TRY(check_working());
  if (connection_ != nullptr) return ok();
  return error(ErrorCode::disconnected, "not connected to the relay");
}

Event Client::event(EventType type) const {
  Event event;
  event.type = type;
  event.time = clock_.now();
  return event;
}

GroupSession* Client::session(const GroupId& group) {
  auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

Status Client::flush() {
  for (auto& [id, session] : groups_) {
    const GroupChanges changes = session.take_changes();
    if (changes.record) {
      CANDOUR_TRY(store_.put_group(session.record()));
    }
    if (changes.progress) {
      CANDOUR_TRY(store_.put_progress(id, session.progress()));
    }
    if (changes.mls) {
      CANDOUR_TRY(store_.put_mls_state(id, session.mls().save().view()));
      continue;
    }
    for (const mls::LeafIndex leaf : changes.ratchets) {
      const SecretBytes head = session.mls().ratchet_state(leaf);
      if (head.empty()) continue;
      CANDOUR_TRY(store_.put_ratchet(id, session.epoch(), leaf, head.view()));
    }
  }
  return ok();
}

// Runs `work` and makes what it changed durable in one transaction. A failure of the work itself
// (a refusal, a lost connection) keeps what was done before it; only a failing disk undoes it, and
// then memory and disk differ, so this client is finished.
Status Client::keep(const std::function<Status()>& work) {
  CANDOUR_TRY(check_working());
  Status worked = ok();
  const Status kept = store_.atomically([&]() -> Status {
    worked = work();
    if (!worked && is_final(worked.error())) return worked;
    return flush();
  });
  if (!kept) {
    broken_ = kept.error();
    events_.clear();
    return kept;
  }
  while (!events_.empty()) {
    const Event next = std::move(events_.front());
    events_.pop_front();
    sink_.on_event(next);
  }
  return worked;
}

Status Client::connect(net::IoThread& io, const net::Endpoint& endpoint, std::uint64_t timeout_ms) {
  return log_in(
      [&](const LoginOptions& options) { return Connection::open(io, endpoint, options); },
      timeout_ms);
}

Status Client::connect(std::unique_ptr<Channel> channel, std::uint64_t timeout_ms) {
  return log_in(
      [&](const LoginOptions& options) { return Connection::open(std::move(channel), options); },
      timeout_ms);
}

Status Client::log_in(
    const std::function<Result<std::unique_ptr<Connection>>(const LoginOptions&)>& open,
    std::uint64_t timeout_ms) {
  CANDOUR_TRY(check_working());
  drop_connection();
  CANDOUR_TRY(keep([&] { return tell_alarms(); }));
  CANDOUR_TRY(Bytes certificate, store_.certificate());
  if (certificate.empty()) {
    return error(
        ErrorCode::unknown_device,
        "this device has no certificate yet; finish with `candour enrol --certificate FILE`");
  }
  LoginOptions options;
  options.as = DeviceLogin{store_.keys().device, &store_.keys().signing, std::move(certificate)};
  options.client_build = std::string(kClientBuild);
  options.timeout_ms = timeout_ms;
  options.log_origin = log_origin();
  options.may_follow = true;  // take_login refuses what does not follow
  CANDOUR_TRY(connection_, open(options));
  Status taken = take_login();
  if (!taken) drop_connection();
  return taken;
}

Status Client::take_login() {
  const Status refreshed = keep([&]() -> Status {
    const std::string before = log_origin();
    CANDOUR_TRY(trust_->refresh(*connection_));
    if (!before.empty() && before != log_origin()) follow_new_log(before);
    return ok();
  });
  if (!refreshed && refreshed.error().code == ErrorCode::log_inconsistent) {
    CANDOUR_TRY(keep([&] { return alarm_log(refreshed.error()); }));
  }
  CANDOUR_TRY(Status(refreshed));
  CANDOUR_TRY(keep([&] { return prove_pending(); }));
  const identity::Statement* statement = trust_->statement();
  if (statement == nullptr || statement->id != store_.profile().organisation) {
    return error(ErrorCode::foreign_certificate,
                 "the relay is of organisation \"" + (statement == nullptr ? "" : statement->id) +
                     "\", this device was enrolled in \"" + store_.profile().organisation + "\"");
  }
  CANDOUR_TRY(const identity::Certificate* own, trust_->device(store_.keys().device));
  const v1::LoggedIn& login = connection_->logged_in();
  key_packages_held_ = login.key_packages();
  last_resort_due_ = login.last_resort_due();
  notice_acknowledged_ = trust_->notice() == nullptr ||
                         (login.notice_acknowledged() &&
                          same(trust_->notice_digest().view(), as_bytes(login.notice())));
  told_notice_ = trust_->notice_digest();
  bot_present_ = login.bot_present();
  CANDOUR_TRY(keep([&]() -> Status {
    tell_expiry(*own);
    return compare_groups();
  }));
  CANDOUR_TRY(settle_key_packages());
  CANDOUR_TRY(refill_key_packages());
  CANDOUR_TRY(resend_outbox());
  return submit_due();
}

void Client::tell_expiry(const identity::Certificate& own) {
  const std::uint64_t now = clock_.now().value;
  if (own.not_after.value > now + kExpiryWarningMs) return;
  Event expiring = event(EventType::expiring);
  expiring.expires = own.not_after;
  expiring.message = "The certificate of this device ends on " +
                     time_encode(own.not_after.value).substr(0, 10) +
                     "; ask the registrars for a new one before, or this device leaves its groups";
  tell(std::move(expiring));
}

Status Client::compare_groups() {
  newest_.clear();
  std::set<GroupId> ours;
  for (const auto& state : connection_->logged_in().groups()) {
    const auto id = GroupId::from(as_bytes(state.group()));
    if (!id) continue;
    ours.insert(*id);
    GroupSession* known = session(*id);
    if (known == nullptr) continue;
    newest_[*id] = Seq(state.seq());
    if (state.stopped()) tell_stopped_by_relay(*known);
    if (state.seq() < known->progress().seq.value && !known->progress().is_stopped()) {
      stop(*known,
           error(ErrorCode::log_inconsistent,
                 "the relay has fewer messages of the group than this device received; it was put "
                 "back to an older state"),
           state.seq());
    }
  }
  for (auto& [id, known] : groups_) {
    if (ours.contains(id) || known.progress().removed || is_of_old_log(known)) continue;
    known.leave();
    Event left = event(EventType::membership);
    left.group = id;
    left.name = known.record().name;
    left.action = "removed";
    left.epoch = known.epoch().value;
    tell(std::move(left));
  }
  if (!bot_present_) tell(event(EventType::bot_absent));
  if (trust_->notice() != nullptr && !notice_acknowledged_) {
    Event notice = event(EventType::notice);
    notice.version = trust_->notice()->version;
    notice.digest = trust_->notice_digest();
    tell(std::move(notice));
  }
  return ok();
}

void Client::tell_stopped_by_relay(const GroupSession& known) {
  Event stopped = event(EventType::stopped);
  stopped.group = known.record().id;
  stopped.name = known.record().name;
  stopped.seq = known.progress().seq.value;
  stopped.code = code_name(ErrorCode::group_stopped);
  stopped.message =
      "the relay stopped the group, because the compliance bot contradicted itself in it; an owner "
      "has it formed again: `candour group reform`";
  tell(std::move(stopped));
}

void Client::drop_connection() {
  if (connection_ != nullptr) retry_after_ms_ = connection_->retry_after_ms();
  connection_.reset();
  requests_.clear();
  early_.clear();
  early_count_ = 0;
  deferred_mail_.clear();
  acks_.clear();
  mail_ack_.reset();
  mails_owed_ = 0;
  owed_since_ = 0;
  behind_.clear();
  checkpoint_.clear();
  directory_behind_ = false;
  held_.clear();
  lost_.reset();
  proof_requests_.clear();
  proof_answers_.clear();
  ticked_ = TimeMs();
  watch_.restart();
}

void Client::disconnect() {
  acknowledge(true);
  drop_connection();
}

Result<bool> Client::pump(std::uint64_t timeout_ms) {
  CANDOUR_TRY(need_connection());
  std::vector<v1::ServerFrame> frames;
  Status reading = ok();
  while (frames.size() < kBatchFramesMax) {
    auto frame =
        connection_->receive(frames.empty() ? std::min(timeout_ms, until_acknowledgement_ms()) : 0);
    if (!frame) {
      if (frame.error().code != ErrorCode::timed_out) reading = frame.error();
      break;
    }
    frames.push_back(std::move(frame).value());
  }
  if (!frames.empty()) {
    CANDOUR_TRY(keep([&]() -> Status {
      for (v1::ServerFrame& frame : frames) {
        CANDOUR_TRY(handle(std::move(frame)));
        // What was not handled is delivered again.
        if (lost_) break;
      }
      return ok();
    }));
    if (lost_) reading = *lost_;
  }
  acknowledge(false);
  if (!reading) {
    drop_connection();
    return reading.error();
  }
  const Status followed = follow_up(frames.empty());
  if (!followed) {
    if (is_lost(followed.error())) drop_connection();
    return followed.error();
  }
  return !frames.empty();
}

// Only a fault of this device's own disk is returned; what is wrong with a frame is told as an
// event and concerns its group alone.
Status Client::handle(v1::ServerFrame frame) {
  if (frame.body_case() == v1::ServerFrame::kPong) {
    pong_ = frame.reply_to();
    return ok();
  }
  if (frame.reply_to() != 0) return handle_answer(frame);
  return handle_push(frame);
}

Status Client::handle_push(v1::ServerFrame& frame) {
  switch (frame.body_case()) {
    case v1::ServerFrame::kDeliver:
      return handle_deliver(frame.deliver());
    case v1::ServerFrame::kMail:
      return handle_mail(frame.mail());
    case v1::ServerFrame::kResynchronise:
      take_resynchronise(frame.resynchronise());
      return take_deferred_mail();
    case v1::ServerFrame::kBotPresence:
      if (frame.bot_presence().present() != bot_present_) {
        bot_present_ = frame.bot_presence().present();
        tell(event(bot_present_ ? EventType::bot_back : EventType::bot_absent));
      }
      return ok();
    case v1::ServerFrame::kCheckpoint:
      checkpoint_ = frame.checkpoint().note();
      return ok();
    case v1::ServerFrame::kDirectory: {
      Status seen = trust_->see_directory(frame.directory(), *connection_);
      if (!seen && is_final(seen.error())) return seen;
      if (!seen) {
        directory_behind_ = true;
        Event refused = event(EventType::refused);
        refused.code = code_name(seen.error().code);
        refused.message = seen.error().message;
        tell(std::move(refused));
      }
      tell_notice();
      return ok();
    }
    default:
      // Frames of a later version of the relay pass unread.
      return ok();
  }
}

void Client::tell_notice() {
  if (trust_->notice() == nullptr || trust_->notice_digest() == told_notice_) return;
  told_notice_ = trust_->notice_digest();
  notice_acknowledged_ = false;
  Event changed = event(EventType::notice);
  changed.version = trust_->notice()->version;
  changed.digest = told_notice_;
  tell(std::move(changed));
}

// What needs the network and therefore waits until the frames at hand are durable.
Status Client::follow_up(bool idle) {
  if (!checkpoint_.empty()) {
    const std::string note = std::exchange(checkpoint_, {});
    const Status seen = keep([&] { return trust_->see_checkpoint(note, *connection_); });
    if (!seen && seen.error().code == ErrorCode::log_inconsistent) {
      CANDOUR_TRY(keep([&]() -> Status {
        for (auto& [id, known] : groups_) stop(known, seen.error(), 0);
        return alarm_log(seen.error());
      }));
    } else if (!seen) {
      return seen;
    }
  }
  CANDOUR_TRY(refill_key_packages());
  CANDOUR_TRY(resynchronise());
  CANDOUR_TRY(renew_keys());
  CANDOUR_TRY(watch_log(idle));
  CANDOUR_TRY(share_wanted());
  return submit_due();
}

Status Client::sync(std::uint64_t timeout_ms) {
  const std::uint64_t deadline = monotonic_ms() + timeout_ms;
  const auto caught_up = [&] {
    return std::all_of(newest_.begin(), newest_.end(), [&](const auto& newest) {
      const GroupSession* known = session(newest.first);
      return known == nullptr || known->progress().is_stopped() || known->progress().lost ||
             known->progress().seq >= newest.second;
    });
  };
  // The second round is for mail, which follows the messages.
  for (int round = 0; round < 2; ++round) {
    CANDOUR_TRY(need_connection());
    v1::ClientFrame frame;
    frame.mutable_ping();
    CANDOUR_TRY(const std::uint64_t ping, connection_->send_request(std::move(frame)));
    while (pong_ != ping || !caught_up()) {
      CANDOUR_TRY(pump(kSyncStepMs));
      if (monotonic_ms() >= deadline && (pong_ != ping || !caught_up())) {
        return error(ErrorCode::timed_out,
                     "the relay did not deliver everything in time; try again or raise --timeout");
      }
    }
  }
  // A newer statement or notice mostly takes effect within a second or two.
  const std::uint64_t settled = monotonic_ms() + std::min(kSettleMs, timeout_ms);
  while (trust_->pending() && monotonic_ms() < settled) {
    CANDOUR_TRY(pump(kSyncStepMs));
  }
  // All mail is here, and no welcome among it.
  for (const auto& [id, known] : groups_) {
    if (!known.progress().lost) continue;
    Behind& behind = behind_.try_emplace(id, Behind{known.progress().seq.next(), {}}).first->second;
    if (behind.not_before.value <= monotonic_ms() + kWelcomePatienceMs) behind.not_before = {};
  }
  CANDOUR_TRY(resynchronise());
  acknowledge(true);
  return ok();
}

Result<GroupId> Client::find_group(std::string_view what) const {
  std::optional<GroupId> found;
  for (const auto& [id, session] : groups_) {
    const std::string hex = id.hex();
    const bool by_id = hex == what || (what.size() >= kGroupPrefixMin && hex.starts_with(what));
    if (!by_id && session.record().name != what) continue;
    if (found) {
      return error(
          ErrorCode::input_invalid,
          "\"" + std::string(what) + "\" fits several groups; use the id (see `candour groups`)");
    }
    found = id;
  }
  if (found) return *found;
  return error(ErrorCode::group_unknown,
               "this device is in no group \"" + std::string(what) + "\"; see `candour groups`");
}

}  // namespace candour::client
