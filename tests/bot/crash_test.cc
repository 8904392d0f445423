// Goal: whenever the bot dies, nothing is judged twice, nothing is lost, and what is said again is
// the same bytes (I4). Method: the process object is dropped at chosen points (before its batch is
// durable, after it but before anything is sent, after the relay applied it but before the bot
// heard) and at every draw of randomness in between; a new process opens the same files. The relay
// double counts any other verdict for a judged submission, any gap and any wrong order.
#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

class BotCrash : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
  }
  World world;
  Officer amy{world, "p-101"};
  Officer ben{world, "p-102"};
};

TEST_F(BotCrash, BeforeItsBatchIsDurable_I4) {
  world.kill();
  const auto draft = amy.send("One.");  // the relay holds it
  world.start();
  amy.receipt(draft);
  EXPECT_EQ(world.relay.duplicates, 0u);
}

TEST_F(BotCrash, AfterItsBatchBeforeAnythingIsSent_I4) {
  world.relay.drop_frames = true;
  const auto one = amy.send("One.");
  const auto two = amy.send("A badword.");
  EXPECT_EQ(world.robot().outbox().promised(), 2u);
  world.kill();
  world.relay.drop_frames = false;
  world.start();
  amy.receipt(one);
  amy.warning(two);
  ben.catch_up();
  EXPECT_EQ(ben.shown, std::vector<std::string>{"One."});
  EXPECT_EQ(world.robot().outbox().promised(), 0u);
}

TEST_F(BotCrash, AfterTheRelayAppliedItSameBytesAgain_I4) {
  world.relay.drop_answers = true;
  const auto one = amy.send("One.");
  const auto two = amy.send("A badword.");
  amy.receipt(one);
  world.kill();
  world.relay.drop_answers = false;
  world.start();
  EXPECT_EQ(world.relay.duplicates, 2u);
  amy.receipt(one);
  amy.warning(two);
  EXPECT_EQ(world.robot().outbox().promised(), 0u);
}

TEST_F(BotCrash, CommitReleasedButNotMerged_I4) {
  // Everything up to the commit's verdict is heard, its Done is not.
  messages::GroupRequest wish = world.create_request({&amy});
  wish.action = "remove";
  wish.name = wish.group_class = wish.unit = "";
  wish.owners.clear();
  wish.members = {ben.device.id};
  world.relay.drop_answers = true;
  world.request(wish);
  EXPECT_EQ(world.relay.groups[world.group].epoch, 2u);
  EXPECT_EQ(world.robot().groups().find(world.group)->mls.epoch(), Epoch(1));
  world.kill();
  world.relay.drop_answers = false;
  world.start();
  EXPECT_EQ(world.robot().groups().find(world.group)->mls.epoch(), Epoch(2));
  EXPECT_EQ(world.relay.delivered.size(), 2u);
  amy.catch_up();
  amy.receipt(amy.send("After the removal."));
}

TEST_F(BotCrash, MessageOfTheNewEpochThatOvertakesTheDoneWaits) {
  messages::GroupRequest wish = world.create_request({&amy});
  wish.action = "remove";
  wish.name = wish.group_class = wish.unit = "";
  wish.owners.clear();
  wish.members = {ben.device.id};
  world.relay.drop_answers = true;
  world.request(wish);
  amy.catch_up();
  const auto early = amy.send("Already in the new epoch.");
  EXPECT_FALSE(world.relay.mail_about(amy.device.id, early.id.view()));
  world.kill();
  world.relay.drop_answers = false;
  world.start();
  amy.receipt(early);
}

TEST_F(BotCrash, RatchetsSurviveRestarts_I4) {
  for (int i = 0; i < 5; ++i) {
    amy.receipt(amy.send("Round " + std::to_string(i)));
    ben.catch_up();
    ben.receipt(ben.send("Answer " + std::to_string(i)));
    amy.catch_up();
    world.kill();
    world.start();
  }
  ben.catch_up();
  EXPECT_EQ(ben.chain.seq, amy.chain.seq);
  EXPECT_EQ(ben.chain.seq, Seq(11));  // one commit, ten messages
}

TEST_F(BotCrash, AUsedWarningStaysUsedAfterARestart_I4) {
  const auto draft = amy.send("A badword.");
  const auto warning = amy.warning(draft);
  amy.receipt(amy.answer(draft, override_field(warning, "a good reason to say so")));
  world.kill();
  world.start();
  EXPECT_EQ(amy.rejection(amy.answer(draft, override_field(warning, "a good reason to say so"))),
            "warning_invalid");
}

// A conversation with everything in it, with the bot killed at its `kill_at`-th draw.
struct Outcome {
  std::vector<std::string> shown;
  std::uint64_t seq = 0;
  std::uint64_t records = 0;
  std::size_t alerts = 0;
  int kills = 0;
  std::uint64_t draws = 0;
  std::uint64_t steps = 0;
};

/// Where the bot is killed, counted from when it is ready: at a draw of randomness, or at steps of
/// its talk with the relay, the second counted from the first.
struct Kill {
  std::uint64_t draw = 0;  // 0 = never
  std::vector<std::uint64_t> steps = {};
};

