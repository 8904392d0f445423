// Goal: in a day of a force of 200 officers, 10 supervisors and 3 of professional standards, every
// alert reaches exactly the desks it is for, and nobody else gets any. Method: the real bot, groups
// of one unit and across units, a seeded day of clean, flagged, blocked, overridden and reported
// messages that name people; who should get what is computed apart from the bot's code, from who
// wrote what about whom, and compared alert by alert.
#include <map>
#include <set>

#include "tests/bot/alert_world.h"

namespace candour::tests {
namespace {

constexpr int kUnits = 5;
constexpr int kOfficers = 200;
constexpr int kGroups = 10;
constexpr int kMessages = 600;
constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;
constexpr std::uint64_t kFoldMs = 10 * 60'000;

struct Person {
  std::string id;
  std::string name;
  std::string said;  // how people write of them
  std::string role;
  std::string unit;
};

const std::vector<Person> kDesks = {
    {"p-9001", "Insp Grace Hollis", "hollis", "supervisor", "unit-0"},
    {"p-9002", "Sgt Wei Ng", "sgt ng", "supervisor", "unit-0"},
    {"p-9003", "Insp Anna Smith-Jones", "Smith Jones", "supervisor", "unit-1"},
    {"p-9004", "Sgt Sean O'Brien", "obrien", "supervisor", "unit-1"},
    {"p-9005", "Sgt Eva M\u00fcller", "mueller", "supervisor", "unit-2"},
    {"p-9006", "Insp Jan van der Berg", "van der berg", "supervisor", "unit-2"},
    {"p-9007", "Sgt Linh Nguy\u1ec5n", "nguyen", "supervisor", "unit-3"},
    {"p-9008", "Sgt Bruce Lee", "bruce lee", "supervisor", "unit-3"},
    {"p-9009", "Insp Zo\u00eb Wo\u017aniak", "wozniak", "supervisor", "unit-4"},
    {"p-9010", "Sgt Ewan MacDonald", "macdonald", "supervisor", "unit-4"},
    {"p-9101", "DCI Ruth Falconer", "falconer", "investigator", "psd"},
    {"p-9102", "DS Tom Peverell", "peverell", "investigator", "psd"},
    {"p-9103", "DC Ada Quill", "quill", "investigator", "psd"},
};

struct Flag {
  std::string_view word;
  bool alerts;
  bool past_line;
};
constexpr Flag kFlags[] = {{"badword", true, false},
                           {"gravestword", true, false},
                           {"worstword", true, false},
                           {"reprisalword", true, true},
                           {"grumble", false, false}};

class UnitDay : public ::testing::Test {
 protected:
  using Sent = std::map<std::string, std::multiset<std::string>>;  // person: messages and outcomes

  struct GroupOf {
    GroupId id;
    std::string unit;
    std::vector<Officer*> members;
    std::vector<std::pair<Officer*, Officer::Draft>> shown;
  };

  void SetUp() override {
    constexpr std::uint64_t kNever = 30 * kDayMs;
    world.alerts.fold_within_ms = kFoldMs;
    world.alerts.remind_after_ms = world.alerts.serious_remind_after_ms = kNever - 1;
    world.alerts.escalate_after_ms = world.alerts.serious_escalate_after_ms = kNever;
    world.publish_policy();
    world.start();
    for (const Person& person : kDesks) {
      world.names[person.id] = person.name;
      desks.push_back(std::make_unique<Officer>(world, person.id, person.role, person.unit));
    }
    for (int i = 0; i < kOfficers; ++i) {
      officers.push_back(std::make_unique<Officer>(world, "p-" + std::to_string(1000 + i),
                                                   "officer", unit_of(i % kUnits)));
    }
    // A supervisor who also writes, by another device.
    officers.push_back(std::make_unique<Officer>(world, "p-9001", "officer", "unit-0"));
    for (int g = 0; g < kGroups; ++g) make_group(g);
  }
  static std::string unit_of(int number) { return "unit-" + std::to_string(number); }
  std::size_t below(std::size_t bound) {
    const auto bytes = world.dice.id<Id<struct DayTag, 4>>();
    return (std::size_t{bytes.view()[0]} << 16 | bytes.view()[1] << 8 | bytes.view()[2]) % bound;
  }

