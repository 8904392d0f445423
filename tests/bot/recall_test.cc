// Goal: the bot judges a message beside what came before it in its group, in every kind of content,
// across restarts, and keeps no text for it. Method: rules that depend on the conversation, and
// officers who rephrase, pile on, react, edit and vote.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

using messages::Content;
using messages::ContentType;

policy::Rule talk_rule(const World& world, const std::string& id, policy::TalkCondition condition,
                       const std::string& pattern) {
  policy::Rule rule = world.rule(id, policy::Severity::warn, pattern, true);
  rule.talk = std::move(condition);
  if (pattern.empty()) rule.patterns.clear();
  return rule;
}

class BotRecall : public ::testing::Test {
 protected:
  void SetUp() override {
    using Kind = policy::TalkCondition::Kind;
    policy::RuleSet rules;
    rules.rules = {world.rule("rude", policy::Severity::warn, "badword", true),
                   talk_rule(world, "probing", {.kind = Kind::probing, .drafts = 3}, ""),
                   talk_rule(world, "pile", {.kind = Kind::pile_on, .to = {"test"}, .people = 2},
                             "hear hear|\xf0\x9f\x98\x82")};
    world.pack = world.signed_pack("talk", policy::Engine::build(std::move(rules)).value());
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben, &chloe});
  }

  std::set<std::string> rules_in(const Officer& officer, const Officer::Draft& draft) const {
    std::set<std::string> rules;
    const auto findings = messages::decode_findings(officer.warning(draft).findings);
    for (const auto& finding : findings.value()) rules.insert(finding.rule);
    return rules;
  }
  void restart() {
    world.kill();
    world.start();
  }
  /// Amy sends what she is warned of, so that all read it.
  MessageId flagged() {
    const auto warned = amy.send("What a badword he is.");
    const auto sent = amy.answer(warned, override_field(amy.warning(warned), "I mean it so."));
    EXPECT_TRUE(amy.receipt(sent).overridden);
    return sent.id;
  }
  Officer::Draft send(Officer& officer, ContentType type, std::string_view text,
                      const MessageId& about) {
    Content content;
    content.type = type;
    content.text = SecretText::copy_of(text);
    content.about = about;
    return officer.send(content);
  }

  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
  Officer chloe{world, "p-103"};
};

TEST_F(BotRecall, RephrasingAgainAndAgainIsProbing) {
  EXPECT_EQ(
      rules_in(amy,
               amy.send("that man over there is such a badword and so are all of his friends")),
      std::set<std::string>{"rude"});
  EXPECT_EQ(
      rules_in(amy,
               amy.send("that man over there is such a badword and so are all of his friends, ok")),
      std::set<std::string>{"rude"});
  EXPECT_EQ(
      rules_in(
          amy,
          amy.send("that man over there is such a badword and so are all of his friends, right")),
      (std::set<std::string>{"rude", "probing"}));
  // Another person is not held to it.
  EXPECT_EQ(
      rules_in(
          ben,
          ben.send("that man over there is such a badword and so are all of his friends, right")),
      std::set<std::string>{"rude"});
}

TEST_F(BotRecall, ARestartIsNoNewTry) {
  amy.warning(amy.send("that man over there is such a badword and so are all of his friends"));
  restart();
  amy.warning(amy.send("that man over there is such a badword and so are all of his friends, ok"));
  restart();
  EXPECT_TRUE(
      rules_in(
          amy,
          amy.send("that man over there is such a badword and so are all of his friends, right"))
          .contains("probing"));
}

TEST_F(BotRecall, WhatIsLongAgoIsForgotten) {
  amy.warning(amy.send("that man over there is such a badword and so are all of his friends"));
  amy.warning(amy.send("that man over there is such a badword and so are all of his friends, ok"));
  ASSERT_EQ(world.process->store->pasts().value().size(), 2u);
  world.advance(policy::kPastAgeMaxMs + 60'000);
  EXPECT_TRUE(world.process->store->pasts().value().empty());
  EXPECT_EQ(
      rules_in(
          amy,
          amy.send("that man over there is such a badword and so are all of his friends, right")),
      std::set<std::string>{"rude"});
}

TEST_F(BotRecall, SendingAnywayOrDisputingIsNoOtherDraft) {
  amy.warning(amy.send("that man over there is such a badword and so are all of his friends"));
  const auto second =
      amy.send("that man over there is such a badword and so are all of his friends, ok");
  messages::BotField dispute = override_field(amy.warning(second), "It is a quotation.");
  dispute.type = messages::BotFieldType::dispute;
  EXPECT_EQ(rules_in(amy, amy.answer(second, std::move(dispute))), std::set<std::string>{"rude"});
  const auto sent = amy.answer(second, override_field(amy.warning(second), "It is a quotation."));
  EXPECT_TRUE(amy.receipt(sent).overridden);
}

TEST_F(BotRecall, PilingOnIsFoundInTextAndReactions) {
  const auto about = flagged();
  ben.receipt(ben.send("hear hear"));
  restart();
  EXPECT_EQ(rules_in(chloe, send(chloe, ContentType::reaction, "\xf0\x9f\x98\x82", about)),
            std::set<std::string>{"pile"});
}

TEST_F(BotRecall, OneWhoAgreesAloneIsNoPile) {
  const auto about = flagged();
  ben.receipt(ben.send("hear hear"));
  ben.receipt(send(ben, ContentType::reaction, "\xf0\x9f\x98\x82", about));
}

TEST_F(BotRecall, EditsReactionsPollsAndRepliesAreJudged) {
  const auto said = amy.send("Good morning.");
  EXPECT_EQ(rules_in(amy, send(amy, ContentType::edit, "Morning, badword.", said.id)),
            std::set<std::string>{"rude"});
  EXPECT_EQ(rules_in(ben, send(ben, ContentType::text, "badword yourself", said.id)),
            std::set<std::string>{"rude"});
  EXPECT_EQ(rules_in(ben, send(ben, ContentType::reaction, "badword", said.id)),
            std::set<std::string>{"rude"});
  Content poll;
  poll.type = ContentType::poll;
  poll.text = SecretText::copy_of("Who pays?");
  poll.options.push_back(SecretText::copy_of("me"));
  poll.options.push_back(SecretText::copy_of("the badword"));
  EXPECT_EQ(rules_in(ben, ben.send(poll)), std::set<std::string>{"rude"});
  poll.options.pop_back();
  poll.options.push_back(SecretText::copy_of("you"));
  ben.receipt(ben.send(poll));
}

TEST_F(BotRecall, KeepsNoTextAndNothingForTalkWithoutFeatures_I1) {
  for (int i = 0; i < 70; ++i) amy.receipt(amy.send("A xylophone-canary sits there."));
  EXPECT_TRUE(world.process->store->pasts().value().empty());
  amy.warning(amy.send("A xylophone-canary-badword."));
  EXPECT_EQ(world.process->store->pasts().value().size(), 1u);
  world.kill();
  EXPECT_EQ(as_text(world.everything_on_disk()).find("xylophone"), std::string_view::npos);
}

}  // namespace
}  // namespace candour::tests
