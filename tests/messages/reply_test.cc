// Goal: every submission's reply has one size, opens for its sender only, and carries the bot's
// signature; a warning cannot be changed, and honours its findings. Method: round trips of each
// type, every byte changed, and hostile plaintexts sealed by hand.
#include "client/messages/reply.h"

#include "base/limits.h"
#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

const GroupId kGroup = filled<GroupId>(1);
const MessageId kMessage = filled<MessageId>(2);

Bytes seal(const Reply& reply) {
  auto sealed = seal_reply(reply, sealing_key(1).public_key(), kGroup, kMessage, signing_key(1),
                           system_random());
  EXPECT_TRUE(sealed.has_value()) << sealed.error().message;
  return sealed.value();
}

Result<Reply> open(ByteView sealed) {
  return open_reply(sealed, sealing_key(1), kGroup, kMessage, signing_key(1).public_key());
}

Warning make_warning() {
  Warning warning;
  warning.group = kGroup;
  warning.message_id = kMessage;
  warning.device = filled<DeviceId>(3);
  warning.content_commitment = filled<Digest>(4);
  warning.policy_digest = filled<Digest>(5);
  warning.issued = TimeMs(1000);
  warning.expires = TimeMs(2000);
  warning.findings_hash = filled<Digest>(6);
  return warning;
}

ReplyFinding finding(std::string rule, std::uint8_t severity, std::uint32_t start) {
  return {std::move(rule), "sexism",     severity,  start,
          start + 4,       "standard 4", "message", "advice in words"};
}

TEST(Reply, EveryTypeComesBackAndAllHaveOneSize) {
  const Receipt receipt{Seq(9), Submission(10), filled<Digest>(7), Bytes(130, 1), true};
  const Bytes sealed_receipt = seal(receipt);
  const auto back = open(sealed_receipt);
  ASSERT_TRUE(back.has_value()) << back.error().message;
  const auto& r = std::get<Receipt>(back.value());
  EXPECT_EQ(r.seq, Seq(9));
  EXPECT_EQ(r.submission, Submission(10));
  EXPECT_EQ(r.leaf_hash, filled<Digest>(7));
  EXPECT_EQ(r.opening, Bytes(130, 1));
  EXPECT_TRUE(r.overridden);

  const Bytes findings = encode_findings({finding("a", 2, 0)}, kFindingsSizeMax);
  for (const bool block : {false, true}) {
    const Bytes sealed = seal(WarningReply{block, make_warning().sign(signing_key(1)), findings});
    EXPECT_EQ(sealed.size(), kReplySize);
    const auto warning = open(sealed);
    ASSERT_TRUE(warning.has_value());
    EXPECT_EQ(std::get<WarningReply>(warning.value()).block, block);
    EXPECT_EQ(std::get<WarningReply>(warning.value()).findings, findings);
  }
  const Bytes rejected = seal(Rejected{"warning_invalid", "it has expired"});
  EXPECT_EQ(std::get<Rejected>(open(rejected).value()).code, "warning_invalid");
  EXPECT_EQ(std::get<Rejected>(open(rejected).value()).message, "it has expired");
  EXPECT_EQ(rejected.size(), kReplySize);
  EXPECT_EQ(sealed_receipt.size(), kReplySize);
}

TEST(Reply, AlwaysFitsWhateverTheFindingsAndMessages) {
  std::vector<ReplyFinding> many;
  for (int i = 0; i < 300; ++i) many.push_back(finding("rule-" + std::to_string(i), 2, 0));
  const Bytes findings = encode_findings(many, kFindingsSizeMax);
  EXPECT_LE(findings.size(), kFindingsSizeMax);
  EXPECT_GE(decode_findings(findings).value().size(), 20u);
  EXPECT_TRUE(open(seal(WarningReply{true, make_warning().sign(signing_key(1)), findings})));
  const auto cut = open(seal(Rejected{"internal", std::string(1023, 'x') + "\xc2\xa3"}));
  ASSERT_TRUE(cut.has_value());
  EXPECT_EQ(std::get<Rejected>(cut.value()).message, std::string(1023, 'x'));
}

TEST(Reply, I12OpensOnlyForItsSenderPlaceAndBot) {
  const Bytes sealed = seal(Rejected{"internal", ""});
  const auto bot = signing_key(1).public_key();
  const auto code = [](const Result<Reply>& reply) {
    return reply.has_value() ? std::string("opens") : std::string(code_name(reply.error().code));
  };
  EXPECT_EQ(code(open(sealed)), "opens");
  EXPECT_EQ(code(open_reply(sealed, sealing_key(2), kGroup, kMessage, bot)), "decryption_failed");
  EXPECT_EQ(code(open_reply(sealed, sealing_key(1), filled<GroupId>(9), kMessage, bot)),
            "decryption_failed");
  EXPECT_EQ(code(open_reply(sealed, sealing_key(1), kGroup, filled<MessageId>(9), bot)),
            "decryption_failed");
  EXPECT_EQ(code(open_reply(sealed, sealing_key(1), kGroup, kMessage, signing_key(2).public_key())),
            "signature_invalid");
  EXPECT_EQ(code(open(ByteView(sealed).first(kReplySize - 1))), "input_invalid");
}

