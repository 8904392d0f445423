// Goal: notices, policy notes, acknowledgements, rosters, release tokens and login transcripts
// verify under the right key and under nothing else. Method: one good object of each kind; then
// wrong signers, one person twice, changed and cut bytes, fields out of place.
#include <gtest/gtest.h>

#include <functional>

#include "base/limits.h"
#include "identity/login.h"
#include "identity/notice.h"
#include "identity/pack_note.h"
#include "identity/roster.h"
#include "identity/token.h"
#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using namespace candour::tests;

/// No change of one bit and no shortening of `bytes` may be accepted.
void expect_no_change_passes(const Bytes& bytes, const std::function<bool(ByteView)>& accepts) {
  ASSERT_TRUE(accepts(bytes));
  for (std::size_t i = 0; i < bytes.size() * 8; ++i) {
    Bytes changed = bytes;
    changed[i / 8] = static_cast<std::uint8_t>(changed[i / 8] ^ (1u << (i % 8)));
    EXPECT_FALSE(accepts(changed)) << "bit " << i;
  }
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(accepts(ByteView(bytes).first(size))) << "size " << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(accepts(longer));
}

Notice good_notice() {
  return {"example-constabulary",
          3,
          TimeMs(1'769'846'400'000),
          {"Messages in Candour are checked.", "", "Not for operational command."}};
}

TEST(Notice, NeedsAuthorAndApproverWhoAreTwoPeople) {
  const Statement statement = test_statement();
  const std::string text = good_notice().print();
  const auto verified =
      Notice::verify(signed_text(text, {{"author", kAuthor}, {"approver", kApprover}}), statement);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().lines, good_notice().lines);
  EXPECT_EQ(verified.value().version, 3u);
  const auto code = [&](std::initializer_list<std::pair<const char*, KeyNumber>> signers) {
    return code_of(Notice::verify(signed_text(text, signers), statement));
  };
  EXPECT_EQ(code({{"author", kAuthor}}), ErrorCode::signature_invalid);
  EXPECT_EQ(code({{"approver", kApprover}}), ErrorCode::signature_invalid);
  EXPECT_EQ(code({{"author", kAuthor}, {"approver-author", kApproverOfAuthor}}),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code({{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}}),
            ErrorCode::signature_invalid);
}

TEST(Notice, RefusesForeignOrEmptyOnes) {
  Notice foreign = good_notice();
  foreign.organisation = "other";
  EXPECT_EQ(code_of(Notice::verify(
                signed_text(foreign.print(), {{"author", kAuthor}, {"approver", kApprover}}),
                test_statement())),
            ErrorCode::foreign_certificate);
  Notice empty = good_notice();
  empty.lines.clear();
  EXPECT_EQ(code_of(Notice::verify(
                signed_text(empty.print(), {{"author", kAuthor}, {"approver", kApprover}}),
                test_statement())),
            ErrorCode::note_malformed);
}

TEST(NoticeAck, IsTheDevicesOwnWord) {
  const SignedNote note{good_notice().print(), {}};
  const NoticeAck ack{device_id(test_key(kDevice).public_key()), note_digest(note), TimeMs(5)};
  const Bytes bytes = ack.sign(test_key(kDevice));
  EXPECT_EQ(bytes.size(), 137u);
  const auto key = test_key(kDevice).public_key();
  expect_no_change_passes(bytes, [&](ByteView b) { return NoticeAck::verify(b, key).has_value(); });
  EXPECT_EQ(NoticeAck::device_of(bytes).value(), ack.device);
  EXPECT_EQ(NoticeAck::verify(bytes, key).value().notice, ack.notice);
  EXPECT_EQ(code_of(NoticeAck::verify(bytes, test_key(kStranger).public_key())),
            ErrorCode::signature_invalid);
}

TEST(PackNote, NeedsAuthorAndApproverWhoAreTwoPeople) {
  const Statement statement = test_statement();
  const std::string text = "candour-policy/v1\ncore\n1\nsha256 00 rules.toml\n";
  const std::string good = signed_text(text, {{"author", kAuthor}, {"approver", kApprover}});
  const auto verified = PackNote::verify(good, statement);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().digest, note_digest(verified.value().note));
  EXPECT_EQ(code_of(PackNote::verify(signed_text(text, {{"author", kAuthor}}), statement)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(PackNote::verify(replaced(good, "core", "gore"), statement)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(PackNote::verify(
                signed_text(good_notice().print(), {{"author", kAuthor}, {"approver", kApprover}}),
                statement)),
            ErrorCode::note_malformed);
}

Roster good_roster() {
  Roster r;
  r.group.mutable_view()[0] = 1;
  r.mls_group = Bytes(16, 7);
  r.epoch = Epoch(4);
  r.group_class = "ordinary";
  r.members = {{device_id(test_key(kBot).public_key()), 0, false},
               {device_id(test_key(kDevice).public_key()), 2, true}};
  return r;
}

TEST(Roster, IsTheBotsWordAboutItsGroup) {
  const auto bot = test_key(kBot).public_key();
  const Bytes bytes = good_roster().sign(test_key(kBot));
  const auto verified = Roster::verify(bytes, bot);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().members, good_roster().members);
  EXPECT_EQ(verified.value().group_class, "ordinary");
  expect_no_change_passes(bytes, [&](ByteView b) { return Roster::verify(b, bot).has_value(); });
  EXPECT_EQ(code_of(Roster::verify(good_roster().sign(test_key(kStranger)), bot)),
            ErrorCode::signature_invalid);
}

