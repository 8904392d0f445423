// What a witness remembers: for each log the newest checkpoint it cosigned, in one file replaced
// durably before the cosignature goes out. The folder is locked, so that check and store are one
// step even when somebody starts a second witness on it (state_locked).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "tlog/witness.h"

namespace candour::ctl {

/// Not thread-safe: one caller at a time.
class WitnessStore {
 public:
  /// Creates the folder when missing. state_locked, or state_damaged when a stored checkpoint does
  /// not verify any more.
  static Result<std::unique_ptr<WitnessStore>> open(const std::filesystem::path& dir,
                                                    std::vector<identity::NoteKey> logs);
  ~WitnessStore();
  WitnessStore(const WitnessStore&) = delete;
  WitnessStore& operator=(const WitnessStore&) = delete;

  /// What has to be done about a checkpoint note before it is cosigned.
  using Before = std::function<Status(std::string_view checkpoint)>;

  /// Decides on a request body and, when it is granted, stores first. storage_failed when that did
  /// not work: nothing is cosigned then. Nor when `before` fails: the answer is 422 for
  /// log_inconsistent, 503 for anything that may pass.
  Result<tlog::WitnessAnswer> add_checkpoint(std::string_view body,
                                             const tlog::WitnessIdentity& witness, TimeMs now,
                                             const Before& before = nullptr);
  /// The newest cosigned checkpoint by origin hash (64 hex digits); nothing when there is none.
  std::optional<std::string> checkpoint(std::string_view origin_hash) const;

 private:
  WitnessStore() = default;
  std::filesystem::path file_of(const identity::NoteKey& log) const;

  std::filesystem::path dir_;
  int lock_ = -1;
  std::vector<identity::NoteKey> logs_;
  std::vector<tlog::WitnessState> states_;  // of logs_, in order
};

}  // namespace candour::ctl
