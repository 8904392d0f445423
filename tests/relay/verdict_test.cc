// Goal: a message passes only with a verdict that is the bot's, in order, over exactly this
// ciphertext and log leaf; a repeat is harmless and a contradiction stops the group. Method:
// verdicts that are wrong in one way each, then the right one, which must still work.
#include "crypto/hash.h"
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Verdicts : public RelayTest {
 protected:
  v1::Check check() {
    EXPECT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
    return bot->next_check();
  }
  /// The verdict with its token changed and signed again.
  v1::ClientFrame with_token(v1::ClientFrame frame,
                             const std::function<void(identity::ReleaseToken&)>& change,
                             const crypto::SigningKey* key = nullptr) {
    auto token = identity::ReleaseToken::decode(as_bytes(frame.verdict().token())).value();
    change(token);
    frame.mutable_verdict()->set_token(
        wire::to_field(token.sign(key != nullptr ? *key : world.bot.key)));
    return frame;
  }
};

TEST_F(Verdicts, I12_WrongTokensAreRefusedAndTheRightOneStillWorks) {
  const auto good = bot->release(check());
  using Token = identity::ReleaseToken;
  const std::function<void(Token&)> changes[] = {
      [](Token& t) { t.log_origin = "elsewhere.example/log"; },
      [](Token& t) { t.group.mutable_view()[0] ^= 1; },
      [](Token& t) { t.epoch = t.epoch.next(); },
      [](Token& t) { t.kind = identity::SubmissionKind::commit; },
      [](Token& t) { t.seq = t.seq.next(); },
      [](Token& t) { t.previous.mutable_view()[3] ^= 1; },
      [](Token& t) { t.message_id.mutable_view()[0] ^= 1; },
      [](Token& t) { t.ciphertext_hash.mutable_view()[0] ^= 1; },
      [](Token& t) { t.content_commitment.mutable_view()[0] ^= 1; },
      [](Token& t) { t.leaf_hash.mutable_view()[0] ^= 1; },
  };
  for (const auto& change : changes) {
    EXPECT_EQ(bot->peer().refusal(with_token(good, change)), ErrorCode::token_invalid);
  }
  EXPECT_EQ(bot->peer().refusal(with_token(
                good, [](Token&) {}, &amy.key)),
            ErrorCode::token_invalid);
  auto none = good;
  none.mutable_verdict()->clear_token();
  EXPECT_EQ(bot->peer().refusal(none), ErrorCode::token_missing);
  EXPECT_TRUE(b->quiet(Body::kDeliver));
  EXPECT_EQ(bot->give(good).body_case(), Body::kDone);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().token(), good.verdict().token());
}

TEST_F(Verdicts, I3_NothingIsReleasedWithoutItsRecordInTheLog) {
  const auto good = bot->release(check());
  const auto refused = [&](const std::function<void(v1::Verdict&)>& change) {
    auto frame = good;
    change(*frame.mutable_verdict());
    return bot->peer().refusal(frame);
  };
  EXPECT_EQ(refused([](v1::Verdict& v) { v.clear_log(); }), ErrorCode::token_invalid);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.mutable_log(0)->clear_record(); }),
            ErrorCode::input_invalid);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.mutable_log(0)->set_record("another"); }),
            ErrorCode::input_invalid);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.mutable_log(0)->mutable_entry()->at(5) ^= 1; }),
            ErrorCode::input_invalid);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.set_roster("roster"); }), ErrorCode::input_invalid);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.clear_outcome(); }), ErrorCode::frame_malformed);
  EXPECT_EQ(refused([](v1::Verdict& v) { v.set_message_id(std::string(16, 'z')); }),
            ErrorCode::not_found);
  EXPECT_EQ(refused([&](v1::Verdict& v) {
              auto& mail = *v.add_mail();
              mail.set_device(std::string(32, 'd'));
              mail.set_kind(v1::REPLY);
              mail.set_body("x");
            }),
            ErrorCode::unknown_device);
  EXPECT_EQ(bot->give(good).body_case(), Body::kDone);
}

TEST_F(Verdicts, I4_RepeatedVerdictGetsTheSameAnswer) {
  const auto good = bot->release(check());
  const auto first = bot->give(good).done();
  const auto again = bot->peer().call(good).done();
  EXPECT_FALSE(first.duplicate());
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(first.number(), again.number());
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), first.number());
  EXPECT_TRUE(b->quiet(Body::kDeliver));
}

TEST_F(Verdicts, ContradictionStopsTheGroup) {
  const auto submission = check();
  ASSERT_EQ(bot->give(bot->release(submission)).body_case(), Body::kDone);
  EXPECT_EQ(bot->peer().refusal(bot->withhold(submission, amy.id())), ErrorCode::group_stopped);
  EXPECT_EQ(b->next(Body::kFailure).failure().code(), "group_stopped");
  EXPECT_EQ(a->refusal(submit()), ErrorCode::group_stopped);
  EXPECT_NE(as_text(world.admin("/readyz").body).find("group_stopped"), std::string_view::npos);
  // Other groups go on.
  const auto other = world.random.id<GroupId>();
  bot->create_group(other, {amy.id()});
  EXPECT_EQ(a->call(submit_frame(world, other, world.random.id<MessageId>(), 1)).body_case(),
            Body::kSubmitted);
}

