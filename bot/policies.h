// The policy in force, and how another takes its place while the bot runs.
//
// A reload reads the folder and compiles it on a thread of its own; the bot goes on judging with
// the version it has. What came of it is looked at between two batches, never within one, so that
// every verdict, record and token of a message cites the version that judged it:
//
//   does not load, or lacks a signature   refused: the one in force stays, the log says why
//   holds, and is not in the log          waits; the one in force stays (I10)
//   holds, and is proven to be in the log in force from the next batch on
//
// A reload is asked for by the operator (SIGHUP), and by the log itself when a version is published
// that is not the one in force. One thread, but for the loading.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <optional>

#include "client/trust.h"
#include "policy/pack.h"

namespace candour::bot {

/// ok when author and approver of the statement, two people, signed exactly what was loaded;
/// policy_invalid otherwise.
Status check_signatures(const policy::Pack& pack, const identity::Statement& statement);

class Policies {
 public:
  using Loaded = Result<std::shared_ptr<const policy::Pack>>;
  /// Begins to load the pack as it is on disk now.
  using Loader = std::function<std::future<Loaded>()>;

  /// `first` was checked against the statement by the caller.
  Policies(std::shared_ptr<const policy::Pack> first, Loader loader)
      : in_force_(std::move(first)), loader_(std::move(loader)) {}

  /// The one in force. The reference is good until `work`.
  const policy::Pack& pack() const { return *in_force_; }
  /// A version that waits for the log; nullptr when there is none.
  const policy::Pack* waiting() const { return waiting_.get(); }

  /// Reads the folder again at the next `work`, also while an earlier reading is under way.
  void ask_reload() { asked_ = true; }
  /// Between two batches: starts what was asked for, looks at what came of it, swaps. Whether
  /// another version is in force now.
  bool work(const client::Trust& trust);

 private:
  void follow_log(const client::Trust& trust);
  void take(const Loaded& loaded, const client::Trust& trust);
  void refuse(const Error& why) const;
  bool swap(const client::Trust& trust);

  std::shared_ptr<const policy::Pack> in_force_;
  std::shared_ptr<const policy::Pack> waiting_;
  Loader loader_;
  std::optional<std::future<Loaded>> loading_;
  std::optional<Digest> newest_seen_;  // of the log, and asked for once
  bool asked_ = false;
};

}  // namespace candour::bot
