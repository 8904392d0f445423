// Goal: what goes to the bot alone opens there and only there, at its place, and always has the
// same size. Method: seal and open; change key, place and every byte.
#include "base/limits.h"
#include "client/messages/bot_field.h"
#include "client/messages/group_info.h"
#include "client/messages/to_bot.h"
#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

const GroupId kGroup = filled<GroupId>(1);
const MessageId kMessage = filled<MessageId>(2);
const Digest kCiphertext = filled<Digest>(3);

BotField make_field(BotFieldType type) {
  BotField field;
  field.type = type;
  if (type == BotFieldType::override_warning || type == BotFieldType::dispute) {
    field.warning = Bytes(244, 9);
  }
  if (type == BotFieldType::report) field.reported = filled<MessageId>(4);
  if (type != BotFieldType::nothing) field.reason = text_of("for the briefing at ten");
  return field;
}

Bytes seal(const BotField& field) {
  auto sealed =
      field.seal(sealing_key(1).public_key(), kCiphertext, kGroup, kMessage, system_random());
  EXPECT_TRUE(sealed.has_value());
  return sealed.value();
}

Result<BotField> open(ByteView sealed) {
  return BotField::open(sealed, sealing_key(1), kCiphertext, kGroup, kMessage);
}

TEST(BotField, EveryTypeComesBackAndAllHaveOneSize) {
  for (const auto type : {BotFieldType::nothing, BotFieldType::override_warning,
                          BotFieldType::dispute, BotFieldType::report}) {
    const BotField field = make_field(type);
    const Bytes sealed = seal(field);
    EXPECT_EQ(sealed.size(), kBotFieldSize);
    const auto back = open(sealed);
    ASSERT_TRUE(back.has_value()) << back.error().message;
    EXPECT_EQ(back.value().type, type);
    EXPECT_EQ(back.value().warning, field.warning);
    EXPECT_EQ(back.value().reported, field.reported);
    EXPECT_EQ(back.value().reason.expose(), field.reason.expose());
  }
}

TEST(BotField, LongestJustificationFitsAndLongerReasonsAreRefused) {
  BotField field = make_field(BotFieldType::override_warning);
  std::string longest;
  for (std::size_t i = 0; i < limits::kJustificationCodePointsMax; ++i) {
    longest += "\xf0\x9f\x98\x80";
  }
  ASSERT_TRUE(check_justification(longest).has_value());
  field.reason = text_of(longest);
  EXPECT_TRUE(open(seal(field)).has_value());
  field.reason = text_of(std::string(3000, 'x'));
  const auto sealed =
      field.seal(sealing_key(1).public_key(), kCiphertext, kGroup, kMessage, system_random());
  ASSERT_FALSE(sealed.has_value());
  EXPECT_EQ(sealed.error().code, ErrorCode::justification_invalid);
}

TEST(BotField, I5OpensOnlyForTheBotAndAtItsPlace) {
  const Bytes sealed = seal(make_field(BotFieldType::override_warning));
  const auto failed = [&](const Result<BotField>& result) {
    return !result.has_value() && result.error().code == ErrorCode::decryption_failed;
  };
  EXPECT_TRUE(failed(BotField::open(sealed, sealing_key(2), kCiphertext, kGroup, kMessage)));
  EXPECT_TRUE(failed(BotField::open(sealed, sealing_key(1), filled<Digest>(9), kGroup, kMessage)));
  EXPECT_TRUE(
      failed(BotField::open(sealed, sealing_key(1), kCiphertext, filled<GroupId>(9), kMessage)));
  EXPECT_TRUE(
      failed(BotField::open(sealed, sealing_key(1), kCiphertext, kGroup, filled<MessageId>(9))));
  EXPECT_FALSE(open(ByteView(sealed).first(sealed.size() - 1)).has_value());
}

// Seals any bytes as the field's plaintext, as a hostile client could.
Result<BotField> open_plaintext(Bytes plaintext) {
  plaintext.resize(limits::kBotFieldPlaintextSize);
  Writer aad;
  aad.id(kCiphertext);
  aad.id(kGroup);
  aad.id(kMessage);
  const auto sealed =
      crypto::sealed_box(sealing_key(1).public_key(), as_bytes("candour bot field v1"), aad.view(),
                         plaintext, system_random());
  return open(sealed.value());
}

