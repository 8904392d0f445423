// A witness that mirrors: what it cosigns it has. Before it cosigns a checkpoint it fetches every
// leaf that is new with it from the relay, checks it and keeps it (mirror_store.h). So no record
// that a witnessed checkpoint covers is lost with the relay.
//
// Thread-safe: the network thread that answers witness requests and the thread that listens to the
// relay's pushes call it.
#pragma once

#include <mutex>

#include "ctl/relay_access.h"
#include "ctl/witness/mirror_store.h"
#include "identity/statement.h"

namespace candour::ctl {

class Mirror {
 public:
  /// The relay need not be there yet. `options.statement` names the log.
  static Result<std::unique_ptr<Mirror>> open(const Context& context,
                                              const std::filesystem::path& dir,
                                              const RelayOptions& options);

  /// Has every leaf of the checkpoint when it returns ok. cannot_connect and the like when the
  /// relay does not answer, log_inconsistent when what it gives does not fit.
  Status catch_up(std::string_view checkpoint_note);
  /// This witness' own line over a checkpoint.
  Status put_cosignature(std::uint64_t size, const std::string& line);
  /// Keeps the cosignatures of other witnesses that the relay pushed since the last time.
  void listen();

 private:
  Mirror(const Context& context, RelayOptions options, identity::Statement statement,
         std::unique_ptr<MirrorStore> store)
      : context_(context),
        options_(std::move(options)),
        statement_(std::move(statement)),
        store_(std::move(store)) {}
  Status fetch_until(std::uint64_t size);
  Result<v1::LogItems> ask_items(std::uint64_t first, std::uint64_t end);
  Result<const v1::OpeningItem*> opening_of(std::uint64_t leaf_index);
  Result<v1::ServerFrame> ask(const v1::ClientFrame& frame);
  void take_witnessed(const std::string& note);

  const Context& context_;
  RelayOptions options_;
  identity::Statement statement_;
  std::mutex mutex_;
  std::unique_ptr<MirrorStore> store_;
  std::unique_ptr<RelaySession> session_;
  v1::Openings openings_;  // the newest page
};

}  // namespace candour::ctl
