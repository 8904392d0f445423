// A world in which a request under warrant is right in every respect: an organisation, a log with
// real tree, checkpoints and cosignatures, records really sealed to real custodians, a warrant
// signed by two people, and a request for what is in its scope. A test bends one thing (a field
// before `package()`, or the package after it) and looks who notices.
//
// Everything is made from fixed keys and seeded randomness: every run is the same.
#pragma once

#include <algorithm>
#include <functional>

#include "tests/identity/organisation.h"
#include "tests/seal/fixtures.h"
#include "tests/warrant/test_log.h"
#include "warrant/open/checks.h"
#include "warrant/open/oversight.h"
#include "warrant/open/share.h"

namespace candour::tests {

/// Key numbers beside those of tests/identity/organisation.h.
inline constexpr std::uint8_t kInvestigator = 60;
inline constexpr std::uint8_t kOtherInvestigator = 61;
inline constexpr std::uint8_t kAuthoriser = 62;
inline constexpr std::uint8_t kAuthoriserOfInvestigator = 63;  // held by the investigator's person
inline constexpr std::uint8_t kKeeper = 64;
inline constexpr std::uint8_t kDeviceOfAmy = 65;
inline constexpr std::uint8_t kDeviceOfBen = 66;

inline constexpr std::uint64_t kHour = 3'600'000;
inline constexpr std::uint64_t kDay = 24 * kHour;
/// The custodian's clock.
inline constexpr std::uint64_t kNow = 1'772'000'000'000;

using Signers = std::vector<std::pair<std::string, std::uint8_t>>;

/// A sealed record as it lies in the log.
struct SealedLeaf {
  std::uint64_t index = 0;
  tlog::LeafOpening opening;
  Bytes sealed;
};

/// A share of the key of group "internal" (2 of 3).
struct WorldShare {
  std::uint32_t index = 0;
  crypto::Scalar value;
  crypto::Point verification_key;
};

class World {
 public:
  /// `clock` is the custodian's; programs run by a test need the machine's.
  explicit World(std::uint64_t clock = kNow) : now(clock) {
    make_shares();
    make_statement();
    for (const std::uint64_t days : {0, 10, 40}) {
      const std::string period = warrant::period_of(TimeMs(now - days * kDay));
      EXPECT_TRUE(retention.add_missing({"ordinary"}, {period}, random));
    }
    make_certificates();
    log.append(Bytes(tlog::kEntrySize, 1));  // somebody else's leaf
    // 0 to 3: in scope. 4: other group. 5, 6: other author. 7: before the period.
    for (unsigned i = 0; i < 4; ++i) add_record(amy, group_a, TimeMs(now - (10 + i) * kDay));
    add_record(amy, group_b, TimeMs(now - 12 * kDay));
    add_record(ben, group_a, TimeMs(now - 12 * kDay));
    add_record(ben, group_b, TimeMs(now - 13 * kDay));
    add_record(amy, group_a, TimeMs(now - 40 * kDay));
    chosen = {0, 1, 2, 3};
    make_warrant();
  }

  // ---- what a test may bend before package() ------------------------------------------------

  std::uint64_t now;
  warrant::testing_only::SeededRandom random{1};
  identity::Statement statement;
  std::vector<WorldShare> shares;
  crypto::Point escrow = crypto::Point::base();
  warrant::RetentionKeys retention;
  TestLog log{"example.org/log"};
  DeviceId amy = identity::device_id(test_key(kDeviceOfAmy).public_key());
  DeviceId ben = identity::device_id(test_key(kDeviceOfBen).public_key());
  GroupId group_a = warrant::testing_only::filled<GroupId>(0xA1);
  GroupId group_b = warrant::testing_only::filled<GroupId>(0xB2);
  std::vector<std::string> certificates;  // of amy and ben
  std::vector<SealedLeaf> records;
  std::vector<std::size_t> chosen;  // which of `records` the request asks for

  warrant::Warrant warrant;
  Signers warrant_signers = {{"investigator-1", kInvestigator}, {"authoriser-1", kAuthoriser}};
  std::uint8_t request_signer = kInvestigator;
  std::string request_signer_name = "investigator-1";
  std::function<void(warrant::Request&)> bend_request = [](warrant::Request&) {};
  TimeMs warrant_witnessed{now - 2 * kDay};
  TimeMs request_issued{now - kHour};
  TimeMs request_witnessed{now - kHour / 2};
  Signers witnesses = {{"witness.example/one", kWitness1}, {"witness.example/two", kWitness2}};
  crypto::SealingKey reply_key = test_sealing_key(kInvestigator);