TEST_F(Verdicts, WithheldIsNotDeliveredAndTheSenderGetsItsReply) {
  const auto submission = check();
  const auto verdict = bot->withhold(submission, amy.id());
  EXPECT_EQ(bot->give(verdict).done().number(), 0u);
  const auto mail = a->next(Body::kMail).mail();
  EXPECT_EQ(mail.kind(), v1::REPLY);
  EXPECT_EQ(mail.about(), submission.submit().message_id());
  EXPECT_EQ(mail.body(), verdict.verdict().mail(0).body());
  EXPECT_TRUE(b->quiet(Body::kDeliver));
  // The delivery numbers have no gap.
  ASSERT_EQ(bot->give(bot->release(check())).body_case(), Body::kDone);
  EXPECT_EQ(b->next(Body::kDeliver).deliver().seq(), 2u);
}

TEST_F(Verdicts, SameMessageIdFromTwoDevicesIsTwoMessages) {
  const auto frame = submit();
  ASSERT_EQ(a->call(frame).body_case(), Body::kSubmitted);
  ASSERT_EQ(b->call(frame).body_case(), Body::kSubmitted);
  EXPECT_EQ(bot->release_next().body_case(), Body::kDone);
  EXPECT_EQ(bot->give(bot->withhold(bot->next_check(), ben.id())).body_case(), Body::kDone);
  EXPECT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
}

TEST_F(Verdicts, RosterWithoutTheBotOrWithStrangersIsRefused) {
  ASSERT_EQ(bot->peer().call(bot->commit_frame(group, world.random.id<MessageId>(), 1)).body_case(),
            Body::kSubmitted);
  const auto submission = bot->next_check();
  const auto stranger = world.make_device(220, "p-stranger", "officer");
  EXPECT_EQ(bot->peer().refusal(bot->release(submission, {stranger.id()})),
            ErrorCode::unknown_device);
  auto none = bot->release(submission, {amy.id()});
  none.mutable_verdict()->clear_roster();
  EXPECT_EQ(bot->peer().refusal(none), ErrorCode::input_invalid);
  EXPECT_EQ(bot->give(bot->release(submission, {amy.id()})).body_case(), Body::kDone);
  EXPECT_EQ(b->refusal(submit(2)), ErrorCode::not_a_member);
  EXPECT_EQ(a->call(submit(2)).body_case(), Body::kSubmitted);
}

/// The log entry of another record, with everything but what the test changes in place.
v1::LogEntry entry_of(World& world, const Bytes& record, const RecordId& id,
                      tlog::LeafKind kind = tlog::LeafKind::message,
                      tlog::LeafClass leaf_class = tlog::LeafClass::ordinary) {
  tlog::LeafOpening opening;
  opening.kind = kind;
  opening.salt = world.random.id<Digest>();
  opening.object_hash = crypto::sha256(record);
  v1::LogEntry entry;
  entry.set_record_id(wire::to_field(id));
  entry.set_entry(wire::to_field(opening.entry(leaf_class)));
  entry.set_opening(wire::to_field(opening.encode()));
  entry.set_record(wire::to_field(record));
  return entry;
}

TEST_F(Verdicts, RecordsAreTakenOnlyUnderTheirOwnLabelsAndAsOrdinaryLeaves) {
  const auto id = world.random.id<RecordId>();
  const Bytes good = record_like(world, id, group, amy.id());
  const auto appended = [&](const v1::LogEntry& entry) {
    v1::ClientFrame frame;
    *frame.mutable_append_record()->mutable_log() = entry;
    return bot->peer().call(frame);
  };
  const auto refused = [&](const v1::LogEntry& entry) {
    const auto answer = appended(entry);
    EXPECT_EQ(answer.body_case(), Body::kFailure);
    return answer.failure().code() == "input_invalid";
  };
  EXPECT_TRUE(refused(entry_of(world, good, world.random.id<RecordId>()))) << "another id";
  EXPECT_TRUE(
      refused(entry_of(world, record_like(world, id, group, amy.id(), "example.com/log"), id)))
      << "another log";
  EXPECT_TRUE(refused(entry_of(world, world.random.bytes(300), id))) << "no label";
  EXPECT_TRUE(refused(entry_of(world, good, id, tlog::LeafKind::warrant))) << "no bot's kind";
  EXPECT_TRUE(
      refused(entry_of(world, good, id, tlog::LeafKind::message, tlog::LeafClass::directory)));
  EXPECT_TRUE(
      refused(entry_of(world, good, id, tlog::LeafKind::message, tlog::LeafClass::opening)));
  // The same in a verdict.
  auto verdict = bot->release(check());
  *verdict.mutable_verdict()->mutable_log(0) = entry_of(world, good, world.random.id<RecordId>());
  EXPECT_EQ(bot->peer().refusal(verdict), ErrorCode::input_invalid);
  EXPECT_EQ(appended(entry_of(world, good, id)).body_case(), Body::kDone);
}

TEST_F(Verdicts, AppendedRecordIsIdempotent) {
  const auto release = bot->release(check());
  v1::ClientFrame frame;
  *frame.mutable_append_record()->mutable_log() = release.verdict().log(0);
  const auto first = bot->peer().call(frame).done();
  const auto again = bot->peer().call(frame).done();
  EXPECT_FALSE(first.duplicate());
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(first.number(), again.number());
  auto& mail = *frame.mutable_append_record()->add_mail();
  mail.set_device(wire::to_field(amy.id()));
  mail.set_kind(v1::ALERT);
  mail.set_body("x");
  EXPECT_EQ(bot->peer().refusal(frame), ErrorCode::already_exists);
}

}  // namespace
}  // namespace candour::tests
