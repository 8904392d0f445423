// What LogService has to do with witnesses: the bot over its session, outside ones over HTTP.
#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "transport/relay/log_service.h"

namespace candour::relay {

namespace {

constexpr unsigned kPauseTicksMax = 30;

}  // namespace

void LogService::contradict(std::string why) {
  if (!contradiction_.empty()) return;
  contradiction_ = std::move(why);
  log::error("log_inconsistent", {{"message", log::LogSafe(contradiction_)}});
}

void LogService::compare(const std::string& who, const std::string& note,
                         std::function<void(Status)> done) {
  const auto parsed = identity::SignedNote::parse(note);
  const auto shown = parsed
                         ? tlog::verify_log_signature(parsed.value(), context_.model.statement->log)
                         : Result<tlog::Checkpoint>(parsed.error());
  if (!shown) {
    // Without this log's signature it says nothing about this log, only about whoever shows it.
    log::warning("foreign_checkpoint", {{"from", log::LogSafe(who)}});
    return done(shown.error());
  }
  const tlog::Checkpoint checkpoint = shown.value();
  if (checkpoint.size > frontier_.size()) {
    contradict(who + " shows a checkpoint of this log with " + std::to_string(checkpoint.size) +
               " leaves; this relay holds " + std::to_string(frontier_.size()) +
               ". Its state is an old copy: restore the newest, or begin a new log");
    return done(error(ErrorCode::log_inconsistent, contradiction_));
  }
  context_.store.read<Digest>(
      [size = checkpoint.size](const storage::RelayReader& reader) {
        return tlog::tree_hash(size, reader);
      },
      [this, who, checkpoint, done = std::move(done)](Result<Digest> root) {
        if (!root) return done(root.error());
        if (root.value() == checkpoint.root) return done(ok());
        contradict(who + " shows another tree of " + std::to_string(checkpoint.size) +
                   " leaves, signed by this log, than this relay holds: the log was split");
        done(error(ErrorCode::log_inconsistent, contradiction_));
      });
}

// ---- outside witnesses -----------------------------------------------------------------------

void LogService::check_witnesses(std::function<void(Status)> done) {
  if (witness_states_.empty()) return done(ok());
  struct Round {
    std::size_t left;
    Status result = ok();
    std::function<void(Status)> done;
  };
  auto round = std::make_shared<Round>();
  round->left = witness_states_.size();
  round->done = std::move(done);
  for (std::size_t i = 0; i < witness_states_.size(); ++i) {
    fetch_witness(i, [round](Status status) {
      if (!status && status.error().code == ErrorCode::log_inconsistent) round->result = status;
      if (--round->left == 0) round->done(round->result);
    });
  }
}

void LogService::fetch_witness(std::size_t witness, std::function<void(Status)> done) {
  witness_states_[witness].asking = true;
  witnesses_.fetch(witness, context_.model.statement->log.name,
                   [this, witness, done = std::move(done)](const WitnessPort::Answer& answer) {
                     auto& state = witness_states_[witness];
                     if (answer.status != 200 && answer.status != 404) {
                       state.asking = false;
                       witness_failed(witness, answer);
                       return done(error(ErrorCode::cannot_connect, "it cannot be asked"));
                     }
                     const auto checked = [this, witness, done](Status status) {
                       auto& after = witness_states_[witness];
                       after.asking = false;
                       after.checked =
                           bool(status) || status.error().code != ErrorCode::storage_failed;
                       done(status);
                     };
                     if (answer.status == 404) return checked(ok());
                     compare("witness " + witnesses_.name(witness), answer.body, checked);
                   });
}

void LogService::ask_witness(std::size_t witness) {
  auto& state = witness_states_[witness];
  const auto size = checkpoint_size();
  if (state.asking || size == 0 || size < state.size) return;
  if (size == state.size && context_.monotonic.now() < state.recosign_at) return;
  if (state.pause_ticks > 0) {
    --state.pause_ticks;
    return;
  }
  if (!state.checked) {
    return fetch_witness(witness, [this, witness](Status status) {
      if (status) ask_witness(witness);
    });
  }
  state.asking = true;
  const auto old_size = state.size;
  const std::string note = newest()->note.print();
  context_.store.read<tlog::Proof>(
      [old_size, size](const storage::RelayReader& reader) {
        return tlog::prove_consistency(old_size, size, reader);
      },
      [this, witness, size, old_size, note](Result<tlog::Proof> proof) {
        if (!proof) {
          witness_states_[witness].asking = false;
          return;
        }
        const tlog::AddCheckpoint request{
            .old_size = old_size, .proof = std::move(proof.value()), .checkpoint = note};
        witnesses_.ask(witness, request, [this, witness, size](WitnessPort::Answer answer) {
          witness_answered(witness, size, answer);
        });
      });
}

void LogService::witness_answered(std::size_t witness, std::uint64_t size,
                                  const WitnessPort::Answer& answer) {
  auto& state = witness_states_[witness];
  state.asking = false;
  if (answer.status == 200) {
    const std::string line = answer.body.substr(0, answer.body.find('\n'));
    const auto added = add_cosignature(size, line, [this, witness, size](Status status) {
      if (!context_.durable(status, 0, 0)) return;
      auto& after = witness_states_[witness];
      after.size = std::max(after.size, size);
      after.recosign_at = TimeMs(context_.monotonic.now().value + recosign_ms_);
    });
    if (added) {
      state.failures = 0;
      return;
    }
  }
  std::uint64_t theirs = 0;
  if (answer.status == 409 &&
      std::from_chars(answer.body.data(), answer.body.data() + answer.body.size(), theirs).ec ==
          std::errc() &&
      theirs <= frontier_.size()) {
    state.size = theirs;  // the next question starts from there
    return;
  }
  // A number is only its word; the checkpoint it cosigned carries this log's signature.
  if (answer.status == 409 || answer.status == 422) state.checked = false;
  witness_failed(witness, answer);
}

void LogService::witness_failed(std::size_t witness, const WitnessPort::Answer& answer) {
  auto& state = witness_states_[witness];
  ++state.failures;
  state.pause_ticks = std::min(kPauseTicksMax, state.failures * 2);
  log::warning(answer.status == 0 ? "witness_unreachable" : "witness_refused",
               {{"witness", log::LogSafe(witnesses_.name(witness))},
                {"status", std::uint64_t{answer.status}}});
}

// ---- the bot ---------------------------------------------------------------------------------

void LogService::bot_attached() {
  bot_asked_ = false;
  ask_bot();
}

void LogService::ask_bot() {
  const auto size = checkpoint_size();
  const SessionId bot = context_.model.bot_session;
  if (bot == 0 || size == 0 || size < bot_size_ || !contradiction_.empty()) return;
  const bool due = context_.monotonic.now() >= bot_recosign_at_;
  if (size == bot_size_ ? !due : bot_asked_) return;
  bot_asked_ = true;
  // Once per interval, whether or not it answers.
  bot_recosign_at_ = TimeMs(context_.monotonic.now().value + recosign_ms_);
  const auto old_size = bot_size_;
  const std::string note = newest()->note.print();
  context_.store.read<tlog::Proof>(
      [old_size, size](const storage::RelayReader& reader) {
        return tlog::prove_consistency(old_size, size, reader);
      },
      [this, bot, old_size, note](Result<tlog::Proof> proof) {
        if (!proof) return;
        v1::ServerFrame frame;
        auto& request = *frame.mutable_cosign_request();
        request.set_old_size(old_size);
        request.set_checkpoint(note);
        for (const auto& hash : proof.value()) request.add_proof(wire::to_field(hash));
        context_.send(bot, frame);
        Model& model = context_.model;
        if (bot != model.bot_session) return;
        if (model.unanswered == 0) model.bot_asked = context_.monotonic.now();
        model.cosign_unanswered = true;
      });
}

Status LogService::cosignature(SessionId session, std::uint64_t request,
                               const v1::Cosignature& frame) {
  context_.model.cosign_unanswered = false;
  const auto size = frame.size();
  const bool shows_checkpoint = frame.line().find('\n') != frame.line().npos;
  if (shows_checkpoint) {
    compare("the bot", frame.line(), [this, session, request, size](Status status) {
      if (!status) return context_.refuse(session, request, status.error());
      bot_cosigned(size);
      context_.done(session, request, size);
    });
    return ok();
  }
  if (frame.line().empty()) {
    if (size > frontier_.size()) {
      contradict("the bot cosigned a larger tree (" + std::to_string(size) +
                 " leaves) than this relay holds");
      return error(ErrorCode::log_inconsistent, contradiction_);
    }
    bot_cosigned(size);
    context_.done(session, request, size);
    return ok();
  }
  return add_cosignature(size, frame.line(), [this, session, request, size](Status status) {
    if (!context_.durable(status, session, request)) return;
    bot_size_ = std::max(bot_size_, size);
    context_.done(session, request, size);
  });
}

void LogService::bot_cosigned(std::uint64_t size) {
  bot_size_ = size;
  bot_asked_ = false;
  ask_bot();
}

Status LogService::add_cosignature(std::uint64_t size, const std::string& line,
                                   std::function<void(Status)> done) {
  auto it = checkpoints_.find(size);
  if (it == checkpoints_.end() || !it->second.durable) {
    return error(ErrorCode::not_found,
                 "there is no checkpoint of size " + std::to_string(size) + " to cosign");
  }
  CANDOUR_TRY(const auto signature, identity::parse_signature(line));
  identity::SignedNote with = it->second.note;
  CANDOUR_TRY(tlog::add_cosignature(with, line, *context_.model.statement));
  context_.store.put_cosignature(size, signature.name, identity::print_signature(signature),
                                 [this, size, line, done = std::move(done)](Status status) {
                                   auto known = checkpoints_.find(size);
                                   if (status && known != checkpoints_.end()) {
                                     // To the note as it is now: another witness may have been
                                     // added meanwhile.
                                     (void)tlog::add_cosignature(known->second.note, line,
                                                                 *context_.model.statement);
                                     note_quorum(size);
                                   }
                                   done(status);
                                 });
  return ok();
}

}  // namespace candour::relay
