// Goal: what was released is in the tree, checkpoints are signed, witnessed and served, and a log
// that was changed behind the relay's back is not served at all. Method: the relay's own proofs and
// tiles are checked with the verifying half of tlog/, and relay.db is edited between two starts.
#include <SQLiteCpp/SQLiteCpp.h>

#include "base/files.h"
#include "crypto/hash.h"
#include "tests/relay/world.h"
#include "tlog/checkpoint.h"
#include "tlog/range.h"
#include "tlog/tile.h"
#include "tlog/witness.h"
#include "transport/net/server.h"

namespace candour::tests {
namespace {

/// A tlog-witness over plain HTTP, as an outside organisation runs it.
class WitnessServer : public net::ServerHandler {
 public:
  explicit WitnessServer(const identity::NoteKey& log, std::uint16_t port = 0)
      : log_(log), key_(test_key(kWitness1)) {
    auto started =
        net::Server::start(io_, {.port = port, .queue_frames_max = 4, .sessions_max = 16}, *this);
    EXPECT_TRUE(started);
    server_ = std::move(started.value());
  }
  void on_open(net::SessionId, ByteView) override {}
  void on_frame(net::SessionId, Bytes) override {}
  void on_close(net::SessionId) override {}
  net::HttpResponse on_http(const net::HttpRequest& request) override {
    if (request.method == "GET") {
      const bool ours = request.target == "/" + tlog::origin_hash(log_.name) + "/checkpoint";
      if (!ours || shown_.empty()) return {.status = 404};
      return {.body = to_bytes(shown_)};
    }
    ++asked_;
    auto asked = tlog::AddCheckpoint::parse(as_text(request.body));
    if (!asked) return {.status = 400};
    const auto answer =
        tlog::decide(asked.value(), &log_, state_, {.name = "witness.example/one", .key = key_},
                     1'800'000'000 + asked_);
    if (answer.new_state) {
      state_ = *answer.new_state;
      shown_ = state_.note;
    }
    return {.status = answer.status,
            .content_type = answer.content_type,
            .body = to_bytes(answer.body)};
  }
  std::uint16_t port() const { return server_->port(); }
  /// What it shows as the newest checkpoint it cosigned.
  void show(const std::string& note) { shown_ = note; }
  const std::string& shown() const { return shown_; }
  unsigned asked() const { return asked_; }

 private:
  identity::NoteKey log_;
  crypto::SigningKey key_;
  tlog::WitnessState state_;
  std::string shown_;
  std::atomic<unsigned> asked_ = 0;
  net::IoThread io_;
  std::unique_ptr<net::Server> server_;
};

class Log : public RelayTest {
 protected:
  v1::ClientFrame released() {
    EXPECT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
    const auto verdict = bot->release(bot->next_check());
    EXPECT_EQ(bot->give(verdict).body_case(), Body::kDone);
    return verdict;
  }
  /// Asks until a checkpoint covers the leaf.
  v1::Proof proof_of(const Digest& leaf) {
    v1::ClientFrame ask;
    ask.mutable_get_proof()->set_leaf_hash(wire::to_field(leaf));
    for (int i = 0; i < 100; ++i) {
      const auto answer = a->call(ask);
      if (answer.body_case() == Body::kProof) return answer.proof();
      EXPECT_EQ(answer.failure().code(), "not_found");
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "the leaf never came into a checkpoint";
    return {};
  }
  void use_witness(std::uint16_t port) {
    const auto file = world.folder.path() / "witness.vkey";
    const auto vkey =
        note_key("witness.example/one", kWitness1, identity::NoteKeyType::cosignature).vkey();
    ASSERT_TRUE(write_file(file, as_bytes(vkey + "\n")));
    world.config.witnesses = {{.vkey_file = file, .host = "127.0.0.1", .port = port}};
  }
  void everybody_leaves() {
    a.reset();
    b.reset();
    bot.reset();
  }
  /// A checkpoint as the log itself would sign it.
  std::string signed_checkpoint(std::uint64_t size, const Digest& root, KeyNumber key = kLog) {
    return tlog::sign_checkpoint({world.statement.log.name, size, root, {}}, test_key(key)).print();
  }
  tlog::Checkpoint checkpoint_of(const std::string& note) {
    auto parsed = identity::SignedNote::parse(note);
    EXPECT_TRUE(parsed);
    auto checkpoint = tlog::verify_log_signature(parsed.value(), world.statement.log);
    EXPECT_TRUE(checkpoint);
    return checkpoint.value();
  }
  tlog::Proof hashes(const google::protobuf::RepeatedPtrField<std::string>& fields) {
    tlog::Proof out;
    for (const auto& field : fields) out.push_back(*Digest::from(as_bytes(field)));
    return out;
  }
};

TEST_F(Log, I3_ReleasedMessageIsInASignedCheckpoint) {
  const auto verdict = released();
  const auto leaf = tlog::leaf_hash(as_bytes(verdict.verdict().log(0).entry()));
  const auto proof = proof_of(leaf);
  const auto checkpoint = checkpoint_of(proof.checkpoint());
  EXPECT_TRUE(tlog::verify_inclusion(leaf, proof.leaf_index(), checkpoint.size,
                                     hashes(proof.hashes()), checkpoint.root));
  // The tree only grows.
  released();
  const auto later = tlog::leaf_hash(as_bytes(released().verdict().log(0).entry()));
  proof_of(later);
  v1::ClientFrame ask;
  ask.mutable_get_proof()->set_consistency_from(checkpoint.size);
  const auto grown = a->call(ask).proof();
  const auto newer = checkpoint_of(grown.checkpoint());
  EXPECT_GT(newer.size, checkpoint.size);
  EXPECT_TRUE(tlog::verify_consistency(checkpoint.size, checkpoint.root, newer.size, newer.root,
                                       hashes(grown.hashes())));
}

TEST_F(Log, TilesAndCheckpointAreServedOverHttps) {
  proof_of(tlog::leaf_hash(as_bytes(released().verdict().log(0).entry())));
  const auto reply = world.get("/checkpoint");
  ASSERT_EQ(reply.status, 200u);
  const auto checkpoint = checkpoint_of(std::string(as_text(reply.body)));
  struct Source : tlog::TileSource {
    World* world;
    Result<Bytes> tile(const tlog::Tile& tile) const override {
      return world->get(tile.path()).body;
    }
  } source;
  source.world = &world;
  const tlog::TileHashReader reader(checkpoint.size, source);
  auto root = tlog::tree_hash(checkpoint.size, reader);
  ASSERT_TRUE(root) << root.error().message;
  EXPECT_EQ(root.value(), checkpoint.root);
  const tlog::Tile bundle{.entries = true, .width = static_cast<unsigned>(checkpoint.size)};
  auto entries = tlog::parse_entry_bundle(world.get(bundle.path()).body);
  ASSERT_TRUE(entries);
  EXPECT_EQ(entries.value().size(), checkpoint.size);
  EXPECT_EQ(world.get("/tile/0/999").status, 404u);
  EXPECT_EQ(world.get("/tile/0/../../relay.db").status, 404u);
  EXPECT_EQ(world.get("/").status, 404u);
}

TEST_F(Log, BotAndOutsideWitnessMakeTheQuorum) {
  WitnessServer outside(world.statement.log);
  use_witness(outside.port());
  const auto chains = bot->chains;
  everybody_leaves();
  world.stop();
  world.start();
  bot = std::make_unique<TestBot>(world);
  bot->chains = chains;
  a = std::make_unique<Peer>(world);
  ASSERT_EQ(a->login(amy).body_case(), Body::kLoggedIn);
  const auto leaf = tlog::leaf_hash(as_bytes(released().verdict().log(0).entry()));
  for (int i = 0; i < 20; ++i) {
    const auto asked = bot->peer().next(Body::kCosignRequest, 3'000).cosign_request();
    if (asked.checkpoint().empty()) continue;
    auto note = identity::SignedNote::parse(asked.checkpoint()).value();
    const auto size = tlog::Checkpoint::parse(note.text).value().size;
    const auto line =
        tlog::make_cosignature(note, "witness.example/two", test_key(kWitness2), 1'800'000'000);
    v1::ClientFrame frame;
    frame.mutable_cosignature()->set_size(size);
    Bytes signature(4);
    for (int k = 0; k < 4; ++k) {
      signature[static_cast<std::size_t>(k)] =
          static_cast<std::uint8_t>(line.key_id >> (24 - 8 * k));
    }
    append(signature, line.signature);
    frame.mutable_cosignature()->set_line("\xE2\x80\x94 " + line.name + " " +
                                          base64_encode(signature));
    ASSERT_EQ(bot->peer().call(frame).body_case(), Body::kDone);
    const auto pushed = a->next(Body::kCheckpoint, 8'000).checkpoint();
    if (pushed.note().empty()) continue;
    auto verified = tlog::verify_checkpoint(pushed.note(), world.statement);
    ASSERT_TRUE(verified);
    EXPECT_TRUE(verified.value().quorum);
    EXPECT_EQ(verified.value().cosigned_by.size(), 2u);
    const auto proof = proof_of(leaf);
    EXPECT_TRUE(tlog::verify_checkpoint(proof.checkpoint(), world.statement).value().quorum);
    return;
  }
  FAIL() << "no checkpoint reached its quorum";
}

TEST_F(Log, I8_LogChangedFromOutsideIsNotServed) {
  proof_of(tlog::leaf_hash(as_bytes(released().verdict().log(0).entry())));
  everybody_leaves();
  const char* const changes[] = {
      "UPDATE log_entries SET leaf = zeroblob(131) WHERE idx = 1",
      "UPDATE log_entries SET record = x'00' WHERE record IS NOT NULL",
      "DELETE FROM log_entries WHERE idx = (SELECT max(idx) FROM log_entries)",
      "DELETE FROM log_entries WHERE idx = 1",
      "UPDATE checkpoints SET note = replace(note, char(10), ' ')",
      "UPDATE directory SET object = zeroblob(100) WHERE number = 1",
  };
  world.stop();
  const auto kept = world.folder.path() / "kept.db";
  const auto db = world.config.state_dir / "relay.db";
  std::filesystem::copy_file(db, kept);
  for (const char* change : changes) {
    std::filesystem::copy_file(kept, db, std::filesystem::copy_options::overwrite_existing);
    {
      SQLite::Database opened(db.string(), SQLite::OPEN_READWRITE);
      ASSERT_GT(opened.exec(change), 0) << change;
    }
    const auto code =
        code_of(relay::App::start(world.config, world.clock, monotonic_clock(), world.random));
    EXPECT_EQ(exit_status(code), 5) << change << ": " << code_name(code);
  }
  std::filesystem::copy_file(kept, db, std::filesystem::copy_options::overwrite_existing);
  EXPECT_TRUE(relay::App::start(world.config, world.clock, monotonic_clock(), world.random));
}

TEST_F(Log, RollbackFromABackupIsSeenByAWitnessAtStart) {
  proof_of(tlog::leaf_hash(as_bytes(released().verdict().log(0).entry())));
  WitnessServer outside(world.statement.log);
  use_witness(outside.port());
  everybody_leaves();
  world.stop();
  const auto start = [&] {
    return relay::App::start(world.config, world.clock, monotonic_clock(), world.random);
  };
  // The witness has seen this log when it was larger.
  outside.show(signed_checkpoint(1'000, Digest()));
  EXPECT_EQ(code_of(start()), ErrorCode::log_inconsistent);
  // What the log's key did not sign says nothing about this log.
  outside.show(signed_checkpoint(1'000, Digest(), kStranger));
  EXPECT_TRUE(start());
  outside.show("no checkpoint at all");
  EXPECT_TRUE(start());
}

TEST_F(Log, SplitViewIsSeenByAWitnessAtStart) {
  const auto leaf = tlog::leaf_hash(as_bytes(released().verdict().log(0).entry()));
  const auto checkpoint = checkpoint_of(proof_of(leaf).checkpoint());
  WitnessServer outside(world.statement.log);
  use_witness(outside.port());
  everybody_leaves();
  world.stop();
  const auto start = [&] {
    return relay::App::start(world.config, world.clock, monotonic_clock(), world.random);
  };
  outside.show(signed_checkpoint(checkpoint.size, leaf));
  EXPECT_EQ(code_of(start()), ErrorCode::log_inconsistent);
  outside.show(signed_checkpoint(checkpoint.size, checkpoint.root));
  EXPECT_TRUE(start());
}

TEST_F(Log, WitnessThatComesLaterAndKnowsMoreStopsTheRelay) {
  // Not reachable at start; when it is, the relay takes nothing more.
  auto outside = std::make_unique<WitnessServer>(world.statement.log);
  const auto port = outside->port();
  outside.reset();
  use_witness(port);
  everybody_leaves();
  world.stop();
  world.start();
  a = std::make_unique<Peer>(world);
  ASSERT_EQ(a->login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  outside = std::make_unique<WitnessServer>(world.statement.log, port);
  outside->show(signed_checkpoint(1'000, Digest()));
  auto code = std::string();
  for (int i = 0; i < 150 && code.empty(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto answer = a->call(submit());
    if (answer.body_case() == Body::kFailure) code = answer.failure().code();
  }
  EXPECT_EQ(code, "log_inconsistent");
  const auto ready = world.admin("/readyz");
  EXPECT_EQ(ready.status, 503u);
  EXPECT_NE(as_text(ready.body).find("log_inconsistent"), std::string_view::npos);
}

TEST_F(Log, BotThatShowsALargerTreeOfThisLogStopsTheRelay) {
  released();
  const auto show = [&](const std::string& note) {
    v1::ClientFrame frame;
    frame.mutable_cosignature()->set_size(1'000);
    frame.mutable_cosignature()->set_line(note);
    return bot->peer().refusal(frame);
  };
  EXPECT_EQ(show(signed_checkpoint(1'000, Digest(), kStranger)), ErrorCode::signature_invalid);
  EXPECT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
  EXPECT_EQ(show(signed_checkpoint(1'000, Digest())), ErrorCode::log_inconsistent);
  EXPECT_EQ(a->refusal(submit()), ErrorCode::log_inconsistent);
}

TEST_F(Log, UnchangedLogIsCosignedAnewAfterAWhile) {
  proof_of(tlog::leaf_hash(as_bytes(released().verdict().log(0).entry())));
  WitnessServer outside(world.statement.log);
  use_witness(outside.port());
  world.config.recosign_ms = 1'000;
  everybody_leaves();
  world.stop();
  world.start();
  const auto cosigned = [&]() -> std::optional<std::pair<std::uint64_t, std::uint64_t>> {
    const auto verified = tlog::verify_checkpoint(
        std::string(as_text(world.get("/checkpoint").body)), world.statement);
    if (!verified || verified.value().cosigned_by.empty()) return std::nullopt;
    return std::pair(verified.value().checkpoint.size, verified.value().cosigned_by[0].time_s);
  };
  std::optional<std::pair<std::uint64_t, std::uint64_t>> first;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> later;
  for (int i = 0; i < 150 && (!later || later == first); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    later = cosigned();
    if (!first) first = later;
  }
  ASSERT_TRUE(first && later);
  EXPECT_EQ(later->first, first->first) << "the tree did not grow";
  EXPECT_GT(later->second, first->second) << "but the cosignature is newer";
}

TEST_F(Log, ProofsAreGivenForRangesAndInOlderWitnessedCheckpoints) {
  std::vector<Digest> leaves;
  for (int i = 0; i < 5; ++i) {
    leaves.push_back(tlog::leaf_hash(as_bytes(released().verdict().log(0).entry())));
  }
  const auto last = proof_of(leaves.back());
  const auto first = last.leaf_index() - 4;
  const auto checkpoint = checkpoint_of(last.checkpoint());
  v1::ClientFrame ask;
  ask.mutable_get_proof()->set_range_first(first);
  ask.mutable_get_proof()->set_range_end(first + 5);
  const auto range = a->call(ask).proof();
  EXPECT_EQ(range.leaf_index(), first);
  EXPECT_TRUE(
      tlog::verify_range(leaves, first, checkpoint.size, hashes(range.hashes()), checkpoint.root));
  ask.mutable_get_proof()->set_range_end(checkpoint.size + 1);
  EXPECT_EQ(a->refusal(ask), ErrorCode::not_found);
  ask.mutable_get_proof()->set_range_end(first);
  EXPECT_EQ(a->refusal(ask), ErrorCode::input_invalid);
  // Nobody has cosigned it, so it cannot be asked for by its size.
  v1::ClientFrame old;
  old.mutable_get_proof()->set_leaf_hash(wire::to_field(leaves[0]));
  old.mutable_get_proof()->set_tree_size(checkpoint.size);
  EXPECT_EQ(a->refusal(old), ErrorCode::not_found);
  const auto note = identity::SignedNote::parse(last.checkpoint()).value();
  v1::ClientFrame cosign;
  cosign.mutable_cosignature()->set_size(checkpoint.size);
  for (const auto& [name, key] :
       {std::pair("witness.example/one", kWitness1), {"witness.example/two", kWitness2}}) {
    cosign.mutable_cosignature()->set_line(identity::print_signature(
        tlog::make_cosignature(note, name, test_key(key), 1'800'000'000)));
    ASSERT_EQ(bot->peer().call(cosign).body_case(), Body::kDone);
  }
  // The tree goes on growing; the proof is still in the checkpoint asked for.
  const auto newer = tlog::leaf_hash(as_bytes(released().verdict().log(0).entry()));
  const auto proof = a->call(old).proof();
  EXPECT_EQ(checkpoint_of(proof.checkpoint()).size, checkpoint.size);
  EXPECT_TRUE(tlog::verify_checkpoint(proof.checkpoint(), world.statement).value().quorum);
  EXPECT_TRUE(tlog::verify_inclusion(leaves[0], first, checkpoint.size, hashes(proof.hashes()),
                                     checkpoint.root));
  old.mutable_get_proof()->set_leaf_hash(wire::to_field(newer));
  EXPECT_EQ(a->refusal(old), ErrorCode::not_found) << "that leaf came later";
}

TEST_F(Log, AdminTellsReadinessAndMetrics) {
  released();
  EXPECT_EQ(world.admin("/livez").status, 200u);
  const auto ready = world.admin("/readyz");
  EXPECT_EQ(ready.status, 200u);
  EXPECT_NE(as_text(ready.body).find("\"bot_present\":true"), std::string_view::npos);
  const auto metrics = world.admin("/metrics");
  EXPECT_NE(as_text(metrics.body).find("candour_relay_releases_total 2\n"), std::string_view::npos);
  EXPECT_EQ(world.admin("/debug").status, 404u);
}

}  // namespace
}  // namespace candour::tests
