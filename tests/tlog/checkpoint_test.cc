// Goal: checkpoints are believed only with the log's signature, quorums count each witness once,
// and the witness never cosigns two histories. Method: good objects, then one thing wrong at a
// time.
#include "tlog/checkpoint.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/identity/organisation.h"
#include "tlog/leaf.h"
#include "tlog/proof_file.h"
#include "tlog/witness.h"

namespace candour::tlog {
namespace {

using namespace candour::tests;
using identity::SignedNote;

constexpr const char* kOrigin = "example.org/log";

struct Log : testing::Test {
  Log() {
    for (int i = 0; i < 20; ++i) {
      leaves.push_back(leaf_hash(as_bytes("entry " + std::to_string(i))));
      hashes.put(edge.append(leaves.back()));
    }
  }
  SignedNote at(std::uint64_t size) const {
    return sign_checkpoint({kOrigin, size, tree_hash(size, hashes).value(), {}}, test_key(kLog));
  }
  AddCheckpoint request(std::uint64_t old_size, std::uint64_t size) const {
    return {old_size, prove_consistency(old_size, size, hashes).value(), at(size).print()};
  }
  MemoryHashes hashes;
  Frontier edge;
  std::vector<Digest> leaves;
  identity::Statement statement = test_statement();
};

std::string cosigned(const SignedNote& note,
                     std::initializer_list<std::pair<const char*, KeyNumber>> witnesses) {
  SignedNote out = note;
  for (const auto& [name, number] : witnesses) {
    out.signatures.push_back(make_cosignature(note, name, test_key(number), 1'769'846'400));
  }
  return out.print();
}

TEST_F(Log, CheckpointsPrintAndParseStrictly) {
  const Checkpoint c{kOrigin, 20, edge.root(), {}};
  EXPECT_EQ(Checkpoint::parse(c.print()).value(), c);
  const std::string good = c.print();
  EXPECT_EQ(Checkpoint::parse(good + "extension\n").value().extensions.size(), 1u);
  for (const std::string& text :
       {std::string(), std::string("\n20\n") + good.substr(good.find("\n20\n") + 4),
        replaced(good, "\n20\n", "\n020\n"), replaced(good, "\n20\n", "\n-20\n"),
        replaced(good, "\n20\n", "\n\n"), replaced(good, "\n20\n", "\n99999999999999999999\n"),
        replaced(good, "=\n", "\n"), good.substr(0, good.size() - 1), good + "\n", good + "x",
        replaced(good, "\n20\n", "\n20 \n")}) {
    EXPECT_EQ(code_of(Checkpoint::parse(text)), ErrorCode::note_malformed) << text;
  }
}

TEST_F(Log, QuorumCountsEachWitnessOnce) {
  const auto check = [&](const std::string& note) { return verify_checkpoint(note, statement); };
  const auto none = check(at(20).print());
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_EQ(none.value().checkpoint.size, 20u);
  EXPECT_FALSE(none.value().quorum);

  const auto twice_one = check(
      cosigned(at(20), {{"witness.example/one", kWitness1}, {"witness.example/one", kWitness1}}));
  ASSERT_TRUE(twice_one);
  EXPECT_EQ(twice_one.value().cosigned_by.size(), 1u);
  EXPECT_FALSE(twice_one.value().quorum);

  const auto both = check(cosigned(at(20), {{"witness.example/one", kWitness1},
                                            {"witness.example/two", kWitness2},
                                            {"someone.else", kStranger}}));
  ASSERT_TRUE(both);
  EXPECT_TRUE(both.value().quorum);
  EXPECT_EQ(both.value().cosigned_by[1].name, "witness.example/two");
  EXPECT_EQ(both.value().cosigned_by[1].time_s, 1'769'846'400u);
}

TEST_F(Log, RefusesForeignAndTamperedCheckpoints) {
  const std::string good = cosigned(at(20), {{"witness.example/one", kWitness1}});
  EXPECT_TRUE(verify_checkpoint(good, statement));
  EXPECT_EQ(code_of(verify_checkpoint(replaced(good, "\n20\n", "\n21\n"), statement)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(verify_checkpoint(
                sign_checkpoint({"other.org/log", 20, edge.root(), {}}, test_key(kLog)).print(),
                statement)),
            ErrorCode::log_inconsistent);
  EXPECT_EQ(
      code_of(verify_checkpoint(
          sign_checkpoint({kOrigin, 20, edge.root(), {}}, test_key(kStranger)).print(), statement)),
      ErrorCode::signature_invalid);
  // A bad line of a known witness spoils the note.
  SignedNote spoilt = SignedNote::parse(good).value();
  spoilt.signatures.back().signature[3] ^= 1;
  EXPECT_EQ(code_of(verify_checkpoint(spoilt.print(), statement)), ErrorCode::signature_invalid);
}

TEST_F(Log, TakesCosignaturesOfItsWitnessesOnly) {
  SignedNote note = at(20);
  const auto line = [&](const char* name, KeyNumber key) {
    return identity::print_signature(make_cosignature(note, name, test_key(key), 5)) + "\n";
  };
  const std::string good = line("witness.example/one", kWitness1);
  EXPECT_TRUE(add_cosignature(note, good, statement));
  EXPECT_TRUE(add_cosignature(note, good, statement));
  EXPECT_EQ(note.signatures.size(), 2u);
  EXPECT_EQ(code_of(add_cosignature(note, line("stranger", kStranger), statement)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(add_cosignature(note, line("witness.example/two", kStranger), statement)),
            ErrorCode::signature_invalid);
  SignedNote other = at(19);
  EXPECT_EQ(code_of(add_cosignature(other, good, statement)), ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(add_cosignature(note, "nonsense", statement)), ErrorCode::note_malformed);
}

struct Witness : Log {
  const std::vector<identity::NoteKey> logs{statement.log};
  const crypto::SigningKey key = test_key(kWitness1);
  WitnessState state;

  WitnessAnswer ask(const AddCheckpoint& request) {
    const WitnessAnswer answer =
        decide(request, log_of(request, logs), state, {"witness.example/one", key}, 1'769'846'400);
    EXPECT_EQ(answer.status == 200, answer.new_state.has_value());
    if (answer.new_state) state = *answer.new_state;
    return answer;
  }
};

TEST_F(Witness, CosignsAGrowingLog) {
  ASSERT_EQ(ask(request(0, 0)).status, 200u);
  ASSERT_EQ(ask(request(0, 5)).status, 200u);
  const auto answer = ask(request(5, 20));
  ASSERT_EQ(answer.status, 200u);
  EXPECT_EQ(state.size, 20u);
  SignedNote note = at(20);
  EXPECT_TRUE(add_cosignature(note, answer.body, statement));
  EXPECT_EQ(ask(request(20, 20)).status, 200u);  // again: a fresh time
  EXPECT_EQ(verify_checkpoint(state.note, statement).value().cosigned_by.size(), 1u);
  const auto loaded = WitnessState::load(state.note, statement.log);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded.value().size, 20u);
  EXPECT_EQ(loaded.value().root, edge.root());
  EXPECT_EQ(code_of(WitnessState::load(replaced(state.note, "\n20\n", "\n21\n"), statement.log)),
            ErrorCode::state_damaged);
}

TEST_F(Witness, AnswersAsTheProtocolSays) {
  ASSERT_EQ(ask(request(0, 10)).status, 200u);
  const auto stale = ask(request(0, 20));
  EXPECT_EQ(stale.status, 409u);
  EXPECT_EQ(stale.body, "10\n");
  EXPECT_EQ(stale.content_type, "text/x.tlog.size");

  AddCheckpoint unknown = request(10, 20);
  unknown.checkpoint =
      sign_checkpoint({"other.org/log", 20, edge.root(), {}}, test_key(kLog)).print();
  EXPECT_EQ(ask(unknown).status, 404u);

  AddCheckpoint forged = request(10, 20);
  forged.checkpoint = sign_checkpoint({kOrigin, 20, edge.root(), {}}, test_key(kStranger)).print();
  EXPECT_EQ(ask(forged).status, 403u);
  forged.checkpoint = replaced(request(10, 20).checkpoint, "\n20\n", "\n19\n");
  EXPECT_EQ(ask(forged).status, 403u);

  AddCheckpoint backwards{10, {}, at(5).print()};
  EXPECT_EQ(ask(backwards).status, 400u);
  AddCheckpoint garbled = request(10, 20);
  garbled.checkpoint = "garbage";
  EXPECT_EQ(ask(garbled).status, 400u);

  AddCheckpoint bad_proof = request(10, 20);
  bad_proof.proof.back().mutable_view()[0] ^= 1;
  EXPECT_EQ(ask(bad_proof).status, 422u);
  bad_proof.proof.clear();
  EXPECT_EQ(ask(bad_proof).status, 422u);
  EXPECT_EQ(state.size, 10u);
}

TEST_F(Witness, NeverCosignsTwoHistories) {
  ASSERT_EQ(ask(request(0, 10)).status, 200u);
  // The log shows a different tree of the same size, and one of 20 built on it.
  MemoryHashes forked;
  Frontier fork;
  for (int i = 0; i < 20; ++i) {
    forked.put(
        fork.append(i == 3 ? leaf_hash(as_bytes("other")) : leaves[static_cast<std::size_t>(i)]));
  }
  const auto forked_at = [&](std::uint64_t size) {
    return sign_checkpoint({kOrigin, size, tree_hash(size, forked).value(), {}}, test_key(kLog))
        .print();
  };
  EXPECT_EQ(ask({10, {}, forked_at(10)}).status, 422u);
  EXPECT_EQ(ask({10, prove_consistency(10, 20, forked).value(), forked_at(20)}).status, 422u);
  EXPECT_EQ(ask({0, {}, forked_at(20)}).status, 409u);
}

TEST_F(Witness, EmptyTreesHaveTheEmptyRootAndEmptyProofs) {
  const auto note = sign_checkpoint({kOrigin, 0, edge.root(), {}}, test_key(kLog)).print();
  EXPECT_EQ(ask({0, {}, note}).status, 422u);
  EXPECT_EQ(ask({0, {edge.root()}, at(10).print()}).status, 422u);
}

TEST_F(Log, AddCheckpointRequestsPrintAndParse) {
  const AddCheckpoint r = request(7, 20);
  const auto parsed = AddCheckpoint::parse(r.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value().old_size, 7u);
  EXPECT_EQ(parsed.value().proof, r.proof);
  EXPECT_EQ(parsed.value().checkpoint, r.checkpoint);
  AddCheckpoint long_proof = r;
  long_proof.proof.assign(63, Digest());
  EXPECT_TRUE(AddCheckpoint::parse(long_proof.print()));
  long_proof.proof.assign(64, Digest());
  EXPECT_FALSE(AddCheckpoint::parse(long_proof.print()));
  const std::string good = r.print();
  for (const std::string& text :
       {std::string(), replaced(good, "old 7", "old 07"), replaced(good, "old 7", "Old 7"),
        replaced(good, "old 7", "old"), std::string("old 7\n"), std::string("old 7\n\n"),
        std::string("old 7\nAAAA\n\nx"), good.substr(0, 60)}) {
    EXPECT_EQ(code_of(AddCheckpoint::parse(text)), ErrorCode::note_malformed) << text;
  }
}

TEST_F(Log, ProofFilesConvinceOffline) {
  ProofFile file;
  file.extra = Bytes{1, 2, 3};
  file.index = 6;
  file.proof = prove_inclusion(6, 20, hashes).value();
  file.checkpoint =
      cosigned(at(20), {{"witness.example/one", kWitness1}, {"witness.example/two", kWitness2}});
  const auto parsed = ProofFile::parse(file.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value().print(), file.print());
  EXPECT_TRUE(parsed.value().verify(leaves[6], statement));
  EXPECT_EQ(code_of(parsed.value().verify(leaves[7], statement)), ErrorCode::log_inconsistent);
  file.checkpoint = cosigned(at(20), {{"witness.example/one", kWitness1}});
  EXPECT_EQ(code_of(file.verify(leaves[6], statement)), ErrorCode::warrant_not_witnessed);
  file.extra.reset();
  EXPECT_TRUE(ProofFile::parse(file.print()));
  EXPECT_FALSE(ProofFile::parse(replaced(file.print(), "index 6", "index 06")));
  EXPECT_FALSE(ProofFile::parse(replaced(file.print(), "@v1", "@v2")));
}

TEST(Leaf, EntriesHideWhatTheyCommitTo) {
  LeafOpening opening;
  opening.kind = LeafKind::message;
  opening.salt.mutable_view()[0] = 1;
  opening.object_hash.mutable_view()[0] = 2;
  const Bytes entry = opening.entry(LeafClass::ordinary);
  EXPECT_EQ(entry.size(), kEntrySize);
  const Bytes bytes = opening.encode();
  EXPECT_EQ(bytes.size(), kOpeningSize);
  const auto decoded = LeafOpening::decode(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded.value().entry(LeafClass::ordinary), entry);
  EXPECT_NE(decoded.value().entry(LeafClass::directory), entry);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1;
    const auto other = LeafOpening::decode(changed);
    EXPECT_FALSE(other && other.value().entry(LeafClass::ordinary) == entry) << "byte " << i;
  }
  EXPECT_FALSE(LeafOpening::decode(ByteView(bytes).first(129)));
  Bytes unknown = bytes;
  unknown[1] = 99;
  EXPECT_FALSE(LeafOpening::decode(unknown));
}

}  // namespace
}  // namespace candour::tlog