  // ---- what it makes ------------------------------------------------------------------------

  identity::NoteKey root() const { return note_key("root", kRoot); }

  std::string statement_note() const { return sign(statement.print(), {{"root", kRoot}}); }

  std::string warrant_note() const { return sign(warrant.print(), warrant_signers); }

  /// A request that every custodian and the keeper approves, as long as nothing was bent.
  warrant::RequestPackage package() {
    warrant::RequestPackage out;
    out.statement = statement_note();
    out.certificates = {certificates[0]};
    out.warrant.note = warrant_note();
    log_note(out.warrant, tlog::LeafKind::warrant);
    prove(out.warrant, warrant_witnessed);
    log.append(Bytes(tlog::kEntrySize, 2));
    out.request.note = request_note(out.warrant);
    log_note(out.request, tlog::LeafKind::request);
    log.append(Bytes(tlog::kEntrySize, 3));
    prove(out.request, request_witnessed);
    for (const std::size_t i : chosen) {
      const SealedLeaf& leaf = records[i];
      out.records.push_back(
          {leaf.index, leaf.opening, log.prove(leaf.index, log.size()), leaf.sealed});
    }
    return out;
  }

  /// What custodian 1 knows and has set.
  warrant::CheckContext context() const {
    warrant::CheckContext c;
    c.root = root();
    c.own_key = "custodian-1";
    c.now = TimeMs(now);
    return c;
  }
  /// The share of custodian 1, 2 or 3.
  warrant::EscrowShare share(std::uint32_t index) const {
    warrant::EscrowShare out{{"internal", 2, 3, index, escrow, {}},
                             shares[index - 1].value.clone()};
    for (const WorldShare& one : shares) out.verification_keys.push_back(one.verification_key);
    return out;
  }

  warrant::CheckContext keeper_context() const {
    warrant::CheckContext c = context();
    c.role = warrant::CustodyRole::keeper;
    c.own_key = "keeper-1";
    return c;
  }

  /// Seals a record to the custodians and logs it; returns its place in `records`.
  std::size_t add_record(const DeviceId& sender, const GroupId& group, TimeMs time) {
    warrant::Record r = warrant::testing_only::make_record();
    r.id = random.id<RecordId>();
    r.group = group;
    r.sender = sender;
    r.bot_time = time;
    r.sender_time = time;
    return add_record(r);
  }
  std::size_t add_record(const warrant::Record& record) {
    warrant::SealingPool pool(escrow, 1);
    auto sealed = warrant::seal_record(record, log.origin(), "ordinary", retention, pool, random);
    EXPECT_TRUE(sealed);
    return log_sealed(sealed.value(), record.kind);
  }
  /// Logs any bytes as if they were a sealed record: what a dishonest relay and bot could do.
  std::size_t log_sealed(const Bytes& sealed, tlog::LeafKind kind = tlog::LeafKind::message) {
    SealedLeaf leaf;
    leaf.opening.kind = kind;
    leaf.opening.salt = random.id<Digest>();
    leaf.opening.object_hash = crypto::sha256(sealed);
    leaf.index = log.append(leaf.opening.entry(tlog::LeafClass::ordinary));
    leaf.sealed = sealed;
    records.push_back(leaf);
    return records.size() - 1;
  }

  static std::string sign(const std::string& text, const Signers& signers) {
    identity::SignedNote note{text, {}};
    for (const auto& [name, number] : signers) {
      identity::sign_note(note, name, test_key(number));
    }
    return note.print();
  }

  void log_note(warrant::LoggedNote& logged, tlog::LeafKind kind) {
    logged.opening = warrant::make_note_opening(kind, logged.note, random);
    logged.index = log.append(logged.opening.entry(tlog::LeafClass::opening));
  }
  /// A checkpoint over the log as it is now, cosigned at `time`, and the inclusion in it.
  void prove(warrant::LoggedNote& logged, TimeMs time) {
    logged.checkpoint = checkpoint(time);
    logged.hashes = log.prove(logged.index, log.size());
  }
  std::string checkpoint(TimeMs time) const {
    identity::SignedNote note = log.checkpoint(test_key(kLog));
    for (const auto& [name, number] : witnesses) {
      identity::cosign_note(note, name, test_key(number), time.value / 1000);
    }
    return note.print();
  }