TEST(Roster, RefusesDoublesAndAMissingBot) {
  const auto bot = test_key(kBot).public_key();
  const auto code = [&](auto change) {
    Roster r = good_roster();
    change(r);
    return code_of(Roster::verify(r.sign(test_key(kBot)), bot));
  };
  EXPECT_EQ(code([](Roster& r) { r.members.erase(r.members.begin()); }),
            ErrorCode::bot_leaf_missing);
  EXPECT_EQ(code([](Roster& r) { r.members[0].leaf = 1; }), ErrorCode::bot_leaf_missing);
  EXPECT_EQ(code([](Roster& r) { r.members.push_back(r.members[1]); }), ErrorCode::input_invalid);
  EXPECT_EQ(code([](Roster& r) { r.members[1].leaf = 0; }), ErrorCode::input_invalid);
  EXPECT_EQ(code([](Roster& r) { r.members.resize(limits::kGroupMembersMax + 2); }),
            ErrorCode::input_invalid);
}

ReleaseToken good_token() {
  ReleaseToken t;
  t.log_origin = "example.org/log";
  t.group.mutable_view()[0] = 1;
  t.epoch = Epoch(2);
  t.seq = Seq(1);
  t.message_id.mutable_view()[0] = 3;
  t.ciphertext_hash.mutable_view()[0] = 4;
  return t;
}

TEST(ReleaseToken, VerifiesOnlyUnderTheBot) {
  const auto bot = test_key(kBot).public_key();
  const Bytes bytes = good_token().sign(test_key(kBot));
  const auto verified = ReleaseToken::verify(bytes, bot);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().hash(), good_token().hash());
  EXPECT_EQ(verified.value().log_origin, "example.org/log");
  expect_no_change_passes(bytes,
                          [&](ByteView b) { return ReleaseToken::verify(b, bot).has_value(); });
  EXPECT_EQ(code_of(ReleaseToken::verify(bytes, test_key(kStranger).public_key())),
            ErrorCode::token_invalid);
  EXPECT_TRUE(ReleaseToken::decode(bytes));
  EXPECT_EQ(code_of(ReleaseToken::decode({})), ErrorCode::token_invalid);
}

TEST(ReleaseToken, RefusesImpossibleFields) {
  const auto code = [](auto change) {
    ReleaseToken t = good_token();
    change(t);
    return code_of(ReleaseToken::decode(t.sign(test_key(kBot))));
  };
  EXPECT_EQ(code([](ReleaseToken& t) { t.seq = Seq(0); }), ErrorCode::token_invalid);
  EXPECT_EQ(code([](ReleaseToken& t) { t.kind = static_cast<SubmissionKind>(3); }),
            ErrorCode::token_invalid);
  EXPECT_EQ(code([](ReleaseToken& t) { t.log_origin.clear(); }), ErrorCode::token_invalid);
  EXPECT_EQ(code([](ReleaseToken& t) { t.log_origin = std::string(256, 'x'); }),
            ErrorCode::token_invalid);
}

TEST(TokenChain, TakesExactlyTheNextToken) {
  ReleaseToken first = good_token();
  TokenChain chain{first.group, Seq(0), Digest()};
  ASSERT_TRUE(chain.check_next(first));
  chain.advance(first);
  EXPECT_EQ(code_of(chain.check_next(first)), ErrorCode::token_invalid);  // again

  ReleaseToken second = good_token();
  second.seq = Seq(2);
  EXPECT_EQ(code_of(chain.check_next(second)), ErrorCode::token_invalid);  // cites nothing
  second.previous = first.hash();
  EXPECT_TRUE(chain.check_next(second));
  ReleaseToken skipped = second;
  skipped.seq = Seq(3);
  EXPECT_EQ(code_of(chain.check_next(skipped)), ErrorCode::token_invalid);
  ReleaseToken other_group = second;
  other_group.group.mutable_view()[5] = 1;
  EXPECT_EQ(code_of(chain.check_next(other_group)), ErrorCode::token_invalid);
}

TEST(LoginTranscript, IsGoodForOneServerConnectionAndNonce) {
  const LoginTranscript good{"example.org/log", Bytes(32, 1), Bytes(32, 2), to_bytes("registrar-1"),
                             "candour/0.1.0"};
  const auto key = test_key(kDevice).public_key();
  const Signature signature = good.sign(test_key(kDevice));
  EXPECT_TRUE(good.verify(key, signature));
  EXPECT_FALSE(good.verify(test_key(kStranger).public_key(), signature));
  const auto refused = [&](auto change) {
    LoginTranscript t = good;
    change(t);
    return !t.verify(key, signature);
  };
  EXPECT_TRUE(refused([](LoginTranscript& t) { t.log_origin = "example.org/lo"; }));
  EXPECT_TRUE(refused([](LoginTranscript& t) { t.nonce[31] ^= 1; }));
  EXPECT_TRUE(refused([](LoginTranscript& t) { t.channel_binding[0] ^= 1; }));
  EXPECT_TRUE(refused([](LoginTranscript& t) { t.subject.pop_back(); }));
  EXPECT_TRUE(refused([](LoginTranscript& t) { t.client_build = "candour/0.1.1"; }));
}

}  // namespace
}  // namespace candour::identity
