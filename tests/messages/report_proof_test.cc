// Goal: a report proves what it says and nothing else, and a long one travels in a parcel that only
// the bot opens. Method: a token signed as the bot signs; each part changed in turn.
#include "client/messages/report_proof.h"

#include "base/limits.h"
#include "client/messages/bot_field.h"
#include "identity/token.h"
#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

const GroupId kGroup = filled<GroupId>(1);
const MessageId kMessage = filled<MessageId>(2);
const DeviceId kSender = filled<DeviceId>(3);

class ReportProofs : public ::testing::Test {
 protected:
  ReportProofs() {
    Content content;
    content.text = text_of("what was said");
    proof.content = content.encode();
    proof.commitment_key = system_random().secret<32>();
    proof.sender = kSender;
    token.log_origin = "example.org/log";
    token.group = kGroup;
    token.message_id = kMessage;
    token.seq = Seq(4);
    token.leaf_hash = filled<Digest>(7);
    sign();
  }
  void sign() {
    token.content_commitment = content_commitment(proof.commitment_key, proof.content.view());
    proof.token = token.sign(bot);
  }
  ReportChecks check() const {
    const SigningPublicKey keys[] = {other_bot.public_key(), bot.public_key()};
    return check_report(proof, kGroup, kMessage, kSender, keys);
  }
  crypto::SigningKey bot = crypto::SigningKey::generate(system_random());
  crypto::SigningKey other_bot = crypto::SigningKey::generate(system_random());
  identity::ReleaseToken token;
  ReportProof proof;
};

TEST_F(ReportProofs, HoldsAsItWasMade) {
  const auto back = ReportProof::decode(proof.encode().view());
  ASSERT_TRUE(back);
  EXPECT_TRUE(check().all());
  const SigningPublicKey keys[] = {bot.public_key()};
  const auto checks = check_report(back.value(), kGroup, kMessage, kSender, keys);
  EXPECT_TRUE(checks.all());
  EXPECT_EQ(checks.leaf, filled<Digest>(7));
}

TEST_F(ReportProofs, NumbersNotEveryProgramCanHoldAreRefused) {
  proof.time = kTimeMax;
  EXPECT_TRUE(ReportProof::decode(proof.encode().view()));
  proof.time = TimeMs(kTimeMax.value + 1);
  EXPECT_FALSE(ReportProof::decode(proof.encode().view()));
  proof.time = TimeMs();
  proof.leaf_index = kNumberMax + 1;
  EXPECT_FALSE(ReportProof::decode(proof.encode().view()));
  proof.leaf_index = 0;
  proof.log_size = kNumberMax + 1;
  EXPECT_FALSE(ReportProof::decode(proof.encode().view()));
}

TEST_F(ReportProofs, EachPartIsCheckedByItself) {
  proof.token.back() ^= 1;
  EXPECT_FALSE(check().token);
  EXPECT_TRUE(check().content);
  sign();
  Content other;
  other.text = text_of("what was not said");
  const SecretBytes said = std::move(proof.content);
  proof.content = other.encode();
  EXPECT_FALSE(check().content);
  EXPECT_TRUE(check().token);
  proof.content = said.clone();
  proof.commitment_key = system_random().secret<32>();
  EXPECT_FALSE(check().content);
  token.group = filled<GroupId>(9);
  sign();
  EXPECT_FALSE(check().place);
  token.group = kGroup;
  token.message_id = filled<MessageId>(9);
  sign();
  EXPECT_FALSE(check().place);
  token.message_id = kMessage;
  token.kind = identity::SubmissionKind::commit;
  sign();
  EXPECT_FALSE(check().place);
  token.kind = identity::SubmissionKind::application;
  sign();
  proof.sender = filled<DeviceId>(8);
  EXPECT_FALSE(check().sender);
  EXPECT_FALSE(check().all());
  proof.sender = kSender;
  EXPECT_TRUE(check().all());
}

TEST_F(ReportProofs, EveryCutIsRefused_I12) {
  const SecretBytes whole = proof.encode();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(ReportProof::decode(whole.view().first(size)));
  }
  SecretBytes longer = whole.clone();
  longer.resize(whole.size() + 1);
  EXPECT_FALSE(ReportProof::decode(longer.view()));
}

TEST_F(ReportProofs, TheLongestMessageFitsAParcelOfTheOneSize) {
  Content content;
  content.text = text_of(std::string(limits::kContentSizeMax - 16, 'x'));
  proof.content = content.encode();
  ASSERT_LE(proof.content.size(), limits::kContentSizeMax);
  sign();
  const crypto::SealingKey key = sealing_key(1);
  for (const bool longest : {true, false}) {
    if (!longest) proof.content = SecretBytes::copy_of(as_bytes("short"));
    const auto parcel =
        seal_parcel(proof.encode().view(), key.public_key(), kGroup, kMessage, system_random());
    ASSERT_TRUE(parcel);
    EXPECT_EQ(parcel.value().size(), kParcelSize);
    const auto back = open_parcel(parcel.value(), key, kGroup, kMessage);
    ASSERT_TRUE(back);
    EXPECT_TRUE(same(back.value().view(), proof.encode().view()));
    EXPECT_FALSE(open_parcel(parcel.value(), sealing_key(2), kGroup, kMessage));
    EXPECT_FALSE(open_parcel(parcel.value(), key, kGroup, filled<MessageId>(5)));
    EXPECT_FALSE(open_parcel(parcel.value(), key, filled<GroupId>(5), kMessage));
    Content carrier;
    carrier.type = ContentType::parcel;
    carrier.parcel = parcel.value();
    const auto carried = Content::decode(carrier.encode().view());
    ASSERT_TRUE(carried);
    EXPECT_EQ(carried.value().parcel, parcel.value());
  }
}

TEST_F(ReportProofs, ShortOnesFitTheBotsFieldAndLongOnesDoNot) {
  BotField field;
  field.type = BotFieldType::report;
  field.reported = kMessage;
  field.reason = text_of("this was aimed at a colleague");
  for (const std::size_t size : {10u, 200u, 1'500u}) {
    Content content;
    content.text = text_of(std::string(size, 'x'));
    proof.content = content.encode();
    sign();
    field.proof = proof.encode();
    EXPECT_TRUE(field.fits()) << size;
    const Digest hash = filled<Digest>(4);
    const auto sealed =
        field.seal(sealing_key(1).public_key(), hash, kGroup, kMessage, system_random());
    ASSERT_TRUE(sealed) << size;
    EXPECT_EQ(sealed.value().size(), kBotFieldSize);
    const auto opened = BotField::open(sealed.value(), sealing_key(1), hash, kGroup, kMessage);
    ASSERT_TRUE(opened);
    EXPECT_TRUE(same(opened.value().proof.view(), field.proof.view()));
  }
  field.proof = SecretBytes::copy_of(Bytes(2'560, 1));
  EXPECT_FALSE(field.fits());
  EXPECT_FALSE(field.seal(sealing_key(1).public_key(), filled<Digest>(4), kGroup, kMessage,
                          system_random()));
}

}  // namespace
}  // namespace candour::messages
