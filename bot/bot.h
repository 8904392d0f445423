// The bot's turn: take what the relay sent, decide, make it durable, answer.
//
//   Bot bot(context);
//   bot.load();                      // what an earlier process left
//   bot.attach(connection);          // after each login
//   while (...) bot.turn(connection, timeout);
//
// One turn is one batch of bot.db: the ratchet heads, message ids, counters, chains and verdicts of
// all frames in it become durable together, and only then anything is sent (I4). A frame that
// cannot be handled leaves nothing behind. A turn that fails with a fatal error (see is_fatal)
// leaves a Bot that must be dropped; a turn that fails with disconnected is followed by `attach` on
// a new connection.
//
// Until the loaded policy version is proven to be in the log, in a checkpoint that the witnesses
// cosigned, the bot judges nothing: submissions wait (I10, I11). The same when the relay shows a
// log that contradicts what this bot cosigned (witness.h), or while its clock is not the relay's
// (clock_guard.h). Not thread-safe; one thread runs it.
#pragma once

#include <deque>
#include <functional>

#include "bot/appeals.h"
#include "bot/checker.h"
#include "bot/clock_guard.h"
#include "bot/reform.h"
#include "bot/steward.h"
#include "bot/witness.h"

namespace candour::bot {

inline constexpr std::size_t kBatchFramesMax = 256;
/// Sealings prepared in idle moments and kept for busy ones.

class Bot {
 public:
  /// `context` outlives it. Its trust must hold a statement (see client::Trust::refresh).
  explicit Bot(Context& context);

  Status load();
  /// Takes over a connection that just logged in: reads the directory, sends promises again.
  Status attach(client::Connection& connection);
  /// Waits up to `timeout_ms` for frames, handles at most kBatchFramesMax of them.
  Status turn(client::Connection& connection, std::uint64_t timeout_ms);

  /// Judging, and has seen everything the relay had waiting.
  bool ready() const { return ready_; }
  /// SIGHUP: reads the policy pack again; see bot/policies.h.
  void reload_policy() { context_.policies.ask_reload(); }
  /// policy_invalid while the loaded policy version is not proven to be in the log.
  Status policy_in_log() const;

  const Groups& groups() const { return groups_; }
  Groups& groups() { return groups_; }
  const Outbox& outbox() const { return outbox_; }
  const Witness& witness() const { return witness_; }

 private:
  using Frames = std::vector<v1::ServerFrame>;
  static constexpr std::string_view kMailThrough = "mail_through";  // a number of the store

  Result<Frames> receive(client::Connection& connection, std::uint64_t timeout_ms);
  /// Frames that need answers of the relay while they are handled, so not within a batch.
  Status handle_outside(v1::ServerFrame& frame, client::Connection& connection);
  Status handle(v1::ServerFrame& frame);
  Status handle_answer(const v1::ServerFrame& frame);
  /// Runs `work` whole or not at all: after a failure that is not fatal, store and memory are as
  /// before.
  Status whole(const std::function<Status()>& work);
  /// Every check gets an answer, also when judging it fails.
  Status judge(const v1::Check& check);
  Status hold_first(std::deque<v1::Check> checks);
  Status judge_once(const v1::Check& check, const Envelope& envelope);
  // Mail (bot_mail.cc).
  Status handle_mail(const v1::MailItem& mail);
  Status open_mail(const v1::MailItem& mail);
  Status answer_refused(const v1::MailItem& mail, const Error& reason);
  /// Who signed a mail, and what it was.
  struct SignedMail {
    DeviceId device;
    messages::RefusedMail mail;
  };
  std::optional<SignedMail> signed_sender(const messages::ToBot& mail) const;
  /// A check or mail, now.
  Status take(const v1::ServerFrame& frame);
  Status handle_held();
  Status follow_statement();
  Status prove_directory(client::Connection& connection);
  /// The policy is in force, the log is the one witnessed, and the clock is right.
  bool may_judge();
  /// Where the relay speaks for another log, which must follow the known one: everything of the old
  /// one is given up.
  Status follow_new_log(client::Connection& connection);
  Status tick_alerts();
  Status look_for_desks();
  /// Says in the log, once a day, when the bot's own certificate ends before long.
  void watch_own_certificate();
  Status form_lost_groups(client::Connection& connection);
  /// Tells who asked for the re-form what came of it; it is no longer asked for.
  Status answer_reform(const GroupId& group);
  Status housekeeping(client::Connection& connection, bool idle);
  void prepare_sealings();

  Context& context_;
  Groups groups_;
  Outbox outbox_;
  Scribe scribe_;
  Answers answers_;
  Alerts alerts_;
  Recall recall_;
  Appeals appeals_;
  Checker checker_;
  Steward steward_;
  Reform reform_;
  Witness witness_;
  ClockGuard clock_guard_;
  std::deque<v1::ServerFrame> held_;  // checks and mail, until the policy is in the log
  std::uint64_t directory_revision_ = 0;
  std::uint64_t asked_size_ = 0;
  TimeMs prove_at_;
  TimeMs unproven_since_;
  std::uint64_t mail_through_ = 0;
  TimeMs expiry_at_;
  bool sweep_wanted_ = false;     // the directory grew
  bool groups_compared_ = false;  // on this connection
  bool ready_ = false;
};

}  // namespace candour::bot