  /// The first half are of one unit each, the others across units.
  void make_group(int number) {
    GroupOf group;
    group.id = world.dice.id<GroupId>();
    group.unit = unit_of(number % kUnits);
    for (int i = 0; i < kOfficers; ++i) {
      const bool of_one = (i / kUnits) % 2 == 0;
      const int home = of_one ? i % kUnits : kUnits + (i / (2 * kUnits)) % kUnits;
      if (home == number) group.members.push_back(officers[static_cast<std::size_t>(i)].get());
    }
    if (number == 0) group.members.push_back(officers.back().get());
    world.group = group.id;
    for (Officer* member : group.members) member->publish_key_package();
    messages::GroupRequest wish =
        world.create_request({group.members.begin(), group.members.end()});
    wish.unit = group.unit;
    wish.name = "Group " + std::to_string(number);
    const std::size_t of_others = world.relay.delivered.size();
    world.request(wish);
    world.advance(4'000);
    for (Officer* member : group.members) {
      member->skip_delivered(of_others);
      member->catch_up();
      ASSERT_TRUE(member->mls.has_value());
    }
    groups.push_back(std::move(group));
  }

  // Who should get it, said again in other words than the bot's.
  std::set<std::string> who(const std::string& role, const std::set<std::string>& without,
                            const std::string& unit = "") const {
    std::set<std::string> out;
    for (const Person& person : kDesks) {
      const bool unit_fits = unit.empty() || person.unit == unit;
      if (person.role == role && unit_fits && !without.contains(person.id)) out.insert(person.id);
    }
    return out;
  }
  std::set<std::string> line_of(const std::string& unit, const std::set<std::string>& without,
                                const std::string& author) const {
    // Naming everybody in professional standards, too, lets nobody off: only the author is out.
    std::set<std::string> out = without;
    if (who("investigator", without).empty()) out = {author};
    auto desks_of = who("supervisor", out, unit);
    if (desks_of.empty()) desks_of = who("supervisor", out);
    return desks_of.empty() ? who("investigator", out) : desks_of;
  }
  void expect(const std::set<std::string>& persons, const MessageId& about,
              std::string_view outcome) {
    for (const std::string& person : persons) {
      expected[person].insert(about.hex() + " " + std::string(outcome));
    }
    ++alerts;
  }
  bool folded(const std::string& author, const GroupOf& group, std::string_view word) {
    auto& raised = last[author + group.id.hex() + std::string(word)];
    const std::uint64_t now = world.clock.time_ms;
    if (raised != 0 && raised + kFoldMs >= now) return true;
    raised = now;
    return false;
  }

  void one_message() {
    GroupOf& group = groups[below(groups.size())];
    world.group = group.id;
    Officer& author = *group.members[below(group.members.size())];
    const std::string& person = author.device.person;
    std::string text = "On the way to the briefing";
    std::set<std::string> without = {person};
    for (std::size_t named = below(4); named > 1; --named) {
      const Person& about = kDesks[below(kDesks.size())];
      text += ", with " + about.said;
      without.insert(about.id);
    }
    if (below(3) != 0) {
      group.shown.emplace_back(&author, author.send(text + "."));
      return;
    }
    const Flag& flag = kFlags[below(std::size(kFlags))];
    const auto draft = author.send(text + " " + std::string(flag.word) + ".");
    if (!flag.alerts) return;
    const std::set<std::string> to =
        flag.past_line ? who("investigator", without) : line_of(group.unit, without, person);
    if (!folded(person, group, flag.word)) {
      expect(to, draft.id, flag.word == "worstword" ? "blocked" : "warned");
    }
    if (flag.word == "worstword" || below(2) == 0) return;
    const auto again =
        author.answer(draft, override_field(author.warning(draft), "a good reason to say so"));
    expect(to, again.id, "overridden");
  }
  void one_report() {
    GroupOf& group = groups[below(groups.size())];
    if (group.shown.empty()) return;
    world.group = group.id;
    auto& [author, draft] = group.shown[below(group.shown.size())];
    Officer& reporter = *group.members[below(group.members.size())];
    if (&reporter == author) return;
    Officer::Options options;
    options.field.type = messages::BotFieldType::report;
    options.field.reported = draft.id;
    options.field.reason = SecretText::copy_of("this was aimed at a colleague");
    options.field.proof = proof_of(world, draft).encode();
    reporter.send("cover", std::move(options));
    expect(who("investigator", {author->device.person}), draft.id, "reported");
    ++reports;
  }
  std::multiset<std::string> got(const Officer& officer) const {
    std::multiset<std::string> out;
    for (const v1::Mail& mail : world.relay.mail_of(officer.device.id, v1::ALERT)) {
      if (messages::inspect_alert_mail(as_bytes(mail.body())).value().update) continue;
      const auto alert = messages::open_alert(as_bytes(mail.body()), officer.device.sealing,
                                              world.keys->signing.public_key());
      EXPECT_TRUE(alert);
      if (!alert) continue;
      out.insert(alert.value().body.message_id.hex() + " " +
                 std::string(messages::name_of(alert.value().body.outcome)));
    }
    return out;
  }

  World world;
  std::vector<std::unique_ptr<Officer>> desks;
  std::vector<std::unique_ptr<Officer>> officers;
  std::vector<GroupOf> groups;
  Sent expected;
  std::map<std::string, std::uint64_t> last;
  int alerts = 0;
  int reports = 0;
};

TEST_F(UnitDay, EveryAlertReachesExactlyTheRightDesks) {
  for (int i = 0; i < kMessages; ++i) {
    world.clock.time_ms += below(2 * kDayMs / kMessages / 1'000) * 1'000;
    one_message();
    if (i % 20 == 19) one_report();
  }
  world.advance(1'000);
  for (const auto& desk : desks) {
    EXPECT_EQ(got(*desk), expected[desk->device.person]) << desk->device.person;
  }
  for (const auto& officer : officers) {
    EXPECT_TRUE(world.relay.mail_of(officer->device.id, v1::ALERT).empty());
  }
  EXPECT_GT(alerts, 100);
  EXPECT_GT(reports, 10);
  RecordProperty("alerts", alerts);
}

}  // namespace
}  // namespace candour::tests
