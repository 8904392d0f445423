// Goal: appeals, approvals and answers say exactly what was signed, for the one they are for.
// Method: make each, break one thing at a time, and cut it at every byte.
#include "client/messages/appeal.h"

#include "client/messages/answer.h"
#include "client/messages/bot_field.h"
#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

Appeal make_appeal(const crypto::SigningKey& key) {
  Content content;
  content.text = text_of("as the witness said it");
  Appeal appeal;
  appeal.signed_warning = Bytes(242, 7);
  appeal.content = content.encode();
  appeal.reason = text_of("It is evidence.");
  appeal.device = device_of(key);
  appeal.time = TimeMs(1'772'000'000'000);
  return appeal;
}

Approval make_approval(const crypto::SigningKey& key) {
  Approval approval;
  approval.group = filled<GroupId>(1);
  approval.content_commitment = filled<Digest>(2);
  approval.warning_hash = filled<Digest>(3);
  approval.approver = device_of(key);
  approval.issued = TimeMs(1'772'000'000'000);
  approval.expires = TimeMs(1'772'000'100'000);
  return approval;
}

TEST(Appeal, ComesBackAsItWasAndOnlySigned_I12) {
  const auto key = signing_key(1);
  const SecretBytes bytes = make_appeal(key).sign(key);
  const auto back = Appeal::verify(bytes.view(), key.public_key());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back.value().commitment(), make_appeal(key).commitment());
  EXPECT_EQ(back.value().reason.expose(), "It is evidence.");
  EXPECT_EQ(Appeal::verify(bytes.view(), signing_key(2).public_key()).error().code,
            ErrorCode::signature_invalid);
  const SecretBytes other = make_appeal(key).sign(signing_key(2));
  EXPECT_EQ(Appeal::verify(other.view(), key.public_key()).error().code,
            ErrorCode::signature_invalid);
  expect_exact(bytes.view(), [](ByteView cut) { return Appeal::decode(cut).has_value(); });
}

TEST(Approval, ComesBackAsItWasAndOnlySigned_I12) {
  const auto key = signing_key(1);
  const Bytes bytes = make_approval(key).sign(key);
  EXPECT_EQ(bytes.size(), kApprovalSize);
  const auto back = Approval::verify(bytes, key.public_key());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back.value().sign(key), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes changed = bytes;
    changed[i] ^= 1;
    EXPECT_EQ(Approval::verify(changed, key.public_key()).error().code,
              ErrorCode::approval_invalid);
  }
  expect_exact(bytes, [](ByteView cut) { return Approval::decode(cut).has_value(); });
}

TEST(Approval, FitsTheBotsField) {
  Random& random = system_random();
  const auto bot = sealing_key(4);
  BotField field;
  field.type = BotFieldType::approval;
  field.warning = Bytes(242, 7);
  field.approval = make_approval(signing_key(1)).sign(signing_key(1));
  const auto sealed = field.seal(bot.public_key(), filled<Digest>(5), filled<GroupId>(1),
                                 filled<MessageId>(6), random);
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed.value().size(), kBotFieldSize);
  const auto back = BotField::open(sealed.value(), bot, filled<Digest>(5), filled<GroupId>(1),
                                   filled<MessageId>(6));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back.value().approval, field.approval);
  EXPECT_EQ(back.value().warning, field.warning);
}

TEST(Answer, IsForOneDeviceOfOneSizeAndSigned_I12) {
  Random& random = system_random();
  const auto bot = signing_key(3);
  const auto mine = sealing_key(4);
  const auto device = filled<DeviceId>(5);
  const auto id = filled<MailId>(6);
  Answer answer;
  answer.type = AnswerType::appeal_decided;
  answer.about = filled<Answer::About>(7);
  const auto small = answer.seal(mine.public_key(), device, id, bot, random);
  answer.message = text_of(std::string(5000, 'x'));  // cut
  answer.body = Bytes(kApprovalSize, 1);
  const auto big = answer.seal(mine.public_key(), device, id, bot, random);
  ASSERT_TRUE(small.has_value() && big.has_value());
  EXPECT_EQ(small.value().size(), big.value().size());
  const auto back = Answer::open(big.value(), mine, device, id, bot.public_key());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back.value().body, answer.body);
  EXPECT_EQ(back.value().message.size(), 2048u);
  const auto code = [&](const DeviceId& to, const MailId& mail, const SigningPublicKey& key) {
    return Answer::open(big.value(), mine, to, mail, key).error().code;
  };
  EXPECT_EQ(code(filled<DeviceId>(8), id, bot.public_key()), ErrorCode::signature_invalid);
  EXPECT_EQ(code(device, id, signing_key(9).public_key()), ErrorCode::signature_invalid);
  EXPECT_EQ(code(device, filled<MailId>(9), bot.public_key()), ErrorCode::decryption_failed);
}

}  // namespace
}  // namespace candour::messages
