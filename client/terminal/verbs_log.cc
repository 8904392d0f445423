// Verbs about the log: receipts and alarms.
#include "base/encoding.h"
#include "base/files.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"
#include "tlog/leaf.h"
#include "tlog/proof_file.h"

namespace candour::terminal {
namespace {

// How long the list of receipts waits for proofs that are under way.
constexpr std::uint64_t kSettleMs = 3'000;
constexpr std::uint64_t kPumpMs = 100;

/// What is known of one message's leaf.
struct Known {
  client::HistoryRow row;
  identity::ReleaseToken token;
  std::optional<client::KeptReceipt> receipt;  // own messages
  std::optional<client::WatchRecord> watch;
};

Result<Known> known_of(Session& session, client::HistoryRow row) {
  Known known;
  if (!row.receipt.empty()) {
    CANDOUR_TRY(known.receipt, client::KeptReceipt::decode(row.receipt));
  }
  if (!row.token.empty() || !known.receipt) {
    CANDOUR_TRY(known.token, identity::ReleaseToken::decode(row.token));
  } else {
    // Released while this device was away for too long: the receipt is what there is.
    known.token.message_id = row.id;
    known.token.seq = known.receipt->seq;
    known.token.leaf_hash = known.receipt->leaf_hash;
  }
  CANDOUR_TRY(known.watch, session.client().watched(known.token.leaf_hash));
  known.row = std::move(row);
  return known;
}

std::string_view state_of(const Known& known) {
  if (known.watch && known.watch->included) return "included";
  return known.watch && known.watch->late ? "late" : "recorded";
}

Status write_proof(const std::filesystem::path& file, const Known& known,
                   const client::LeafProof& proof) {
  tlog::ProofFile out;
  if (known.receipt) out.extra = known.receipt->opening;
  out.index = proof.index;
  out.proof = proof.hashes;
  out.checkpoint = proof.note;
  return write_file(file, as_bytes(out.print()));
}

void print_proof(JsonLine& line, const client::LeafProof& proof) {
  JsonLine object(line.value("proof"));
  object.number("index", proof.index).number("size", proof.checkpoint.size);
  object.id("root", proof.checkpoint.root).flag("witnessed", proof.checkpoint.witnessed);
  std::ostream& hashes = object.value("hashes");
  hashes << '[';
  for (std::size_t i = 0; i < proof.hashes.size(); ++i) {
    hashes << (i > 0 ? ",\"" : "\"") << proof.hashes[i].hex() << '"';
  }
  hashes << ']';
}

void print_receipt_json(std::ostream& out, const Known& known, const client::LeafProof* proof) {
  {
    JsonLine line(out);
    line.text("event", "receipt").id("message_id", known.row.id).id("group", known.row.group);
    line.number("seq", known.row.seq.value).number("submission", known.row.submission.value);
    line.flag("own", known.row.own).text("state", state_of(known));
    line.id("leaf_hash", known.token.leaf_hash);
    if (known.receipt) {
      line.text("opening", hex_encode(known.receipt->opening));
      if (const auto opening = tlog::LeafOpening::decode(known.receipt->opening)) {
        line.text("entry", hex_encode(opening.value().entry(tlog::LeafClass::ordinary)));
      }
      line.flag("overridden", known.receipt->overridden);
    }
    line.text("token", hex_encode(known.row.token));
    // A receipt is kept only when its opening fits what was sent and the token.
    line.flag("checked", known.receipt.has_value());
    if (known.watch && known.watch->included) {
      line.number("index", known.watch->index).number("checkpoint_size", known.watch->size);
    }
    if (proof != nullptr) print_proof(line, *proof);
  }
  out << '\n';
}

void print_receipt_plain(std::ostream& out, const Known& known, const client::LeafProof* proof) {
  out << "message " << known.row.id.hex() << ", number " << known.row.seq.value
      << " of its group: " << state_of(known);
  if (known.watch && known.watch->included) {
    out << " as leaf " << known.watch->index << ", proven in a witnessed checkpoint of size "
        << known.watch->size;
  }
  if (known.row.own && !known.receipt) out << ", no receipt from the bot yet";
  out << "\n  leaf hash " << known.token.leaf_hash.hex() << '\n';
  if (proof != nullptr) {
    out << "  proven now: leaf " << proof->index << " of " << proof->checkpoint.size
        << (proof->checkpoint.witnessed ? ", witnessed" : ", not yet witnessed") << '\n';
  }
}

void print_receipt(const Options& options, const World& world, const Known& known,
                   const client::LeafProof* proof) {
  if (options.json) return print_receipt_json(world.out, known, proof);
  print_receipt_plain(world.out, known, proof);
}

Status one_receipt(const Options& options, const World& world, Session& session) {
  CANDOUR_TRY(const MessageId id, find_message(session.client(), options.id));
  CANDOUR_TRY(auto row, session.store().history(id));
  if (!row) {
    return error(ErrorCode::not_found,
                 "message " + id.hex() + " was not delivered, so there is no receipt for it");
  }
  CANDOUR_TRY(Known known, known_of(session, std::move(*row)));
  std::optional<client::LeafProof> proof;
  if (options.proof) {
    CANDOUR_TRY(proof, session.client().prove_leaf(known.token.leaf_hash));
    CANDOUR_TRY(auto proven, session.client().watched(known.token.leaf_hash));
    if (proven) known.watch = std::move(proven);
  }
  if (proof && !options.proof_file.empty()) {
    CANDOUR_TRY(write_proof(options.proof_file, known, *proof));
  }
  print_receipt(options, world, known, proof ? &*proof : nullptr);
  return ok();
}

Status all_receipts(const Options& options, const World& world, Session& session) {
  const std::uint64_t until = monotonic_clock().now().value + kSettleMs;
  while (!options.offline && session.client().unproven_leaves() > 0 && !session.stopped() &&
         monotonic_clock().now().value < until) {
    CANDOUR_TRY(session.pump(kPumpMs, options.timeout_ms));
  }
  for (const auto& [id, group] : session.client().groups()) {
    CANDOUR_TRY(session.store().each_history(id, [&](client::HistoryRow row) -> Status {
      if (!row.own) return ok();
      CANDOUR_TRY(const Known known, known_of(session, std::move(row)));
      print_receipt(options, world, known, nullptr);
      return ok();
    }));
  }
  return ok();
}

}  // namespace

Status receipt(const Options& options, const World& world) {
  if (options.proof && options.id.empty()) {
    return error(ErrorCode::usage, "--proof needs the id of one message");
  }
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  CANDOUR_TRY(session->start());
  return options.id.empty() ? all_receipts(options, world, *session)
                            : one_receipt(options, world, *session);
}

Status alarms(const Options& options, const World& world) {
  Silent sink;
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  const Status started = session->start();
  // What is kept is shown also when the relay cannot be reached, or is what the alarm is about.
  CANDOUR_TRY(auto kept, session->store().alarms());
  for (const client::AlarmRecord& alarm : kept) {
    if (options.json) {
      JsonLine line(world.out);
      line.text("event", "alarm").time("time", alarm.time);
      if (alarm.message_id) line.id("message_id", *alarm.message_id);
      if (alarm.group) line.id("group", *alarm.group);
      if (alarm.device) line.id("device", *alarm.device);
      line.text("code", alarm.code).text("message", alarm.message);
    } else {
      world.out << time_encode(alarm.time.value) << ' ' << alarm.code << "\n  ";
      write_plain(world.out, alarm.message);
    }
    world.out << '\n';
  }
  if (kept.empty() && !options.json) world.out << "No alarms.\n";
  return started;
}

}  // namespace candour::terminal
