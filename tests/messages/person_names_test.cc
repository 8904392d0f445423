// Goal: a text that names a person is found to, whatever the spelling, and ordinary words are not
// taken for short names. Method: tables of names and texts.
#include "client/messages/person_names.h"

#include <gtest/gtest.h>

namespace candour::tests {
namespace {

using messages::NamedText;

struct Case {
  std::string_view name;
  std::string_view text;
};

bool named(const Case& c) { return NamedText(c.text).names(c.name, "p-9001"); }

TEST(PersonNames, AreFoundHoweverTheyAreSpelt) {
  for (const Case& c : std::initializer_list<Case>{
           {"Insp Grace Hollis", "that is so hollis"},
           {"Insp Grace Hollis", "HOLLIS!"},
           {"Insp Grace Hollis", "Hollis's decision"},
           {"Insp Grace Hollis", "ask Hollis, then go"},
           {"PC Amy Fox", "go and ask Fox about it"},
           {"PC Amy Fox", "pc fox again"},
           {"PC Amy Fox", "amy fox again"},
           {"PC Amy Fox", "A. Fox was there"},
           {"PC Amy Fox", "that was Fox's idea"},
           {"PC Amy Fox", "Fox, Amy: late"},
           {"DC Wei Ng", "DC NG WAS LATE"},
           {"DC Wei Ng", "the sarge said Ng did it"},
           {"PS Bruce Lee", "ps lee said so"},
           {"DS Li Wu", "with Wu later"},
           {"PC Sean O'Brien", "obrien"},
           {"PC Sean O'Brien", "that O\u2019Brien"},
           {"PC Sean O'Brien", "O'BRIEN'S"},
           {"PC Sean O'Brien", "o brien"},
           {"PC Sean OBrien", "O'Brien"},
           {"PC Aoife N\u00ed Bhriain", "ni bhriain"},
           {"Sgt Anna Smith-Jones", "smith-jones"},
           {"Sgt Anna Smith-Jones", "Smith Jones"},
           {"Sgt Anna Smith-Jones", "smithjones"},
           {"Sgt Anna Smith-Jones", "smith\u2010jones"},
           {"Sgt Anna Smith-Jones", "that Smith woman"},
           {"Sgt Anna Smith-Jones", "jones"},
           {"Sgt Jan van der Berg", "van der berg"},
           {"Sgt Jan van der Berg", "berg"},
           {"Sgt Jan van der Berg", "vanderberg"},
           {"Sgt Ana de Sousa", "Sousa"},
           {"PC Ewan MacDonald", "mac donald"},
           {"PC Zo\u00eb Br\u00fchl", "bruhl"},
           {"PC Zo\u00eb Br\u00fchl", "Bruehl"},
           {"PC Zoe Bruehl", "Br\u00fchl"},
           {"PC Eva M\u00fcller", "MUELLER"},
           {"PC Eva M\u00fcller", "Mu\u0308ller"},
           {"PC Jos\u00e9 Nu\u00f1ez", "nunez"},
           {"PC Lukasz Wo\u017aniak", "wozniak"},
           {"PC Jan \u0141ukasik", "lukasik"},
           {"PC Per S\u00f8rensen", "sorensen"},
           {"PC Linh Nguy\u1ec5n", "nguyen"},
           {"PC Hans Gro\u00df", "Gross"},
           {"PC Thor \u00d0orvaldsson", "dorvaldsson"},
           {"Supt Ben Shaw OBE", "shaw"},
           {"Harper", "harper"},
       }) {
    EXPECT_TRUE(named(c)) << c.name << " in: " << c.text;
  }
}

TEST(PersonNames, AreNotFoundInOtherWords) {
  for (const Case& c : std::initializer_list<Case>{
           {"Insp Grace Hollis", "hollister"},
           {"Insp Grace Hollis", "grace"},
           {"Insp Grace Hollis", "say grace before dinner"},
           {"PC Amy Fox", "the fox"},
           {"PC Amy Fox", "the quick brown fox"},
           {"PC Amy Fox", "Fox in the car park"},  // the first word of a sentence
           {"PC Amy Fox", "A FOX IN THE YARD"},
           {"PC Amy Fox", "he is foxy, a foxglove"},
           {"PC Amy Fox", ""},
           {"DC Wei Ng", "being long"},
           {"PS Bruce Lee", "in the lee of the wall"},
           {"DS Li Wu", "li"},
           {"PC Amy Day", "what a day. day off?"},
           {"PC Ian Rae", "i"},
           {"Sgt Anna Smith-Jones", "blacksmith and joneses"},
           {"Sgt Jan van der Berg", "the van, der"},
           {"Sgt Jan van der Berg", "iceberg"},
           {"PC Sean O'Brien", "brie"},
           {"PC Eva M\u00fcller", "mull it over"},
           {"", "shaw"},
           {"PC", "pc"},
           {"  ", "x"},
       }) {
    EXPECT_FALSE(named(c)) << c.name << " in: " << c.text;
  }
}

TEST(PersonNames, AnIdNamesItsPerson) {
  const NamedText text("ask p-9001 or P-9002, not p-90011 or p 9003");
  EXPECT_TRUE(text.names("", "p-9001"));
  EXPECT_TRUE(text.names("", "p-9002"));
  EXPECT_TRUE(text.names("", "p-9003"));
  EXPECT_FALSE(text.names("", "p-900"));
  EXPECT_FALSE(text.names("", "9"));
}

TEST(PersonNames, SpansAreBytesOfTheText) {
  const std::string text = "So M\u00fcller and pc fox.";
  const auto muller = NamedText(text).find("PC Eva Muller", "p-1");
  ASSERT_EQ(muller.size(), 1u);
  EXPECT_EQ(text.substr(muller[0].start, muller[0].end - muller[0].start), "M\u00fcller");
  const auto fox = NamedText(text).find("PC Amy Fox", "p-1");
  ASSERT_EQ(fox.size(), 1u);
  EXPECT_EQ(text.substr(fox[0].start, fox[0].end - fox[0].start), "fox");
}

TEST(PersonNames, TakeAnyBytes) {
  std::string text;
  for (int i = 0; i < 4096; ++i) text += static_cast<char>(i * 37 % 256);
  EXPECT_FALSE(NamedText(text).names("Insp Grace Hollis", "p-1"));
  EXPECT_FALSE(NamedText("grace").names(text, text));
}

}  // namespace
}  // namespace candour::tests
