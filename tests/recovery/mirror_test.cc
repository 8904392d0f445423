// Goal: a mirror holds nothing it did not check, loses nothing it confirmed, and its witness
// cosigns nothing it does not hold. Method: leaves as a relay would send them, right ones and ones
// wrong in one way each; the copy is audited by the code that audits a relay's log.
#include "crypto/hash.h"
#include "ctl/log/audit.h"
#include "ctl/witness/mirror_store.h"
#include "ctl/witness/store.h"
#include "tests/ctl/program.h"
#include "tests/identity/organisation.h"
#include "tlog/record_label.h"
#include "tlog/witness.h"

namespace candour::tests {
namespace {

constexpr const char* kOrigin = "example.org/log";

class Mirror : public CtlTest {
 protected:
  Mirror() { open(); }
  void open() {
    store.reset();
    auto opened = ctl::MirrorStore::open(path("mirror"), kOrigin);
    ASSERT_TRUE(opened) << opened.error().message;
    store = std::move(opened).value();
  }
  static std::string wire(ByteView bytes) { return std::string(as_text(bytes)); }

  v1::LogItem record(std::uint8_t number, const char* origin = kOrigin) {
    tlog::RecordLabel label;
    label.log_origin = origin;
    label.record = RecordId::from(Bytes(16, number)).value();
    label.bot_time = TimeMs(1'790'000'000'000 + number);
    label.retention_class = "ordinary";
    label.period = "2026";
    Writer sealed;
    sealed.u8(1);
    sealed.u16(tlog::kSealSuite);
    sealed.vec(label.encode());
    sealed.raw(Bytes(100, number));
    tlog::LeafOpening opening;
    opening.kind = tlog::LeafKind::message;
    opening.object_hash = crypto::sha256(sealed.view());
    v1::LogItem item;
    item.set_entry(wire(opening.entry(tlog::LeafClass::ordinary)));
    item.set_opening(wire(opening.encode()));
    item.set_record_id(wire(label.record.view()));
    item.set_record(wire(sealed.view()));
    return item;
  }
  v1::LogItem statement() {
    const std::string object = signed_text(test_statement().print(), {{"root", kRoot}});
    tlog::LeafOpening opening;
    opening.kind = tlog::LeafKind::statement;
    opening.object_hash = crypto::sha256(as_bytes(object));
    v1::LogItem item;
    item.set_entry(wire(opening.entry(tlog::LeafClass::directory)));
    item.set_opening(wire(opening.encode()));
    item.set_kind(v1::STATEMENT);
    item.set_object(object);
    return item;
  }
  /// What the relay's log is; `take` puts leaves into it.
  void grow(const v1::LogItem& item) { log.append(tlog::leaf_hash(as_bytes(item.entry()))); }
  void take(const v1::LogItem& item) {
    const Status staged = store->stage(item, nullptr);
    ASSERT_TRUE(staged) << staged.error().message;
    grow(item);
  }
  tlog::Checkpoint checkpoint() const { return {kOrigin, log.size(), log.root(), {}}; }
  Status confirm() {
    return store->confirm(checkpoint(),
                          tlog::sign_checkpoint(checkpoint(), test_key(kLog)).print());
  }
  ctl::AuditReport audit() {
    auto db = ctl::LogDb::open(path("mirror") / "relay.db");
    EXPECT_TRUE(db);
    ctl::AuditOptions options;
    options.root = note_key("root", kRoot);
    auto report = ctl::audit_log(*db.value(), options);
    EXPECT_TRUE(report);
    return report.value();
  }