TEST(Reply, I12MalformedPlaintextIsRefused) {
  const auto open_plaintext = [](std::uint8_t version, std::uint8_t type, const Bytes& body,
                                 std::uint8_t padding) {
    Writer covered;
    covered.id(kGroup);
    covered.id(kMessage);
    covered.u8(type);
    covered.raw(body);
    Writer plaintext;
    plaintext.u8(version);
    plaintext.u8(type);
    plaintext.vec(body);
    plaintext.id(signing_key(1).sign_labelled("candour reply v1", covered.view()));
    plaintext.u8(padding);
    Bytes padded = plaintext.take();
    padded.resize(limits::kReplyPlaintextSize);
    Writer aad;
    aad.id(kGroup);
    aad.id(kMessage);
    return open(crypto::sealed_box(sealing_key(1).public_key(), as_bytes("candour reply v1"),
                                   aad.view(), padded, system_random())
                    .value());
  };
  EXPECT_TRUE(open_plaintext(1, 4, {0, 0}, 0).has_value());
  EXPECT_FALSE(open_plaintext(2, 4, {0, 0}, 0).has_value());
  EXPECT_FALSE(open_plaintext(1, 5, {0, 0}, 0).has_value());
  EXPECT_FALSE(open_plaintext(1, 4, {0, 0}, 1).has_value());
  EXPECT_FALSE(open_plaintext(1, 4, {0, 0, 0}, 0).has_value());
  EXPECT_FALSE(open_plaintext(1, 4, {0, 1, 0xff}, 0).has_value());
  EXPECT_FALSE(open_plaintext(1, 1, {0, 0}, 0).has_value());
}

TEST(Warning, ComesBackAndCannotBeChanged) {
  for (const bool block : {false, true}) {
    Warning warning = make_warning();
    warning.block = block;
    const Bytes bytes = warning.sign(signing_key(1));
    const auto verifies = [](ByteView b) {
      return Warning::verify(b, signing_key(1).public_key()).has_value();
    };
    expect_exact(bytes, verifies);
    expect_unchangeable(bytes, verifies);
    const Warning back = Warning::verify(bytes, signing_key(1).public_key()).value();
    EXPECT_EQ(back.group, warning.group);
    EXPECT_EQ(back.message_id, warning.message_id);
    EXPECT_EQ(back.device, warning.device);
    EXPECT_EQ(back.content_commitment, warning.content_commitment);
    EXPECT_EQ(back.policy_digest, warning.policy_digest);
    EXPECT_EQ(back.issued, warning.issued);
    EXPECT_EQ(back.expires, warning.expires);
    EXPECT_EQ(back.block, block);
    EXPECT_EQ(back.findings_hash, warning.findings_hash);
    const auto other = Warning::verify(bytes, signing_key(2).public_key());
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ErrorCode::warning_invalid);
  }
}

TEST(Findings, MostSevereComeFirstAndEarlierBeforeLater) {
  const Bytes bytes = encode_findings(
      {finding("n", 1, 0), finding("w2", 2, 9), finding("b", 3, 50), finding("w1", 2, 5)}, 1000);
  const auto decoded = decode_findings(bytes);
  ASSERT_TRUE(decoded.has_value());
  ASSERT_EQ(decoded.value().size(), 4u);
  EXPECT_EQ(decoded.value()[0].rule, "b");
  EXPECT_EQ(decoded.value()[1].rule, "w1");
  EXPECT_EQ(decoded.value()[2].rule, "w2");
  EXPECT_EQ(decoded.value()[3].rule, "n");
  EXPECT_EQ(decoded.value()[0].advice, "advice in words");
  expect_exact(bytes, [](ByteView b) { return decode_findings(b).has_value(); });
}

TEST(Findings, AFindingThatDoesNotFitWholeLosesItsTextsNotItsPlace) {
  ReplyFinding wordy = finding("wordy", 3, 0);
  wordy.advice = std::string(5000, 'x');
  const auto decoded = decode_findings(encode_findings({wordy, finding("b", 2, 1)}, 1700));
  ASSERT_EQ(decoded.value().size(), 2u);
  EXPECT_EQ(decoded.value()[0].rule, "wordy");
  EXPECT_EQ(decoded.value()[0].advice.size(), 256u);
}

TEST(Findings, I12WrongSeverityAndSpanAreRefused) {
  EXPECT_FALSE(decode_findings(encode_findings({finding("a", 0, 0)}, 1000)).has_value());
  EXPECT_FALSE(decode_findings(encode_findings({finding("a", 4, 0)}, 1000)).has_value());
  ReplyFinding backwards = finding("a", 2, 8);
  backwards.end = 7;
  EXPECT_FALSE(decode_findings(encode_findings({backwards}, 1000)).has_value());
}

}  // namespace
}  // namespace candour::messages
