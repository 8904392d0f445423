// Goal: whoever holds the relay, the station or a false warrant gets nothing out of an honest
// custodian or keeper (invariant I7). Method: one test for each row of the attack table. Each takes
// a request that passes, makes the one change the attacker would make (with all the keys that
// attacker may hold: the log is his, so he can log what he likes), and expects the exact refusal.
#include "base/limits.h"
#include "tests/warrant/world.h"
#include "warrant/seal/seal.h"

namespace candour::tests {
namespace {

using warrant::CheckContext;
using warrant::RequestPackage;

class Attack : public testing::Test {
 protected:
  World world;

  /// The code custodian 1 refuses with; the message must hold `words`.
  ErrorCode refusal(const RequestPackage& package, const std::string& words = "") {
    return refusal(package, world.context(), words);
  }
  static ErrorCode refusal(const RequestPackage& package, const CheckContext& context,
                           const std::string& words = "") {
    const auto checked = warrant::check_request(package, context);
    if (checked) {
      ADD_FAILURE() << "the request passed";
      return ErrorCode::internal;
    }
    EXPECT_NE(checked.error().message.find(words), std::string::npos) << checked.error().message;
    return checked.error().code;
  }
  ErrorCode refusal() { return refusal(world.package()); }
};

TEST_F(Attack, NoneIsNeededForARightRequest) {
  const auto package = world.package();
  const auto custodian = warrant::check_request(package, world.context());
  ASSERT_TRUE(custodian) << custodian.error().message;
  EXPECT_EQ(custodian.value().points.size(), 4u);
  EXPECT_EQ(custodian.value().labels.size(), 4u);
  EXPECT_EQ(custodian.value().labels[0].sender, world.amy);
  EXPECT_EQ(custodian.value().request.digest(), custodian.value().request_digest);
  EXPECT_EQ(custodian.value().checkpoint.size, world.log.size());
  EXPECT_FALSE(custodian.value().repeated);
  const auto keeper = warrant::check_request(package, world.keeper_context());
  EXPECT_TRUE(keeper) << keeper.error().message;
}

// Row 3: the custodian as a decryption oracle.
TEST_F(Attack, ReplayedOrRerandomisedCiphertext) {
  // Ben's record, out of scope, with its points multiplied, put in place of one in scope.
  auto sealed = warrant::SealedRecord::decode(world.records[5].sealed).value();
  const crypto::Scalar two = crypto::Scalar::from_u64(2);
  sealed.u = *sealed.u.times(two);
  sealed.ubar = *sealed.ubar.times(two);
  sealed.label = warrant::SealedRecord::decode(world.records[0].sealed).value().label;
  auto package = world.package();
  package.records[0].sealed = sealed.encode();
  EXPECT_EQ(refusal(package, "record 0"), ErrorCode::log_inconsistent);

  // With the log in the attacker's hand: logged and asked for like any other.
  sealed.label.record = warrant::testing_only::filled<RecordId>(0x77);
  world.chosen = {0, world.log_sealed(sealed.encode())};
  EXPECT_EQ(refusal(world.package(), "record 1"), ErrorCode::signature_invalid);

  // Replayed as it is: the label that says whose it is comes along.
  world.chosen = {0, world.log_sealed(world.records[5].sealed)};
  EXPECT_EQ(refusal(world.package(), "author"), ErrorCode::out_of_scope);
}

TEST_F(Attack, OutOfScopeRecord) {
  for (const auto& [record, words] :
       {std::pair{4u, "group"}, std::pair{5u, "author"}, std::pair{7u, "period"}}) {
    world.chosen = {0, record};
    EXPECT_EQ(refusal(world.package(), words), ErrorCode::out_of_scope) << words;
  }
  // The period ends before its last moment.
  world.chosen = {0, world.add_record(world.amy, world.group_a, world.warrant.until)};
  EXPECT_EQ(refusal(world.package(), "period"), ErrorCode::out_of_scope);
  world.chosen = {0, world.add_record(world.amy, world.group_a, world.warrant.from)};
  EXPECT_TRUE(warrant::check_request(world.package(), world.context()));
}

TEST_F(Attack, RecordOfAnotherLog) {
  warrant::SealingPool pool(world.escrow, 1);
  warrant::Record r = warrant::testing_only::make_record();
  r.group = world.group_a;
  r.sender = world.amy;
  r.bot_time = TimeMs(kNow - 10 * kDay);
  const auto foreign = warrant::seal_record(r, "elsewhere.example/log", "ordinary", world.retention,
                                            pool, world.random);
  world.chosen = {0, world.log_sealed(foreign.value())};
  EXPECT_EQ(refusal(world.package(), "elsewhere.example/log"), ErrorCode::out_of_scope);
}

// Row 3: Ben's record under a label that says Amy.
TEST_F(Attack, LabelSwap) {
  auto sealed = warrant::SealedRecord::decode(world.records[5].sealed).value();
  sealed.label.sender = world.amy;
  world.chosen = {0, world.log_sealed(sealed.encode())};
  EXPECT_EQ(refusal(world.package(), "record 1"), ErrorCode::signature_invalid);
}

/// Where u lies in a sealed record, counted from its end: u 32, ubar 32, e 32, f 32, C 32, body.
std::size_t u_offset(const Bytes& sealed) {
  const auto decoded = warrant::SealedRecord::decode(sealed).value();
  const auto u = decoded.u.encoded();
  const auto at = std::search(sealed.begin(), sealed.end(), u.begin(), u.end());
  return static_cast<std::size_t>(at - sealed.begin());
}

// The library below us takes the identity for a valid point.
TEST_F(Attack, IdentityPoint) {
  Bytes sealed = world.records[0].sealed;
  const std::size_t u = u_offset(sealed);
  std::fill_n(sealed.begin() + static_cast<std::ptrdiff_t>(u), 32, std::uint8_t{0});
  world.chosen = {1, world.log_sealed(sealed)};
  EXPECT_EQ(refusal(world.package(), "record 1"), ErrorCode::input_invalid);
}

// And scalars above the group's order: the same proof in a second spelling.
TEST_F(Attack, ScalarAboveTheOrder) {
  const Bytes order =
      *hex_decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  for (const std::size_t scalar : {64u, 96u}) {
    Bytes sealed = world.records[0].sealed;
    const std::size_t begin = u_offset(sealed) + scalar;
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
      carry += sealed[begin + i] + order[i];
      sealed[begin + i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    world.chosen = {1, world.log_sealed(sealed)};
    EXPECT_EQ(refusal(world.package(), "record 1"), ErrorCode::input_invalid);
  }
}

TEST_F(Attack, WarrantAlteredAfterSignature) {
  auto package = world.package();
  package.warrant.note = replaced(package.warrant.note, "One author", "Two authors");
  EXPECT_EQ(refusal(package), ErrorCode::warrant_signature_invalid);

  // A later end, logged anew with the old signatures.
  const std::string before = world.warrant_note();
  world.warrant.until = TimeMs(kNow);
  package = world.package();
  package.warrant.note = world.warrant.print() + before.substr(before.find("\n\n") + 1);
  world.log_note(package.warrant, tlog::LeafKind::warrant);
  world.prove(package.warrant, world.warrant_witnessed);
  EXPECT_EQ(refusal(package), ErrorCode::warrant_signature_invalid);

  // Another warrant than the one that was logged, both rightly signed.
  world.warrant.until = TimeMs(kNow - 5 * kDay);
  package = world.package();
  world.warrant.case_name = "PSD-2026-0118";
  package.warrant.note = world.warrant_note();
  EXPECT_EQ(refusal(package), ErrorCode::log_inconsistent);
}

TEST_F(Attack, WarrantWithoutASignature) {
  world.warrant_signers = {{"investigator-1", kInvestigator}};
  EXPECT_EQ(refusal(world.package(), "authoriser-1"), ErrorCode::warrant_signature_missing);
  world.warrant_signers = {{"authoriser-1", kAuthoriser}};
  EXPECT_EQ(refusal(world.package(), "investigator-1"), ErrorCode::warrant_signature_missing);
  // Somebody else's signature under the right name.
  world.warrant_signers = {{"investigator-1", kInvestigator}, {"authoriser-1", kStranger}};
  EXPECT_EQ(refusal(world.package(), "authoriser-1"), ErrorCode::warrant_signature_missing);
}

TEST_F(Attack, WrongRole) {
  // A registrar's key is no authoriser's key.
  world.warrant.authoriser = {"registrar-1", "p-1"};
  world.warrant_signers = {{"investigator-1", kInvestigator}, {"registrar-1", kRegistrar1}};
  EXPECT_EQ(refusal(), ErrorCode::warrant_invalid);
  // An authoriser's key in another person's name.
  world.warrant.authoriser = {"authoriser-1", "p-99"};
  EXPECT_EQ(refusal(), ErrorCode::warrant_invalid);
}

TEST_F(Attack, SamePersonTwice) {
  world.warrant.authoriser = {"authoriser-same", "p-20"};
  world.warrant_signers = {{"investigator-1", kInvestigator},
                           {"authoriser-same", kAuthoriserOfInvestigator}};
  EXPECT_EQ(refusal(), ErrorCode::warrant_same_person);
}

TEST_F(Attack, ConflictOfInterest) {
  // Whoever acts is named in the case.
  for (const char* person : {"p-20", "p-22", "p-24"}) {
    world.warrant.named = {person};
    EXPECT_EQ(refusal(world.package(), person), ErrorCode::warrant_conflict) << person;
  }
  world.warrant.named = {};
  world.warrant.reviewer = "p-20";  // the requester reviews
  EXPECT_EQ(refusal(), ErrorCode::warrant_conflict);
  world.warrant.reviewer = "p-22";  // the authoriser reviews
  EXPECT_EQ(refusal(world.package(), "'p-22' authorises"), ErrorCode::warrant_conflict);
  world.warrant.reviewer = "p-1042";  // the author reviews
  EXPECT_EQ(refusal(), ErrorCode::warrant_conflict);
  // The custodian itself: reviewer, named, author.
  world.warrant.reviewer = "p-6";
  EXPECT_EQ(refusal(world.package(), "'p-6'"), ErrorCode::warrant_conflict);
  world.warrant.reviewer = "p-24";
  world.warrant.named = {"p-6"};
  EXPECT_EQ(refusal(world.package(), "'p-6'"), ErrorCode::warrant_conflict);
  // Another custodian has no part in that.
  CheckContext second = world.context();
  second.own_key = "custodian-2";
  EXPECT_TRUE(warrant::check_request(world.package(), second));
  world.warrant.named = {"p-23"};
  EXPECT_EQ(refusal(world.package(), world.keeper_context(), "'p-23'"),
            ErrorCode::warrant_conflict);
}

TEST_F(Attack, ConflictOfRoles) {
  const auto with_role = [&](const char* role, const char* person) {
    World other;
    other.statement.roles.push_back({role, person, note_key("second-hat", kStranger)});
    return refusal(other.package(), other.context(), role);
  };
  for (const char* role : {"registrar", "auditor"}) {
    EXPECT_EQ(with_role(role, "p-20"), ErrorCode::warrant_conflict);  // requester
    EXPECT_EQ(with_role(role, "p-22"), ErrorCode::warrant_conflict);  // authoriser
    EXPECT_EQ(with_role(role, "p-6"), ErrorCode::warrant_conflict);   // this custodian
  }
  // The custodian requests or authorises.
  World requesting;
  requesting.statement.roles.push_back({"investigator", "p-6", note_key("second-hat", kStranger)});
  requesting.warrant.requester = {"second-hat", "p-6"};
  requesting.warrant_signers[0] = {"second-hat", kStranger};
  requesting.request_signer_name = "second-hat";
  requesting.request_signer = kStranger;
  EXPECT_EQ(refusal(requesting.package(), requesting.context()), ErrorCode::warrant_conflict);
}

// Row 5: a device that is not of the person the warrant names.
TEST_F(Attack, DeviceOfSomebodyElse) {
  world.warrant.authors = {{world.ben, "p-1042"}};
  auto package = world.package();
  EXPECT_EQ(refusal(package, "lacks the certificate"), ErrorCode::warrant_invalid);
  package.certificates = world.certificates;
  EXPECT_EQ(refusal(package, "p-1043"), ErrorCode::warrant_invalid);
  package.certificates[1] = replaced(package.certificates[1], "p-1043", "p-1042");
  EXPECT_EQ(refusal(package), ErrorCode::certificate_invalid);
}

TEST_F(Attack, Expired) {
  world.warrant.expires = TimeMs(kNow + 1);
  EXPECT_TRUE(warrant::check_request(world.package(), world.context()));
  world.warrant.expires = TimeMs(kNow);
  EXPECT_EQ(refusal(), ErrorCode::warrant_expired);
  world.warrant.expires = TimeMs(kNow + kDay);
  world.warrant.issued = TimeMs(kNow + kHour);
  EXPECT_EQ(refusal(world.package(), "yet to come"), ErrorCode::warrant_invalid);
}

TEST_F(Attack, Unlogged) {
  auto package = world.package();
  package.warrant.index += 1;
  EXPECT_EQ(refusal(package, "warrant"), ErrorCode::warrant_not_logged);
  package = world.package();
  package.request.hashes.back().mutable_view()[0] ^= 1;
  EXPECT_EQ(refusal(package, "request"), ErrorCode::warrant_not_logged);
  // A leaf there is, but not of a warrant.
  package = world.package();
  world.log_note(package.warrant, tlog::LeafKind::release);
  world.prove(package.warrant, world.warrant_witnessed);
  EXPECT_EQ(refusal(package), ErrorCode::log_inconsistent);
}

TEST_F(Attack, Unwitnessed) {
  world.witnesses = {};
  EXPECT_EQ(refusal(), ErrorCode::warrant_not_witnessed);
  // An organisation without witnesses opens nothing.
  world.statement.quorum = 0;
  EXPECT_EQ(refusal(), ErrorCode::warrant_not_witnessed);
}

TEST_F(Attack, WitnessQuorumShort) {
  world.witnesses.pop_back();
  EXPECT_EQ(refusal(world.package(), "asks for 2"), ErrorCode::warrant_not_witnessed);
  // The same witness twice, or a stranger, does not make up for it.
  world.witnesses.push_back(world.witnesses.front());
  EXPECT_EQ(refusal(), ErrorCode::warrant_not_witnessed);
  world.witnesses.back() = {"witness.example/three", kStranger};
  EXPECT_EQ(refusal(), ErrorCode::warrant_not_witnessed);
}

TEST_F(Attack, CheckpointOfAnotherLog) {
  auto package = world.package();
  package.request.checkpoint =
      replaced(package.request.checkpoint, "example.org/log", "example.org/lag");
  EXPECT_EQ(refusal(package), ErrorCode::log_inconsistent);
}

TEST_F(Attack, StaleCheckpoint) {
  const auto package = world.package();
  CheckContext c = world.context();
  c.now = TimeMs(world.request_witnessed.value + c.rules.checkpoint_age_ms_max);
  EXPECT_TRUE(warrant::check_request(package, c));
  c.now = TimeMs(c.now.value + 1000);
  EXPECT_EQ(refusal(package, c), ErrorCode::checkpoint_stale);
  // A clock that is wrong is no way around.
  c.now = TimeMs(world.request_witnessed.value - limits::kClockSkewMs - 1000);
  world.request_issued = TimeMs(kNow - 2 * kDay);
  EXPECT_EQ(refusal(world.package(), c, "clock"), ErrorCode::checkpoint_stale);
}

TEST_F(Attack, CoolingOff) {
  world.warrant_witnessed = TimeMs(kNow - kDay);
  EXPECT_TRUE(warrant::check_request(world.package(), world.context()));
  world.warrant_witnessed = TimeMs(kNow - kDay + 1000);
  EXPECT_EQ(refusal(world.package(), "ends at"), ErrorCode::cooling_off);
  // The first of two witnesses saw it long ago: the quorum did not.
  auto package = world.package();
  identity::SignedNote checkpoint = world.log.checkpoint(test_key(kLog));
  identity::cosign_note(checkpoint, world.witnesses[0].first, test_key(kWitness1),
                        (kNow - 2 * kDay) / 1000);
  identity::cosign_note(checkpoint, world.witnesses[1].first, test_key(kWitness2),
                        (kNow - kHour) / 1000);
  package.warrant.checkpoint = checkpoint.print();
  package.warrant.hashes = world.log.prove(package.warrant.index, world.log.size());
  EXPECT_EQ(refusal(package), ErrorCode::cooling_off);
}

TEST_F(Attack, DailyCap) {
  const auto package = world.package();
  CheckContext c = world.context();
  c.rules.records_per_day = 10;
  c.approvals = {{TimeMs(kNow - kHour), Digest(), 6}, {TimeMs(kNow - 2 * kDay), Digest(), 100}};
  EXPECT_TRUE(warrant::check_request(package, c));
  c.approvals[0].records = 7;
  EXPECT_EQ(refusal(package, c, "7 were approved"), ErrorCode::daily_cap_reached);
  // The same request again counts once.
  const auto first = warrant::check_request(package, world.context());
  c.approvals.push_back({TimeMs(kNow - kHour), first.value().request_digest, 4});
  const auto again = warrant::check_request(package, c);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again.value().repeated);
  // So it does for what is asked afterwards.
  c.approvals = {{TimeMs(kNow - kHour), Digest(), 6}, {TimeMs(kNow - kHour / 2), Digest(), 6}};
  EXPECT_TRUE(warrant::check_request(package, c));
}

TEST_F(Attack, Revoked) {
  CheckContext c = world.context();
  c.revoked = {world.warrant.digest()};
  EXPECT_EQ(refusal(world.package(), c), ErrorCode::warrant_revoked);
}

TEST_F(Attack, RollbackOfCheckpoint) {
  const auto package = world.package();
  CheckContext c = world.context();
  c.checkpoint = warrant::KnownCheckpoint{world.log.size(), world.log.root()};
  EXPECT_TRUE(warrant::check_request(package, c));
  c.checkpoint->size += 1;
  EXPECT_EQ(refusal(package, c, "rolled back"), ErrorCode::log_inconsistent);
  c.checkpoint = warrant::KnownCheckpoint{world.log.size(), Digest()};  // another tree of this size
  EXPECT_EQ(refusal(package, c), ErrorCode::log_inconsistent);
}

// Row 12: the request in an older tree than the warrant.
TEST_F(Attack, SplitViewWithinThePackage) {
  auto package = world.package();
  const auto earlier = package.warrant;
  world.log.append(Bytes(tlog::kEntrySize, 4));
  world.prove(package.warrant, world.warrant_witnessed);
  EXPECT_EQ(refusal(package, "after the warrant's"), ErrorCode::log_inconsistent);
}

TEST_F(Attack, StatementRollback) {
  const auto package = world.package();
  CheckContext c = world.context();
  c.statement.version = 2;
  EXPECT_EQ(refusal(package, c, "version 2"), ErrorCode::statement_invalid);
  c.statement.version = 1;  // the same number with another text
  EXPECT_EQ(refusal(package, c, "two"), ErrorCode::statement_invalid);
  c = world.context();
  c.statement = warrant::check_request(package, c).value().statement_known;
  EXPECT_TRUE(warrant::check_request(package, c));
}

TEST_F(Attack, StatementOfAnotherRoot) {
  auto package = world.package();
  package.statement = World::sign(world.statement.print(), {{"root", kStranger}});
  EXPECT_EQ(refusal(package), ErrorCode::wrong_root_key);
}

TEST_F(Attack, KeyThatIsNoCustodian) {
  CheckContext c = world.context();
  for (const char* key : {"keeper-1", "auditor", "nobody"}) {
    c.own_key = key;
    EXPECT_EQ(refusal(world.package(), c), ErrorCode::not_permitted);
  }
}

TEST_F(Attack, RecordTwice) {
  auto package = world.package();
  package.records[1] = package.records[0];
  EXPECT_EQ(refusal(package, "record 1"), ErrorCode::input_invalid);
  // Logged twice by a dishonest relay: two leaves, one record.
  world.chosen = {0, world.log_sealed(world.records[0].sealed)};
  EXPECT_EQ(refusal(world.package(), "twice"), ErrorCode::input_invalid);
}

TEST_F(Attack, RecordBesideTheRequest) {
  auto package = world.package();
  package.records.pop_back();
  EXPECT_EQ(refusal(package, "3 records"), ErrorCode::out_of_scope);
  // One in scope exchanged for another in scope, which the log's request does not name.
  world.chosen = {0, 1, 2};
  package = world.package();
  package.records[2].index = world.records[3].index;
  package.records[2].opening = world.records[3].opening;
  package.records[2].sealed = world.records[3].sealed;
  package.records[2].hashes = world.log.prove(world.records[3].index, world.log.size());
  EXPECT_EQ(refusal(package), ErrorCode::out_of_scope);
}

TEST_F(Attack, RecordNotInTree) {
  auto package = world.package();
  package.records[2].hashes[0].mutable_view()[5] ^= 0x10;
  EXPECT_EQ(refusal(package, "record 2"), ErrorCode::log_inconsistent);
  // A directory leaf sold as a record.
  SealedLeaf& leaf = world.records[1];
  leaf.opening.kind = tlog::LeafKind::certificate;
  leaf.index = world.log.append(leaf.opening.entry(tlog::LeafClass::ordinary));
  world.chosen = {0, 1};
  EXPECT_EQ(refusal(world.package(), "certificate"), ErrorCode::log_inconsistent);
}

TEST_F(Attack, RequestByAnother) {
  world.request_signer = kOtherInvestigator;
  world.request_signer_name = "investigator-2";
  EXPECT_EQ(refusal(world.package(), "investigator-1"), ErrorCode::warrant_signature_missing);
  world.request_signer_name = "investigator-1";  // the other's signature under this name
  EXPECT_EQ(refusal(), ErrorCode::warrant_signature_missing);
}

TEST_F(Attack, RequestAlteredOrOfAnotherWarrant) {
  auto package = world.package();
  package.request.note = replaced(package.request.note, "records 4", "records 5");
  EXPECT_EQ(refusal(package), ErrorCode::warrant_signature_invalid);
  world.bend_request = [](warrant::Request& r) { r.warrant.mutable_view()[0] ^= 1; };
  EXPECT_EQ(refusal(world.package(), "cites warrant"), ErrorCode::warrant_invalid);
  world.bend_request = [](warrant::Request& r) { r.warrant_leaf.mutable_view()[0] ^= 1; };
  EXPECT_EQ(refusal(world.package(), "leaf"), ErrorCode::warrant_invalid);
  world.bend_request = [](warrant::Request& r) { r.issued = TimeMs(kNow - 4 * kDay); };
  EXPECT_EQ(refusal(world.package(), "before the warrant"), ErrorCode::warrant_invalid);
  world.bend_request = [](warrant::Request& r) { r.organisation = "elsewhere"; };
  EXPECT_EQ(refusal(), ErrorCode::warrant_invalid);
}

}  // namespace
}  // namespace candour::tests
