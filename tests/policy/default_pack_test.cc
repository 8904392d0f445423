// The pack we ship: it loads with the note beside it, covers every category the design names, keeps
// its promises about restraint on sentences written for this test, and stays on its feet under
// hostile input.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "policy/pack.h"
#include "tests/policy/borders.h"

namespace candour::policy {
namespace {

const Pack& default_pack() {
  static const auto pack =
      load_pack(std::filesystem::path(CANDOUR_SOURCE_DIR) / "config/policy/default");
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().message);
  return *pack.value();
}
const Engine& engine() { return *default_pack().engine; }

bool finds(std::string_view text, std::string_view category) {
  for (const Finding& f : engine().judge(text).findings) {
    if (f.category == category && f.severity != Severity::notice) return true;
  }
  return false;
}

TEST(DefaultPack, CoversEveryCategoryOfTheDesign) {
  std::set<std::string> categories;
  for (const Rule& rule : engine().rules()) {
    categories.insert(rule.category);
    EXPECT_FALSE(rule.message.empty()) << rule.id;
    EXPECT_FALSE(rule.advice.empty()) << rule.id;
    EXPECT_FALSE(rule.standard.empty()) << rule.id;
    EXPECT_GE(rule.matches.size() + rule.talk_matches.size(), 3u) << rule.id;
    EXPECT_GE(rule.passes.size() + rule.talk_passes.size(), 5u) << rule.id;
  }
  const std::vector<std::string> kWanted = {"discrimination.race",
                                            "discrimination.religion",
                                            "discrimination.traveller",
                                            "discrimination.sex",
                                            "discrimination.orientation",
                                            "discrimination.gender_identity",
                                            "discrimination.disability",
                                            "discrimination.age",
                                            "threat.group",
                                            "threat.person",
                                            "sexual_violence.trivialise",
                                            "domestic_abuse.trivialise",
                                            "victim.graphic",
                                            "victim.degrade",
                                            "harassment.sexual",
                                            "data.personal",
                                            "data.special",
                                            "data.misuse",
                                            "data.image",
                                            "data.intelligence",
                                            "force.boast",
                                            "evasion.off_channel",
                                            "collusion",
                                            "reprisal",
                                            "fitness",
                                            "slur.mention",
                                            "profanity"};
  for (const std::string& id : kWanted) EXPECT_TRUE(categories.contains(id)) << id;
}

TEST(DefaultPack, NoticesNeverAlert) {
  for (const Rule& rule : engine().rules()) {
    EXPECT_FALSE(rule.alert && rule.severity == Severity::notice) << rule.id;
  }
}

TEST(DefaultPack, OperationalNumbersAreLeftAlone) {
  for (const char* text :
       {"CAD 4410/08JUN24 linked to CAD 17", "crime ref 6512345/24 updated",
        "collar 4471NW on scene", "exhibit JH/3 booked in", "custody 22 and 24 are free",
        "BB/10442/24 is the crime number", "channel 4, call sign GT 31", "IC6 male, IC2 female"}) {
    EXPECT_TRUE(engine().judge(text).findings.empty()) << text;
  }
}

TEST(DefaultPack, QuotedReportedTaughtAndDeniedWordsPass) {
  const std::string offence = "Romanians are vermin";
  EXPECT_TRUE(finds(offence, "discrimination.race"));
  for (const std::string& text :
       {"Witness heard him shout \"" + offence + "\" outside the shop",
        "Suspect told the family that " + offence + ", arrested", "It is not true that " + offence,
        "Nobody should ever say " + offence,
        "The training slide shows \"" + offence + "\" as an example of what we heard",
        "I challenged him, he had said " + offence}) {
    EXPECT_EQ(engine().judge(text).verdict, Verdict::release) << text;
  }
}

TEST(DefaultPack, ReportingAColleagueIsNeverDiscouraged) {
  for (const char* text : {"I want to report a colleague for what was said on the van last night",
                           "PC Doyle made racist remarks about the family, I have told PSD",
                           "Who do I speak to about a sergeant who keeps touching people",
                           "He boasted about hitting a prisoner, I am making a statement"}) {
    EXPECT_EQ(engine().judge(text).verdict, Verdict::release) << text;
  }
}

TEST(DefaultPack, DisguiseDoesNotHelp) {
  for (const char* text : {"Romanians are ｖｅｒｍｉｎ", "Romanians are v\u0435rm\u0456n",
                           "Romanians are ver\u200bmin", "Rom\u00e4nians are v\u00e9rmin"}) {
    EXPECT_TRUE(finds(text, "discrimination.race")) << text;
  }
}

TEST(DefaultPack, SpansStayOnBordersWhateverTheText) {
  std::mt19937 random(11);
  std::size_t findings = 0;
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random_text(random);
    for (const Finding& f : engine().judge(text).findings) {
      ++findings;
      ASSERT_LT(f.start, f.end);
      ASSERT_LE(f.end, text.size());
      ASSERT_TRUE(is_border(text, f.start));
      ASSERT_TRUE(is_border(text, f.end));
    }
  }
  EXPECT_GT(findings, 100u);  // the texts do reach the rules
}

TEST(DefaultPack, SameBytesSameFindings) {
  const std::string text = "Typical Romanians, ring 07700 900123 and delete this chat";
  const Judgement first = engine().judge(text);
  EXPECT_GE(first.findings.size(), 3u);
  for (int i = 0; i < 20; ++i) {
    const Judgement again = engine().judge(text);
    ASSERT_EQ(again.findings.size(), first.findings.size());
    for (std::size_t k = 0; k < first.findings.size(); ++k) {
      EXPECT_EQ(again.findings[k].rule, first.findings[k].rule);
      EXPECT_EQ(again.findings[k].start, first.findings[k].start);
    }
  }
}

std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

TEST(DefaultPack, HostileTextsEndAndStayWithinBounds) {
  for (const std::string_view unit :
       {"a", "women are ", "women ", "are are are not ", "\"", "'", "\u0301", "07700 ", "1", "A",
        "rats like women. ", "he said \"women are rats\" ", "i i i hate ", "\xFF", "🚓", "(", "{"}) {
    const std::string text = repeated(unit, 64 * 1024);
    EXPECT_LE(engine().judge(text).findings.size(), kFindingsMax) << unit;
  }
}

TEST(DefaultPack, AnOffenceAtTheEndOfAHostileTextIsFound) {
  const std::string text =
      repeated("he said \"women are rats\" and left. ", 16 * 1024) + " Romanians are vermin";
  EXPECT_EQ(engine().judge(text).verdict, Verdict::warn);
  EXPECT_TRUE(finds(text, "discrimination.race"));
}

}  // namespace
}  // namespace candour::policy
