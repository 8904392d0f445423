// Goal: officers change their groups themselves, each only what they may, once for each request,
// and are answered whatever comes of it. Method: requests signed by devices, mailed to a bot; the
// answers opened, the groups looked at.
#include "tests/bot/world.h"

namespace candour::tests {
namespace {

using messages::GroupRequest;

class BotGroupRequests : public ::testing::Test {
 protected:
  void SetUp() override {
    world.publish_policy();
    world.start();
    world.make_group({&amy, &ben});
    chloe.publish_key_package();
  }
  GroupRequest wish(const Officer& by, const char* action) {
    GroupRequest request;
    request.organisation = "example-constabulary";
    request.request = world.dice.id<messages::RequestId>();
    request.action = action;
    request.group = world.group;
    request.by = by.device.id;
    request.issued = world.clock.now();
    return request;
  }
  GroupRequest creation(const Officer& by) {
    GroupRequest request = wish(by, "create");
    request.group = world.dice.id<GroupId>();
    request.name = "Night shift";
    request.group_class = "ordinary";
    request.unit = "team-a";
    request.owners = {by.device.id};
    return request;
  }
  /// The code of the answer, or "done".
  std::string ask(const Officer& by, const GroupRequest& request,
                  const crypto::SigningKey* key = nullptr) {
    const std::size_t before = by.answers().size();
    world.mail_to_bot(messages::ToBotType::member_request,
                      request.sign(key != nullptr ? *key : by.device.signing));
    world.run();
    const auto answers = by.answers();
    for (std::size_t i = before; i < answers.size(); ++i) {
      if (answers[i].type != messages::AnswerType::group_request) continue;
      EXPECT_TRUE(same(answers[i].about.view(), request.request.view()));
      return answers[i].code.empty() ? "done" : answers[i].code;
    }
    return "no answer";
  }
  std::size_t members() { return world.robot().groups().find(world.group)->mls.members().size(); }