  std::unique_ptr<ctl::MirrorStore> store;
  tlog::Frontier log;
};

TEST_F(Mirror, WhatWasConfirmedIsALogLikeTheRelays) {
  take(statement());
  for (std::uint8_t i = 1; i <= 5; ++i) take(record(i));
  ASSERT_TRUE(confirm());
  open();
  EXPECT_EQ(store->next(), 6u);
  for (std::uint8_t i = 6; i <= 9; ++i) take(record(i));
  ASSERT_TRUE(confirm());
  EXPECT_TRUE(confirm());  // the same again
  store.reset();
  const auto report = audit();
  EXPECT_TRUE(report.ok()) << report.fault->reason;
  EXPECT_EQ(report.size, 10u);
  EXPECT_EQ(report.records, 9u);
  EXPECT_EQ(report.root, log.root());
}

TEST_F(Mirror, LeavesThatDoNotFitAreRefused) {
  const auto refused = [&](v1::LogItem item) {
    const Status staged = store->stage(item, nullptr);
    EXPECT_FALSE(staged);
    return staged ? ErrorCode::internal : staged.error().code;
  };
  auto item = record(1);
  (*item.mutable_record())[150] ^= 1;
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  item = record(1);
  (*item.mutable_entry())[20] ^= 1;
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  item = record(1);
  item.mutable_entry()->pop_back();
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  item = record(1);
  item.set_record_id(wire(Bytes(16, 9)));
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  EXPECT_EQ(refused(record(1, "another.example/log")), ErrorCode::log_inconsistent);
  item = statement();
  item.set_kind(v1::NOTICE);
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  item = statement();
  item.mutable_object()->pop_back();
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  item = record(1);
  (*item.mutable_entry())[1] = 3;  // of class opening, and there is no notice
  item.clear_opening();
  EXPECT_EQ(refused(item), ErrorCode::log_inconsistent);
  EXPECT_EQ(store->next(), 0u);
}

TEST_F(Mirror, AnotherTreeIsNotKept) {
  take(record(1));
  ASSERT_TRUE(confirm());
  ASSERT_TRUE(store->stage(record(2), nullptr));
  grow(record(3));  // the log has another leaf there
  EXPECT_EQ(code_of(confirm()), ErrorCode::log_inconsistent);
  EXPECT_EQ(store->next(), 1u);
  ASSERT_TRUE(store->stage(record(3), nullptr));
  EXPECT_TRUE(confirm());
  store.reset();
  EXPECT_EQ(audit().size, 2u);
}

TEST_F(Mirror, FarBehindItWritesFirstAndIsOfNoUseWhenTheTreeIsAnother) {
  ASSERT_TRUE(store->stage(record(1), nullptr));
  ASSERT_TRUE(store->write());
  open();
  EXPECT_EQ(store->next(), 1u);
  grow(record(2));
  EXPECT_EQ(code_of(confirm()), ErrorCode::state_damaged);
}

TEST_F(Mirror, OneAtATime) {
  EXPECT_EQ(code_of(ctl::MirrorStore::open(path("mirror"), kOrigin)), ErrorCode::state_locked);
}

TEST_F(Mirror, TheWitnessCosignsNothingThatIsNotMirrored) {
  const crypto::SigningKey key = test_key(kWitness1);
  const tlog::WitnessIdentity me{"witness.example/one", key};
  auto witness = ctl::WitnessStore::open(path("w"), {test_statement().log}).value();
  grow(record(1));
  const tlog::AddCheckpoint request{
      0, {}, tlog::sign_checkpoint(checkpoint(), test_key(kLog)).print()};
  const auto answer = [&](Status outcome) {
    return witness->add_checkpoint(request.print(), me, TimeMs(5000),
                                   [&](std::string_view) { return outcome; });
  };
  const auto away = answer(error(ErrorCode::cannot_connect, "the relay is away")).value();
  EXPECT_EQ(away.status, 503u);
  EXPECT_FALSE(away.new_state);
  EXPECT_EQ(answer(error(ErrorCode::log_inconsistent, "another tree")).value().status, 422u);
  EXPECT_FALSE(witness->checkpoint(tlog::origin_hash(kOrigin)));
  EXPECT_EQ(answer(ok()).value().status, 200u);
  EXPECT_TRUE(witness->checkpoint(tlog::origin_hash(kOrigin)));
}

}  // namespace
}  // namespace candour::tests