// A supervisor handles the first alert she got: `action`, signed and mailed.
void handle(World& world, const Officer& by, messages::AlertAction action) {
  const auto mails = world.relay.mail_of(by.device.id, v1::ALERT);
  if (mails.empty()) return;
  messages::AlertStep step;
  step.alert = messages::inspect_alert_mail(as_bytes(mails.front().body())).value().id;
  step.action = action;
  if (action == messages::AlertAction::close) step.resolution = messages::Resolution::no_action;
  step.device = by.device.id;
  step.time = TimeMs(++world.clock.time_ms);
  world.mail_to_bot(messages::ToBotType::alert_step, step.sign(by.device.signing));
  world.run();
}

Outcome play(const Kill& at) {
  World world;
  world.alerts.sample_one_in = 1;
  world.publish_policy();
  world.start();
  Officer amy(world, "p-101");
  Officer ben(world, "p-102");
  Officer chloe(world, "p-103");
  Officer grace(world, "p-201", "supervisor", "team-a");
  Officer inspector(world, "p-301", "investigator", "psd");
  const std::uint64_t before = world.bot_dice.draws;
  if (at.draw != 0) world.bot_dice.kill_at = before + at.draw;
  const std::uint64_t steps_before = world.relay.steps;
  std::uint64_t step = steps_before;
  for (const std::uint64_t after : at.steps) world.relay.kill_at_steps.push_back(step += after);
  for (Officer* officer : {&amy, &ben, &chloe}) officer->publish_key_package();
  for (Officer* officer : {&amy, &ben, &chloe}) officer->publish_key_package();
  world.request(world.create_request({&amy, &ben, &chloe}));
  world.advance(4'000);
  for (Officer* officer : {&amy, &ben, &chloe}) officer->catch_up();
  const auto clean = amy.send("Morning.");
  const auto warned = amy.send("That is a gravestword.");
  const auto sent_anyway =
      amy.answer(warned, override_field(amy.warning(warned), "quoting what the suspect said"));
  handle(world, grace, messages::AlertAction::acknowledge);
  handle(world, grace, messages::AlertAction::close);
  Officer::Options report;
  report.field.type = messages::BotFieldType::report;
  report.field.reported = clean.id;
  report.field.reason = SecretText::copy_of("please look at this one");
  report.field.proof = proof_of(world, clean).encode();
  const auto reported = ben.send("report", std::move(report));
  world.advance(3'600'000);  // the second alert is overdue
  world.revoke(chloe.device);
  world.advance(4'000);
  ben.catch_up();
  amy.catch_up();
  const auto last = ben.send("Evening.");
  ben.catch_up();
  amy.catch_up();
  amy.receipt(clean);
  amy.receipt(sent_anyway);
  ben.receipt(last);
  ben.receipt(reported);
  return {ben.shown,
          ben.chain.seq.value,
          world.relay.records.size(),
          world.relay.mail_of(grace.device.id, v1::ALERT).size() +
              world.relay.mail_of(inspector.device.id, v1::ALERT).size(),
          world.kills,
          world.bot_dice.draws - before,
          world.relay.steps - steps_before};
}

void expect_same(const Outcome& outcome, const Outcome& calm) {
  EXPECT_EQ(outcome.shown, calm.shown);
  EXPECT_EQ(outcome.seq, calm.seq);
  EXPECT_EQ(outcome.records, calm.records);
  EXPECT_EQ(outcome.alerts, calm.alerts);
}

TEST(BotCrashEverywhere, TheConversationEndsTheSame_I4) {
  const Outcome calm = play({});
  EXPECT_EQ(calm.shown, (std::vector<std::string>{"Morning.", "That is a gravestword.", "(own)"}));
  EXPECT_EQ(calm.seq, 5u);  // three messages and two commits
  // The supervisor's: two alerts; acknowledged, closed, drawn; a reminder, overdue. The
  // inspector's: two alerts; drawn, overdue; the report, and a reminder of it.
  EXPECT_EQ(calm.alerts, 13u);
  ASSERT_GT(calm.draws, 40u);
  int killed = 0;
  int points = 0;
  for (std::uint64_t at = 1; at <= calm.draws; at += 2) {
    SCOPED_TRACE("killed at draw " + std::to_string(at));
    const Outcome outcome = play({.draw = at});
    ++points;
    killed += outcome.kills;
    expect_same(outcome, calm);
  }
  EXPECT_GE(killed, points - 1);
}

// Between any two frames: lost, applied but not heard of, received but not acted upon. With that
// comes every transaction, for what a batch decided is said only after it is durable.
TEST(BotCrashEverywhere, AtEveryFrameTheConversationEndsTheSame_I4) {
  const Outcome calm = play({});
  ASSERT_GT(calm.steps, 100u);
  for (std::uint64_t at = 1; at <= calm.steps; ++at) {
    SCOPED_TRACE("killed at step " + std::to_string(at));
    const Outcome outcome = play({.steps = {at}});
    EXPECT_EQ(outcome.kills, 1);
    expect_same(outcome, calm);
  }
}

TEST(BotCrashEverywhere, KilledAgainWhileItComesBackTheConversationEndsTheSame_I4) {
  const Outcome calm = play({});
  for (std::uint64_t at = 1; at <= calm.steps; at += 7) {
    const std::uint64_t again = 1 + at % 23;
    SCOPED_TRACE("killed at step " + std::to_string(at) + " and " + std::to_string(again) +
                 " steps after that");
    const Outcome outcome = play({.steps = {at, again}});
    EXPECT_GE(outcome.kills, 1);
    expect_same(outcome, calm);
  }
}

}  // namespace
}  // namespace candour::tests