  World world;
  Officer amy{world, "p-101"};  // owner
  Officer ben{world, "p-102"};
  Officer chloe{world, "p-103"};
  Officer grace{world, "p-201", "supervisor", "team-a"};
};

TEST_F(BotGroupRequests, OwnersAddRemoveAndRename) {
  GroupRequest add = wish(amy, "add");
  add.members = {chloe.device.id};
  const std::size_t records = world.relay.records.size();
  EXPECT_EQ(ask(amy, add), "done");
  EXPECT_EQ(members(), 4u);
  chloe.catch_up();
  EXPECT_TRUE(chloe.mls.has_value());
  EXPECT_EQ(world.relay.records.size(), records + 2);  // the request and the commit
  // Once, however often it comes.
  EXPECT_EQ(ask(amy, add), "done");
  EXPECT_EQ(world.relay.records.size(), records + 2);

  GroupRequest rename = wish(amy, "rename");
  rename.name = "Team A, late turn";
  EXPECT_EQ(ask(amy, rename), "done");
  EXPECT_EQ(ben.answers().back().type, messages::AnswerType::group_name);
  EXPECT_EQ(ben.answers().back().message.expose(), "Team A, late turn");

  GroupRequest remove = wish(amy, "remove");
  remove.members = {chloe.device.id};
  EXPECT_EQ(ask(amy, remove), "done");
  EXPECT_EQ(members(), 3u);
  chloe.catch_up();
  EXPECT_TRUE(chloe.removed);
}

TEST_F(BotGroupRequests, ClassAndOwnersAreInTheNextRoster) {
  GroupRequest sensitive = wish(amy, "class");
  sensitive.group_class = "sensitive";
  EXPECT_EQ(ask(amy, sensitive), "done");
  ben.catch_up();
  EXPECT_EQ(ben.roster.group_class, "sensitive");
  GroupRequest owners = wish(amy, "owners");
  owners.owners = {ben.device.id};
  EXPECT_EQ(ask(amy, owners), "done");
  ben.catch_up();
  for (const auto& member : ben.roster.members) {
    EXPECT_EQ(member.owner, member.device == ben.device.id);
  }
  // It is Ben's now.
  GroupRequest rename = wish(amy, "rename");
  rename.name = "Mine";
  EXPECT_EQ(ask(amy, rename), "not_permitted");
  world.kill();
  world.start();
  EXPECT_EQ(world.robot().groups().find(world.group)->info.group_class, "sensitive");
}

TEST_F(BotGroupRequests, EverybodyMayLeave) {
  EXPECT_EQ(ask(ben, wish(ben, "leave")), "done");
  EXPECT_EQ(members(), 2u);
  ben.catch_up();
  EXPECT_TRUE(ben.removed);
  EXPECT_EQ(ask(ben, wish(ben, "leave")), "not_a_member");
}

TEST_F(BotGroupRequests, OthersAreRefused_I12) {
  for (const char* action : {"rename", "class", "add", "remove", "owners"}) {
    GroupRequest request = wish(ben, action);
    if (request.action == "rename") request.name = "Ours";
    if (request.action == "class") request.group_class = "sensitive";
    if (request.action == "owners") request.owners = {ben.device.id};
    if (request.action == "add" || request.action == "remove") {
      request.members = {chloe.device.id};
    }
    EXPECT_EQ(ask(ben, request), "not_permitted") << action;
    request.by = chloe.device.id;
    request.request = world.dice.id<messages::RequestId>();
    EXPECT_EQ(ask(chloe, request), "not_a_member") << action;
  }
  EXPECT_EQ(members(), 3u);
}

TEST_F(BotGroupRequests, RequestsThatCannotBeAreRefused_I12) {
  GroupRequest last = wish(amy, "remove");
  last.members = {amy.device.id};
  EXPECT_EQ(ask(amy, last), "not_permitted");  // no owner would be left
  GroupRequest owners = wish(amy, "owners");
  owners.owners = {chloe.device.id};
  EXPECT_EQ(ask(amy, owners), "not_a_member");
  GroupRequest milder = wish(amy, "class");
  milder.group_class = "training";
  EXPECT_EQ(ask(amy, milder), "not_permitted");  // a supervisor's to say
  GroupRequest bot = wish(amy, "add");
  bot.members = {world.keys->device};
  EXPECT_EQ(ask(amy, bot), "not_permitted");
  GroupRequest unknown = wish(amy, "add");
  unknown.members = {world.dice.id<DeviceId>()};
  EXPECT_EQ(ask(amy, unknown), "unknown_device");
  GroupRequest nowhere = wish(amy, "leave");
  nowhere.group = world.dice.id<GroupId>();
  EXPECT_EQ(ask(amy, nowhere), "not_a_member");
  GroupRequest foreign = wish(amy, "leave");
  foreign.organisation = "another-force";
  EXPECT_EQ(ask(amy, foreign), "no answer");
  // In somebody else's name: nothing comes of it.
  EXPECT_EQ(ask(amy, wish(amy, "leave"), &ben.device.signing), "no answer");
  EXPECT_EQ(members(), 3u);
  world.revoke(ben.device);
  EXPECT_EQ(ask(ben, wish(ben, "leave")), "no answer");
}

TEST_F(BotGroupRequests, WhoMayCreateIsConfigured) {
  EXPECT_EQ(ask(amy, creation(amy)), "not_permitted");
  GroupRequest by_grace = creation(grace);
  by_grace.group_class = "training";
  EXPECT_EQ(ask(grace, by_grace), "done");
  EXPECT_NE(world.robot().groups().find(by_grace.group), nullptr);
  GroupRequest same_id = creation(grace);
  same_id.group = by_grace.group;
  EXPECT_EQ(ask(grace, same_id), "already_exists");

  world.kill();
  world.officers_create_in = {"team-a"};
  world.start();
  EXPECT_EQ(ask(amy, creation(amy)), "done");
  GroupRequest elsewhere = creation(amy);
  elsewhere.unit = "team-b";
  EXPECT_EQ(ask(amy, elsewhere), "not_permitted");
  GroupRequest for_others = creation(amy);
  for_others.owners = {ben.device.id};
  EXPECT_EQ(ask(amy, for_others), "not_permitted");
  GroupRequest milder = creation(amy);
  milder.group_class = "statement";
  EXPECT_EQ(ask(amy, milder), "not_permitted");
}

TEST_F(BotGroupRequests, SurvivesTheBotsDeath_I4) {
  GroupRequest add = wish(amy, "add");
  add.members = {chloe.device.id};
  world.mail_to_bot(messages::ToBotType::member_request, add.sign(amy.device.signing));
  world.kill();
  world.start();
  EXPECT_EQ(members(), 4u);
  EXPECT_EQ(amy.answers().size(), 1u);
}

}  // namespace
}  // namespace candour::tests