TEST(BotField, I12MalformedPlaintextIsRefused) {
  EXPECT_TRUE(open_plaintext({1, 0, 0}).has_value());
  const Bytes cases[] = {
      {2, 0, 0},              // version
      {1, 4, 0},              // type
      {1, 0, 1, 0},           // a body where there is none
      {1, 0, 0, 7},           // padding that is not zero
      {1, 1, 2, 0, 5},        // reason longer than the body
      {1, 1, 3, 0, 1, 0xff},  // reason that is not UTF-8
      {1, 3, 2, 1, 1},        // report cut off
      {1, 0, 0xbf, 0xff},     // body longer than the field
  };
  for (const Bytes& plaintext : cases) {
    const auto opened = open_plaintext(plaintext);
    ASSERT_FALSE(opened.has_value()) << hex_encode(plaintext);
    EXPECT_EQ(opened.error().code, ErrorCode::input_invalid);
  }
}

TEST(ToBot, ComesBackAndOpensOnlyUnderItsMailId) {
  for (const auto type :
       {ToBotType::alert_step, ToBotType::group_request, ToBotType::failure_report}) {
    ToBot mail;
    mail.type = type;
    mail.body = SecretBytes::copy_of(as_bytes("body"));
    const MailId id = filled<MailId>(5);
    const auto sealed = mail.seal(sealing_key(1).public_key(), id, system_random());
    ASSERT_TRUE(sealed.has_value());
    const auto back = ToBot::open(sealed.value(), sealing_key(1), id);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back.value().type, type);
    EXPECT_TRUE(same(back.value().body.view(), as_bytes("body")));
    EXPECT_FALSE(ToBot::open(sealed.value(), sealing_key(1), filled<MailId>(6)).has_value());
    EXPECT_FALSE(ToBot::open(sealed.value(), sealing_key(2), id).has_value());
  }
}

TEST(FailureReport, IsBoundToTheDeviceItNames) {
  const auto key = signing_key(1);
  FailureReport report{kGroup, Epoch(4), kMessage, device_of(key), TimeMs(99)};
  const Bytes bytes = report.sign(key);
  const auto back = FailureReport::verify(bytes, key.public_key());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back.value().epoch, Epoch(4));
  EXPECT_EQ(back.value().time, TimeMs(99));
  expect_exact(bytes, [](ByteView b) { return FailureReport::decode(b).has_value(); });
  expect_unchangeable(
      bytes, [&](ByteView b) { return FailureReport::verify(b, key.public_key()).has_value(); });
  report.device = filled<DeviceId>(9);  // signed well, but in another device's name
  const auto foreign = FailureReport::verify(report.sign(key), key.public_key());
  ASSERT_FALSE(foreign.has_value());
  EXPECT_EQ(foreign.error().code, ErrorCode::signature_invalid);
}

TEST(GroupInfo, ComesBackForItsGroupAndDeviceOnly) {
  const GroupInfo info{kGroup, "Team A \xc2\xa3", "ordinary", "team-a"};
  const auto bot = crypto::SigningKey::generate(system_random());
  const auto& by = bot.public_key();
  const auto sealed = info.seal(sealing_key(1).public_key(), bot, system_random());
  const auto back = GroupInfo::open(sealed.value(), sealing_key(1), kGroup, by);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back.value().name, info.name);
  EXPECT_EQ(back.value().group_class, "ordinary");
  EXPECT_EQ(back.value().unit, "team-a");
  EXPECT_FALSE(
      GroupInfo::open(sealed.value(), sealing_key(1), filled<GroupId>(9), by).has_value());
  EXPECT_FALSE(GroupInfo::open(sealed.value(), sealing_key(2), kGroup, by).has_value());
  const auto other = crypto::SigningKey::generate(system_random());
  const auto forged = GroupInfo::open(sealed.value(), sealing_key(1), kGroup, other.public_key());
  ASSERT_FALSE(forged.has_value());
  EXPECT_EQ(forged.error().code, ErrorCode::signature_invalid);
}

}  // namespace
}  // namespace candour::messages
