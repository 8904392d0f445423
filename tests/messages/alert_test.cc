// Goal: an alert opens for each recipient and nobody else, and alerts, updates and steps cannot be
// changed or taken for each other. Method: one alert to two devices, every byte of each mail
// changed, types swapped.
#include "client/messages/alert.h"

#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

const AlertId kAlert = filled<AlertId>(1);

AlertBody make_body() {
  AlertBody body;
  body.time = TimeMs(1000);
  body.group = filled<GroupId>(2);
  body.group_name = "Team A";
  body.category = "misogyny";
  body.severity = 3;
  body.rule = "rule-1";
  body.standard = "standard 4";
  body.message_id = filled<MessageId>(3);
  body.device = filled<DeviceId>(4);
  body.person = "p-1042";
  body.name = "PC Amy Shaw";
  body.outcome = AlertOutcome::overridden;
  body.justification = text_of("quoting the suspect");
  body.excerpt = text_of("the words in question");
  body.start = 4;
  body.end = 9;
  return body;
}

SealedAlert seal() {
  return SealedAlert::seal(kAlert, make_body(), signing_key(1), system_random());
}

AlertUpdate make_update() {
  AlertUpdate update;
  update.time = TimeMs(2000);
  update.state = AlertState::assigned;
  update.device = filled<DeviceId>(5);
  update.person = "p-2001";
  update.argument = text_of("p-2002");
  return update;
}

TEST(Alert, OpensForEachRecipientAndNobodyElse) {
  const SealedAlert alert = seal();
  const auto bot = signing_key(1).public_key();
  for (const std::uint8_t who : {1, 2}) {
    const auto mail = alert.mail_for(sealing_key(who).public_key(), system_random());
    const auto opened = open_alert(mail.value(), sealing_key(who), bot);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_EQ(opened.value().id, kAlert);
    EXPECT_TRUE(same(opened.value().body.encode().view(), make_body().encode().view()));
    EXPECT_EQ(opened.value().body.excerpt.expose(), "the words in question");
    EXPECT_TRUE(same(opened.value().key.view(), alert.key().view()));
    const auto other = open_alert(mail.value(), sealing_key(3), bot);
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ErrorCode::decryption_failed);
    const auto forged = open_alert(mail.value(), sealing_key(who), signing_key(2).public_key());
    ASSERT_FALSE(forged.has_value());
    EXPECT_EQ(forged.error().code, ErrorCode::signature_invalid);
  }
}

TEST(Alert, MailCannotBeChanged) {
  const auto bot = signing_key(1).public_key();
  const Bytes mail = seal().mail_for(sealing_key(1).public_key(), system_random()).value();
  const auto opens = [&](ByteView b) { return open_alert(b, sealing_key(1), bot).has_value(); };
  expect_unchangeable(mail, opens);
  expect_exact(mail, opens);
}

TEST(Alert, UpdateOpensUnderTheAlertsKeyAndCannotBeChanged) {
  const auto bot = signing_key(1).public_key();
  const SealedAlert alert = seal();
  const Bytes mail =
      update_mail(kAlert, make_update(), alert.key(), signing_key(1), system_random());
  const auto opened = open_alert_update(mail, alert.key(), bot);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened.value().state, AlertState::assigned);
  EXPECT_EQ(opened.value().person, "p-2001");
  EXPECT_EQ(opened.value().argument.expose(), "p-2002");
  const auto opens = [&](ByteView b) { return open_alert_update(b, alert.key(), bot).has_value(); };
  expect_unchangeable(mail, opens);
  expect_exact(mail, opens);
  const crypto::AeadKey other = system_random().secret<32>();
  EXPECT_FALSE(open_alert_update(mail, other, bot).has_value());
}

TEST(Alert, HeaderTellsAlertFromUpdateAndNeitherServesAsTheOther) {
  const auto bot = signing_key(1).public_key();
  const SealedAlert alert = seal();
  const Bytes mail = alert.mail_for(sealing_key(1).public_key(), system_random()).value();
  const Bytes update =
      update_mail(kAlert, make_update(), alert.key(), signing_key(1), system_random());
  EXPECT_FALSE(inspect_alert_mail(mail).value().update);
  EXPECT_TRUE(inspect_alert_mail(update).value().update);
  EXPECT_EQ(inspect_alert_mail(update).value().id, kAlert);
  EXPECT_FALSE(inspect_alert_mail(Bytes{1, 3}).has_value());
  EXPECT_FALSE(open_alert(update, sealing_key(1), bot).has_value());
  EXPECT_FALSE(open_alert_update(mail, alert.key(), bot).has_value());
}

TEST(Alert, I12BodyWithImpossibleValuesIsRefused) {
  const auto parses = [](const AlertBody& body) {
    return AlertBody::decode(body.encode().view()).has_value();
  };
  EXPECT_TRUE(parses(make_body()));
  expect_exact(make_body().encode().view(),
               [](ByteView b) { return AlertBody::decode(b).has_value(); });
  AlertBody body = make_body();
  body.end = static_cast<std::uint32_t>(body.excerpt.size()) + 1;
  EXPECT_FALSE(parses(body));
  body = make_body();
  body.severity = 0;
  EXPECT_FALSE(parses(body));
  body = make_body();
  body.excerpt = text_of("the words \xff in question");
  EXPECT_FALSE(parses(body));
  body = make_body();
  body.outcome = static_cast<AlertOutcome>(6);
  EXPECT_FALSE(parses(body));
}

TEST(AlertStep, IsBoundToTheDeviceItNames) {
  const auto key = signing_key(7);
  AlertStep step;
  step.alert = kAlert;
  step.action = AlertAction::close;
  step.argument = text_of("no further action");
  step.device = device_of(key);
  step.time = TimeMs(3000);
  const SecretBytes bytes = step.sign(key);
  const auto back = AlertStep::verify(bytes.view(), key.public_key());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back.value().action, AlertAction::close);
  EXPECT_EQ(back.value().argument.expose(), "no further action");
  EXPECT_EQ(AlertStep::decode(bytes.view()).value().device, device_of(key));
  const auto verifies = [&](ByteView b) {
    return AlertStep::verify(b, key.public_key()).has_value();
  };
  expect_unchangeable(bytes.view(), verifies);
  expect_exact(bytes.view(), verifies);
  step.device = filled<DeviceId>(9);
  const SecretBytes foreign = step.sign(key);
  EXPECT_EQ(AlertStep::verify(foreign.view(), key.public_key()).error().code,
            ErrorCode::signature_invalid);
}

TEST(Alert, EveryOutcomeAndStateHasAName) {
  for (int i = 1; i <= 5; ++i) EXPECT_NE(name_of(static_cast<AlertOutcome>(i)), "unknown");
  for (int i = 0; i <= 4; ++i) EXPECT_NE(name_of(static_cast<AlertState>(i)), "unknown");
}

}  // namespace
}  // namespace candour::messages
