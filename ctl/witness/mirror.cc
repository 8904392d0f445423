#include "ctl/witness/mirror.h"

#include <algorithm>

#include "base/log.h"
#include "ctl/organisation/notes.h"

namespace candour::ctl {
namespace {

constexpr std::uint64_t kPageLeavesMax = 4096;

/// Anything after which a new session may do better.
bool connection_is_gone(ErrorCode code) {
  return code == ErrorCode::disconnected || code == ErrorCode::timed_out;
}

}  // namespace

Result<std::unique_ptr<Mirror>> Mirror::open(const Context& context,
                                             const std::filesystem::path& dir,
                                             const RelayOptions& options) {
  if (options.statement.empty()) {
    return error(ErrorCode::usage,
                 "--mirror needs --statement: it names the log and its witnesses");
  }
  CANDOUR_TRY(auto statement, load_statement(options.statement, options.root));
  CANDOUR_TRY(auto store, MirrorStore::open(dir, statement.log.name));
  return std::unique_ptr<Mirror>(
      new Mirror(context, options, std::move(statement), std::move(store)));
}

Result<v1::ServerFrame> Mirror::ask(const v1::ClientFrame& frame) {
  for (int attempt = 0;; ++attempt) {
    if (!session_) {
      CANDOUR_TRY(session_, RelaySession::open(context_, options_));
    }
    auto answer = session_->request(frame);
    if (answer || !connection_is_gone(answer.error().code)) return answer;
    session_.reset();
    if (attempt > 0) return answer;
  }
}

Result<v1::LogItems> Mirror::ask_items(std::uint64_t first, std::uint64_t end) {
  v1::ClientFrame frame;
  frame.mutable_get_log()->set_first(first);
  frame.mutable_get_log()->set_end(std::min(end, first + kPageLeavesMax));
  CANDOUR_TRY(auto answer, ask(frame));
  if (!answer.has_log_items() || answer.log_items().first() != first ||
      answer.log_items().items().empty() ||
      static_cast<std::uint64_t>(answer.log_items().items_size()) > end - first) {
    return error(ErrorCode::frame_malformed,
                 "the relay did not give the leaves from " + std::to_string(first) + " on");
  }
  return std::move(*answer.mutable_log_items());
}

Result<const v1::OpeningItem*> Mirror::opening_of(std::uint64_t leaf_index) {
  const auto known = [&]() -> const v1::OpeningItem* {
    for (const auto& item : openings_.items()) {
      if (item.leaf_index() == leaf_index) return &item;
    }
    return nullptr;
  };
  if (const auto* item = known()) return item;
  v1::ClientFrame frame;
  frame.mutable_get_openings()->set_from(store_->openings() + 1);
  CANDOUR_TRY(auto answer, ask(frame));
  if (!answer.has_openings()) {
    return error(ErrorCode::frame_malformed, "the relay did not answer with its openings");
  }
  openings_ = std::move(*answer.mutable_openings());
  return known();
}

Status Mirror::fetch_until(std::uint64_t size) {
  while (store_->next() < size) {
    CANDOUR_TRY(const auto page, ask_items(store_->next(), size));
    for (const auto& item : page.items()) {
      const v1::OpeningItem* opening = nullptr;
      if (item.opening().empty()) {
        CANDOUR_TRY(opening, opening_of(store_->next()));
      }
      CANDOUR_TRY(store_->stage(item, opening));
    }
    if (!store_->full()) continue;
    log::info("mirror_catching_up", {{"leaves", store_->next()}, {"of", size}});
    CANDOUR_TRY(store_->write());
  }
  return ok();
}

Status Mirror::catch_up(std::string_view note) {
  std::lock_guard guard(mutex_);
  CANDOUR_TRY(const auto parsed, identity::SignedNote::parse(note));
  CANDOUR_TRY(const auto checkpoint, tlog::verify_log_signature(parsed, statement_.log));
  if (checkpoint.size < store_->next()) {
    if (store_->has_checkpoint(checkpoint.size)) return ok();
    return error(ErrorCode::input_invalid, "the mirror is past that size already");
  }
  const Status fetched = fetch_until(checkpoint.size);
  if (!fetched) {
    store_->forget();
    return fetched;
  }
  return store_->confirm(checkpoint, std::string(note));
}

Status Mirror::put_cosignature(std::uint64_t size, const std::string& line) {
  std::lock_guard guard(mutex_);
  CANDOUR_TRY(const auto signature, identity::parse_signature(line));
  return store_->put_cosignature(size, signature.name, line);
}

// A note with the lines of other witnesses: of a checkpoint that is here, and signed by witnesses
// of the statement, they are worth keeping. What does not fit is the relay's to answer for, later.
void Mirror::take_witnessed(const std::string& note) {
  const auto verified = tlog::verify_checkpoint(note, statement_);
  const auto parsed = identity::SignedNote::parse(note);
  if (!verified || !parsed) return;
  const std::uint64_t size = verified.value().checkpoint.size;
  if (!store_->has_checkpoint(size)) return;
  for (const auto& cosigner : verified.value().cosigned_by) {
    for (const auto& line : parsed.value().signatures) {
      if (line.name != cosigner.name) continue;
      if (auto kept = store_->put_cosignature(size, line.name, identity::print_signature(line));
          !kept) {
        log::error("mirror_not_written", {{"why", log::LogSafe(kept.error().message)}});
      }
    }
  }
}

void Mirror::listen() {
  std::lock_guard guard(mutex_);
  while (session_) {
    auto frame = session_->connection().receive(0);
    if (!frame) {
      if (frame.error().code != ErrorCode::timed_out) session_.reset();
      return;
    }
    if (frame.value().has_checkpoint()) take_witnessed(frame.value().checkpoint().note());
  }
}

}  // namespace candour::ctl
