// What the messages before change: conditions on the conversation, references that reach back,
// classes of groups and kinds of content. A small pack is played through conversations written as
// policy/talk.h reads them.
#include "policy/conversation.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "policy/shingles.h"
#include "policy/talk.h"

namespace candour::policy {
namespace {

Rule rule(std::string id, Severity severity, std::vector<std::string> phrases) {
  Rule r;
  r.id = std::move(id);
  r.category = r.id.substr(0, r.id.rfind('.'));
  r.severity = severity;
  r.standard = "2 Authority, Respect and Courtesy";
  r.phrases = std::move(phrases);
  r.where = "test.toml:1";
  return r;
}

RuleSet fruit_rules() {
  RuleSet set;
  set.words = {{"fruit.many", {"apple+", "pear+"}, "w:1"},
               {"bad", {"rotten", "vile"}, "w:2"},
               {"they", {"they", "them"}, "w:3"},
               {"laugh", {"haha", "😂"}, "w:4"},
               {"other", {"lorries"}, "w:5"}};
  set.references = {{"they", {"fruit.many"}, {"other"}, "w:6", 3}};
  set.rules.push_back(rule("abuse.fruit.contempt", Severity::warn, {"<fruit.many> ..3 <bad>"}));
  Rule answer = rule("abuse.laugh", Severity::warn, {"<laugh>"});
  answer.talk.kind = TalkCondition::Kind::answer;
  answer.talk.to = {"abuse.fruit"};
  set.rules.push_back(answer);
  Rule pile = rule("abuse.pile", Severity::notice, {"<bad>", "<laugh>"});
  pile.talk.kind = TalkCondition::Kind::pile_on;
  pile.talk.to = {"abuse"};
  pile.talk.people = 2;
  set.rules.push_back(pile);
  Rule probing = rule("evasion.probing", Severity::notice, {});
  probing.talk.kind = TalkCondition::Kind::probing;
  set.rules.push_back(probing);
  return set;
}

std::shared_ptr<const Engine> engine(RuleSet set) {
  auto built = Engine::build(std::move(set));
  EXPECT_TRUE(built) << (built ? "" : built.error().message);
  return built.value();
}

bool gives(const Engine& e, const std::string& id, const std::string& talk) {
  const auto hit = e.hits_talk(*e.find_rule(id), talk);
  EXPECT_TRUE(hit) << (hit ? "" : hit.error().message);
  return hit && hit.value();
}

TEST(Conversation, ReferencesReachBackToWhatWasNamed) {
  const auto e = engine(fruit_rules());
  const std::string id = "abuse.fruit.contempt";
  EXPECT_TRUE(gives(*e, id, "ana: the apples came\nben: they are vile"));
  EXPECT_TRUE(gives(*e, id, "ana: the apples came\nben: who brought them\nben: they are vile"));
  EXPECT_FALSE(gives(*e, id, "ben: they are vile"));
  EXPECT_FALSE(gives(*e, id, "ana: the apples came\nana: the lorries too\nben: they are vile"));
  EXPECT_FALSE(gives(*e, id, "ana: apples\nben: a\nben: b\nben: c\nben: they are vile"));
  // What was withheld has not been said.
  EXPECT_FALSE(gives(*e, id, "ana: apples are vile\nben: they are vile"));
  EXPECT_TRUE(gives(*e, id, "ana!: apples are vile\nben: they are vile"));
}

TEST(Conversation, AnAnswerTakesItsWeightFromWhatItAnswers) {
  const auto e = engine(fruit_rules());
  EXPECT_TRUE(gives(*e, "abuse.laugh", "ana!: pears are vile\nben: haha"));
  EXPECT_TRUE(gives(*e, "abuse.laugh", "ana!: pears are vile\nben+: 😂"));
  EXPECT_TRUE(gives(*e, "abuse.laugh", "ana!: pears are vile\ncal: late today\nben++: 😂"));
  EXPECT_FALSE(gives(*e, "abuse.laugh", "ana!: pears are vile\ncal: late today\nben+: 😂"));
  EXPECT_FALSE(gives(*e, "abuse.laugh", "ana!: pears are vile\ncal: late today\nben: haha"));
  EXPECT_FALSE(gives(*e, "abuse.laugh", "ana: pears are fine\nben: haha"));
  EXPECT_FALSE(gives(*e, "abuse.laugh", "ben: haha"));
}

TEST(Conversation, APileOnTakesSeveralPeople) {
  const auto e = engine(fruit_rules());
  EXPECT_TRUE(gives(*e, "abuse.pile", "ana!: pears are vile\nben!: haha\ncal: rotten"));
  EXPECT_FALSE(gives(*e, "abuse.pile", "ana!: pears are vile\nben!: haha\nben: rotten"));
  EXPECT_FALSE(gives(*e, "abuse.pile", "ana!: pears are vile\nben: fine\ncal: rotten"));
  EXPECT_FALSE(gives(*e, "abuse.pile", "ana!: pears are vile\nana!: haha\ncal: rotten"));
  EXPECT_FALSE(gives(*e, "abuse.pile", "ana: pears are ripe\nben: rotten\ncal: rotten"));
}

TEST(Conversation, ProbingIsManyNearlyEqualDrafts) {
  const auto e = engine(fruit_rules());
  const std::string first = "ana: honestly all those apples we got are vile\n";
  const std::string second = "ana: honestly all those apples we got are vile now\n";
  EXPECT_TRUE(gives(*e, "evasion.probing",
                    first + first + "ana: honestly all those apples we got are vyle"));
  EXPECT_TRUE(gives(*e, "evasion.probing", first + second + first));
  EXPECT_FALSE(
      gives(*e, "evasion.probing", first + "ana: honestly all those apples we got are late"));
  EXPECT_FALSE(
      gives(*e, "evasion.probing", first + first + "ben: honestly all those apples we got"));
  EXPECT_FALSE(
      gives(*e, "evasion.probing", first + first + "ana: who has the keys to the red van"));
}

TEST(Conversation, TheSameWordsWeighByClassAndKind) {
  RuleSet set = fruit_rules();
  set.rules[0].severity_in = {{"statement", Severity::notice}, {"training", std::nullopt}};
  set.rules[0].content = {ContentKind::text, ContentKind::poll};
  const auto e = engine(std::move(set));
  EXPECT_EQ(e->judge("apples are vile").verdict, Verdict::warn);
  EXPECT_EQ(e->judge("apples are vile", {"team"}).verdict, Verdict::warn);
  EXPECT_EQ(e->judge("apples are vile", {"statement"}).findings.at(0).severity, Severity::notice);
  EXPECT_TRUE(e->judge("apples are vile", {"training"}).findings.empty());
  EXPECT_EQ(e->judge("apples are vile", {"", ContentKind::poll}).verdict, Verdict::warn);
  EXPECT_EQ(e->judge("apples are vile", {"", ContentKind::reply}).verdict, Verdict::release);
}

TEST(Conversation, FeaturesHoldNothingOfAReleasedText) {
  const auto e = engine(fruit_rules());
  History history;
  const std::array<std::uint8_t, kShingleSaltSize> salt = {1, 2, 3};
  const Conversation talk{.past = &history, .sender = 7, .now = TimeMs(5), .salt = salt};
  const MessageFeatures plain = e->judge("who has the keys", {"", {}, &talk}).features;
  EXPECT_EQ(plain, MessageFeatures());
  const MessageFeatures warned = e->judge("apples are vile", {"", {}, &talk}).features;
  EXPECT_EQ(warned.verdict, Verdict::warn);
  EXPECT_EQ(warned.flagged.size(), 2u);  // abuse.fruit and abuse
  EXPECT_FALSE(warned.shingles.empty());
  ASSERT_EQ(warned.named.size(), 1u);
  EXPECT_EQ(warned.named[0].tags, std::vector<NameHash>{name_hash("fruit.many")});
  EXPECT_EQ(e->judge("apples are vile").features, MessageFeatures());
}

TEST(Conversation, FeaturesSurviveTheirBytes) {
  MessageFeatures f;
  f.verdict = Verdict::block;
  f.kind = ContentKind::reaction;
  f.flagged = {1, ~0ull};
  f.in_kind = {3};
  f.named = {{4, {5, 6}}, {7, {}}};
  f.shingles = {8, 9, 4'000'000'000};
  const Bytes bytes = encode_features(f);
  const auto back = decode_features(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back.value(), f);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_features(ByteView(bytes).first(size))) << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_features(longer));
}

TEST(Conversation, HistoryForgets) {
  History history;
  for (std::uint64_t i = 0; i < 100; ++i) history.add({{}, i, TimeMs(i), true, i});
  EXPECT_EQ(history.messages().size(), kPastMessagesMax);
  EXPECT_EQ(history.find(99), kPastMessagesMax - 1);
  EXPECT_EQ(history.find(5), std::nullopt);
  history.add({{}, 1, TimeMs(kPastAgeMaxMs + 200), true, 200});
  EXPECT_EQ(history.messages().size(), 1u);
}

TEST(Shingles, TellHowAlikeTwoTextsAre) {
  const std::array<std::uint8_t, kShingleSaltSize> salt = {9};
  const std::array<std::uint8_t, kShingleSaltSize> other = {8};
  const std::string text = "we should leave them in the cold until the morning shift comes on";
  const auto sketch = shingles_of(text, salt);
  EXPECT_EQ(sketch.size(), kShinglesMax);
  EXPECT_EQ(similarity(sketch, sketch), 100u);
  EXPECT_EQ(similarity(sketch, shingles_of(text, other)), 0u);
  EXPECT_EQ(similarity(sketch, {}), 0u);
  EXPECT_GE(similarity(sketch, shingles_of(text + " ok", salt)), 80u);
  EXPECT_GE(similarity(sketch, shingles_of("we sh0uld leave them in the c.old until the morning "
                                           "shift comes on",
                                           salt)),
            60u);
  EXPECT_LE(similarity(sketch, shingles_of("the van is back from the garage with a new tyre and "
                                           "the keys are in the safe",
                                           salt)),
            30u);
  EXPECT_EQ(similarity(shingles_of("no", salt), shingles_of("n o", salt)), 100u);
}

TEST(Talk, RefusesWhatIsNoConversation) {
  EXPECT_FALSE(parse_talk(""));
  EXPECT_FALSE(parse_talk("no speaker here"));
  EXPECT_FALSE(parse_talk("ana?: hm"));
  EXPECT_FALSE(parse_talk("ana>: answers nothing"));
  EXPECT_FALSE(parse_talk("ana: a\nben>>: too far"));
  const auto lines = parse_talk("ana: a: b\n\nben!: c\nana>>: d");
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines.value().size(), 3u);
  EXPECT_EQ(lines.value()[0].text, "a: b");
  EXPECT_TRUE(lines.value()[1].sent_anyway);
  EXPECT_EQ(lines.value()[2].sender, lines.value()[0].sender);
  EXPECT_EQ(lines.value()[2].answers, 2u);
}

}  // namespace
}  // namespace candour::policy