  std::string request_note(const warrant::LoggedNote& logged_warrant) {
    warrant::Request r;
    r.organisation = statement.id;
    r.warrant = warrant.digest();
    r.warrant_leaf = tlog::leaf_hash(logged_warrant.opening.entry(tlog::LeafClass::opening));
    std::vector<warrant::RequestedLeaf> leaves;
    for (const std::size_t i : chosen) {
      leaves.push_back(
          {records[i].index, tlog::leaf_hash(records[i].opening.entry(tlog::LeafClass::ordinary))});
    }
    r.records = leaves.size();
    r.records_digest = warrant::records_digest(leaves);
    r.reply_key = reply_key.public_key();
    r.issued = request_issued;
    bend_request(r);
    return sign(r.print(), {{request_signer_name, request_signer}});
  }

 private:
  void make_shares() {
    const crypto::Scalar secret = crypto::Scalar::random(random);
    const crypto::Scalar slope = crypto::Scalar::random(random);
    escrow = *secret.times_base();
    for (std::uint32_t i = 1; i <= 3; ++i) {
      crypto::Scalar value = secret.plus(slope.times(crypto::Scalar::from_u64(i)));
      crypto::Point point = *value.times_base();
      shares.push_back({i, std::move(value), point});
    }
  }

  void make_statement() {
    statement = test_statement();
    identity::CustodianGroup group{"internal", 2, 3, 1, to_bytes(escrow.encoded()), {}};
    for (const WorldShare& share : shares) {
      group.members.push_back({share.index, "custodian-" + std::to_string(share.index),
                               to_bytes(share.verification_key.encoded())});
    }
    statement.custodians = {group};
    statement.roles.push_back({"investigator", "p-20", note_key("investigator-1", kInvestigator)});
    statement.roles.push_back(
        {"investigator", "p-21", note_key("investigator-2", kOtherInvestigator)});
    statement.roles.push_back({"authoriser", "p-22", note_key("authoriser-1", kAuthoriser)});
    statement.roles.push_back(
        {"authoriser", "p-20", note_key("authoriser-same", kAuthoriserOfInvestigator)});
    statement.roles.push_back({"keeper", "p-23", note_key("keeper-1", kKeeper)});
  }

  void make_certificates() {
    for (const auto& [number, person] :
         {std::pair{kDeviceOfAmy, "p-1042"}, std::pair{kDeviceOfBen, "p-1043"}}) {
      identity::Certificate c;
      c.subject = test_enrolment();
      c.subject.signing_key = test_key(number).public_key();
      c.subject.person = person;
      c.not_before = TimeMs(now - 300 * kDay);
      c.not_after = TimeMs(now + 300 * kDay);
      certificates.push_back(
          sign(c.print(), {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}}));
    }
  }

  void make_warrant() {
    warrant.organisation = statement.id;
    warrant.log = statement.log.name;
    warrant.case_name = "PSD-2026-0117";
    warrant.legal_basis = {"Police (Conduct) Regulations 2020, part 3"};
    warrant.severity = {"Gross misconduct if proven"};
    warrant.purpose = {"To establish whether messages were sent", "as two witnesses describe."};
    warrant.necessity = {"No other source holds the messages."};
    warrant.proportionality = {"One author, one group, one month."};
    warrant.collateral_intrusion = {"Replies by others stay sealed."};
    warrant.requester = {"investigator-1", "p-20"};
    warrant.authoriser = {"authoriser-1", "p-22"};
    warrant.reviewer = "p-24";
    warrant.authors = {{amy, "p-1042"}};
    warrant.groups = {{group_a, "Team A"}};
    warrant.from = TimeMs(now - 31 * kDay);
    warrant.until = TimeMs(now - 5 * kDay);
    warrant.issued = TimeMs(now - 3 * kDay);
    warrant.expires = TimeMs(now + 30 * kDay);
    warrant.sealed_until = TimeMs(now + 300 * kDay);
  }
};

}  // namespace candour::tests
