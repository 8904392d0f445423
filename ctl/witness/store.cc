#include "ctl/witness/store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/files.h"

namespace candour::ctl {

namespace fs = std::filesystem;

WitnessStore::~WitnessStore() {
  if (lock_ >= 0) close(lock_);
}

fs::path WitnessStore::file_of(const identity::NoteKey& log) const {
  return dir_ / (tlog::origin_hash(log.name) + ".checkpoint");
}

Result<std::unique_ptr<WitnessStore>> WitnessStore::open(const fs::path& dir,
                                                         std::vector<identity::NoteKey> logs) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  std::unique_ptr<WitnessStore> store(new WitnessStore());
  store->dir_ = dir;
  store->logs_ = std::move(logs);
  store->lock_ = ::open((dir / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (failed || store->lock_ < 0) {
    return error(ErrorCode::storage_failed, dir.string() + ": cannot be written to");
  }
  if (flock(store->lock_, LOCK_EX | LOCK_NB) != 0) {
    return error(ErrorCode::state_locked, dir.string() + ": another witness is running on it");
  }
  for (const identity::NoteKey& log : store->logs_) {
    const fs::path file = store->file_of(log);
    tlog::WitnessState state;
    if (fs::exists(file)) {
      CANDOUR_TRY(auto note, read_file(file, identity::kSignedNoteSizeMax));
      CANDOUR_TRY(state, tlog::WitnessState::load(as_text(note), log));
    }
    store->states_.push_back(std::move(state));
  }
  return store;
}

Result<tlog::WitnessAnswer> WitnessStore::add_checkpoint(std::string_view body,
                                                         const tlog::WitnessIdentity& witness,
                                                         TimeMs now, const Before& before) {
  const auto request = tlog::AddCheckpoint::parse(body);
  if (!request) {
    tlog::WitnessAnswer answer;
    answer.status = 400;
    answer.body = request.error().message + "\n";
    return answer;
  }
  const identity::NoteKey* log = tlog::log_of(request.value(), logs_);
  static const tlog::WitnessState kNothing;
  const std::size_t at = log == nullptr ? 0 : static_cast<std::size_t>(log - logs_.data());
  tlog::WitnessAnswer answer = tlog::decide(
      request.value(), log, log == nullptr ? kNothing : states_[at], witness, now.value / 1000);
  if (answer.new_state && before) {
    if (const Status done = before(request.value().checkpoint); !done) {
      const bool wrong = done.error().code == ErrorCode::log_inconsistent;
      answer = {.status = wrong ? 422u : 503u, .body = done.error().message + "\n"};
    }
  }
  if (answer.new_state) {
    CANDOUR_TRY(write_file(file_of(*log), as_bytes(answer.new_state->note)));
    states_[at] = *answer.new_state;
  }
  return answer;
}

std::optional<std::string> WitnessStore::checkpoint(std::string_view origin_hash) const {
  for (std::size_t i = 0; i < logs_.size(); ++i) {
    if (tlog::origin_hash(logs_[i].name) == origin_hash && !states_[i].note.empty()) {
      return states_[i].note;
    }
  }
  return std::nullopt;
}

}  // namespace candour::ctl
