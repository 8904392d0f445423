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
  body.serious = true;
  body.subject = {"", filled<DeviceId>(4), "p-1042", "PC Amy Shaw"};
  body.earlier = {5, 2, 1};
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

Bytes mail_for(const SealedAlert& alert, std::uint8_t who) {
  const Bytes envelope = alert.envelope_for(sealing_key(who).public_key(), system_random()).value();
  return alert_mail(kAlert, envelope, alert.body());
}

AlertUpdate make_update() {
  AlertUpdate update;
  update.time = TimeMs(2000);
  update.state = AlertState::assigned;
  update.device = filled<DeviceId>(5);
  update.person = "p-2001";
  update.argument = text_of("p-2002");
  update.action = AlertAction::escalate;
  update.subject = {"", filled<DeviceId>(4), "p-1042", "PC Amy Shaw"};
  return update;
}

TEST(Alert, OpensForEachRecipientAndNobodyElse) {
  const SealedAlert alert = seal();
  const auto bot = signing_key(1).public_key();
  for (const std::uint8_t who : {1, 2}) {
    const Bytes mail = mail_for(alert, who);
    const auto opened = open_alert(mail, sealing_key(who), bot);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    EXPECT_EQ(opened.value().id, kAlert);
    EXPECT_TRUE(same(opened.value().body.encode().view(), make_body().encode().view()));
    EXPECT_EQ(opened.value().body.excerpt.expose(), "the words in question");
    EXPECT_TRUE(same(opened.value().keys.update.view(), alert.update_key().view()));
    EXPECT_FALSE(same(opened.value().keys.body.view(), alert.update_key().view()));
    const auto other = open_alert(mail, sealing_key(3), bot);
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().code, ErrorCode::decryption_failed);
    const auto forged = open_alert(mail, sealing_key(who), signing_key(2).public_key());
    ASSERT_FALSE(forged.has_value());
    EXPECT_EQ(forged.error().code, ErrorCode::signature_invalid);
  }
}

TEST(Alert, MailCannotBeChanged) {
  const auto bot = signing_key(1).public_key();
  const Bytes mail = mail_for(seal(), 1);
  const auto opens = [&](ByteView b) { return open_alert(b, sealing_key(1), bot).has_value(); };
  expect_unchangeable(mail, opens);
  expect_exact(mail, opens);
}

TEST(Alert, UpdateOpensUnderTheAlertsKeyAndCannotBeChanged) {
  const auto bot = signing_key(1).public_key();
  const SealedAlert alert = seal();
  const Bytes mail =
      update_mail(kAlert, make_update(), alert.update_key(), signing_key(1), system_random());
  const auto opened = open_alert_update(mail, alert.update_key(), bot);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened.value().state, AlertState::assigned);
  EXPECT_EQ(opened.value().person, "p-2001");
  EXPECT_EQ(opened.value().action, AlertAction::escalate);
  EXPECT_EQ(opened.value().subject.person, "p-1042");
  EXPECT_EQ(opened.value().argument.expose(), "p-2002");
  const auto opens = [&](ByteView b) {
    return open_alert_update(b, alert.update_key(), bot).has_value();
  };
  expect_unchangeable(mail, opens);
  expect_exact(mail, opens);
  const crypto::AeadKey other = system_random().secret<32>();
  EXPECT_FALSE(open_alert_update(mail, other, bot).has_value());
}

TEST(Alert, HeaderTellsAlertFromUpdateAndNeitherServesAsTheOther) {
  const auto bot = signing_key(1).public_key();
  const SealedAlert alert = seal();
  const Bytes mail = mail_for(alert, 1);
  const Bytes update =
      update_mail(kAlert, make_update(), alert.update_key(), signing_key(1), system_random());
  EXPECT_FALSE(inspect_alert_mail(mail).value().update);
  EXPECT_TRUE(inspect_alert_mail(update).value().update);
  EXPECT_EQ(inspect_alert_mail(update).value().id, kAlert);
  EXPECT_FALSE(inspect_alert_mail(Bytes{1, 3}).has_value());
  EXPECT_FALSE(open_alert(update, sealing_key(1), bot).has_value());
  EXPECT_FALSE(open_alert_update(mail, alert.update_key(), bot).has_value());
}

TEST(Alert, RecipientCanLetAnotherDeviceReadIt) {
  const auto bot = signing_key(1).public_key();
  const SealedAlert alert = seal();
  const auto opened = open_alert(mail_for(alert, 1), sealing_key(1), bot);
  ASSERT_TRUE(opened.has_value());
  const auto envelope =
      wrap_alert_keys(kAlert, opened.value().keys, sealing_key(2).public_key(), system_random());
  ASSERT_TRUE(envelope.has_value());
  EXPECT_EQ(envelope.value().size(), kAlertEnvelopeSize);
  const Bytes mail = alert_mail(kAlert, envelope.value(), alert.body());
  const auto shared = open_alert(mail, sealing_key(2), bot);
  ASSERT_TRUE(shared.has_value());
  EXPECT_TRUE(same(shared.value().body.encode().view(), make_body().encode().view()));
  EXPECT_FALSE(open_alert(mail, sealing_key(3), bot).has_value());
  // An envelope of one alert opens no other.
  const Bytes foreign = alert_mail(filled<AlertId>(9), envelope.value(), alert.body());
  EXPECT_FALSE(open_alert(foreign, sealing_key(2), bot).has_value());
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
  step.resolution = Resolution::no_action;
  step.argument = text_of("no further action");
  step.device = device_of(key);
  step.time = TimeMs(3000);
  const SecretBytes bytes = step.sign(key);
  const auto back = AlertStep::verify(bytes.view(), key.public_key());
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back.value().action, AlertAction::close);
  EXPECT_EQ(back.value().resolution, Resolution::no_action);
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

TEST(AlertStep, I12StepsThatSayTooMuchOrTooLittleAreRefused) {
  const auto key = signing_key(7);
  const auto parses = [&](AlertStep step) {
    step.alert = kAlert;
    step.device = device_of(key);
    return AlertStep::verify(step.sign(key).view(), key.public_key()).has_value();
  };
  EXPECT_TRUE(parses({.action = AlertAction::acknowledge}));
  EXPECT_TRUE(parses({.action = AlertAction::close, .resolution = Resolution::training}));
  EXPECT_FALSE(parses({.action = AlertAction::close}));
  EXPECT_FALSE(parses({.action = AlertAction::assign, .resolution = Resolution::training}));
  EXPECT_FALSE(parses({.action = AlertAction::close, .resolution = static_cast<Resolution>(6)}));
  EXPECT_FALSE(parses({.action = static_cast<AlertAction>(13)}));
  const Bytes envelope(kAlertEnvelopeSize, 1);
  const auto desk = filled<DeviceId>(3);
  EXPECT_TRUE(parses({.action = AlertAction::share, .to = desk, .envelope = envelope}));
  EXPECT_FALSE(parses({.action = AlertAction::share, .to = desk}));
  EXPECT_FALSE(parses({.action = AlertAction::share, .envelope = envelope}));
  EXPECT_FALSE(parses({.action = AlertAction::share, .to = desk, .envelope = Bytes(111, 1)}));
  EXPECT_FALSE(parses({.action = AlertAction::escalate, .to = desk}));
}

TEST(Alert, EveryOutcomeStateActionAndResolutionHasAName) {
  for (int i = 1; i <= 12; ++i) EXPECT_NE(name_of(static_cast<AlertAction>(i)), "unknown");
  for (int i = 1; i <= 5; ++i) {
    const auto resolution = static_cast<Resolution>(i);
    EXPECT_EQ(resolution_from_name(name_of(resolution)), resolution);
  }
  EXPECT_EQ(resolution_from_name("nothing"), std::nullopt);
  EXPECT_EQ(resolution_from_name(""), std::nullopt);
  for (int i = 1; i <= 5; ++i) EXPECT_NE(name_of(static_cast<AlertOutcome>(i)), "unknown");
  for (int i = 0; i <= 4; ++i) EXPECT_NE(name_of(static_cast<AlertState>(i)), "unknown");
}

}  // namespace
}  // namespace candour::messages
