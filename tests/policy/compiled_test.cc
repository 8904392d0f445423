// The compiled form of a pack: the default pack, compiled and loaded again, judges every example of
// its own, in and out of conversations, exactly as the pack read from TOML; the same pack gives the
// same bytes; whatever is changed in the bytes is noticed.
#include "policy/compiled.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "policy/pack.h"
#include "policy/pack_note.h"
#include "policy/talk.h"
#include "tests/policy/judgements.h"

namespace candour::policy {
namespace {

const std::shared_ptr<const Pack>& default_pack() {
  static const auto pack = load_pack(CANDOUR_SOURCE_DIR "/config/policy/default");
  EXPECT_TRUE(pack) << (pack ? "" : pack.error().message);
  return pack.value();
}

TEST(Compiled, JudgesAsThePackItWasMadeFrom) {
  const Pack& pack = *default_pack();
  const auto loaded = load_compiled(compile_pack(pack));
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Pack& compiled = *loaded.value();
  EXPECT_EQ(compiled.name, pack.name);
  EXPECT_EQ(compiled.version, pack.version);
  EXPECT_EQ(compiled.digest, pack.digest);
  EXPECT_EQ(compiled.raw_note, pack.raw_note);
  std::size_t texts = 0;
  for (const Rule& rule : pack.engine->rules()) {
    for (const auto* examples : {&rule.matches, &rule.passes}) {
      for (const std::string& text : *examples) {
        const std::string group_class = ++texts % 2 == 0 ? "" : "statement";
        EXPECT_EQ(describe(pack.engine->judge(text, {group_class})),
                  describe(compiled.engine->judge(text, {group_class})))
            << text;
      }
    }
    for (const auto* examples : {&rule.talk_matches, &rule.talk_passes}) {
      for (const std::string& talk : *examples) {
        const auto lines = parse_talk(talk);
        ASSERT_TRUE(lines) << rule.id;
        EXPECT_EQ(describe(judge_talk(*pack.engine, lines.value())),
                  describe(judge_talk(*compiled.engine, lines.value())))
            << talk;
      }
    }
  }
  EXPECT_GT(texts, 500u);
}

TEST(Compiled, SamePackSameBytes) {
  const Bytes bytes = compile_pack(*default_pack());
  const auto again = load_pack(CANDOUR_SOURCE_DIR "/config/policy/default");
  ASSERT_TRUE(again);
  EXPECT_EQ(compile_pack(*again.value()), bytes);
  const auto loaded = load_compiled(bytes);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(compile_pack(*loaded.value()), bytes);
  EXPECT_TRUE(loaded.value()->engine->rules().front().matches.empty());
}

TEST(Compiled, DamageIsNoticed) {
  const Bytes bytes = compile_pack(*default_pack());
  std::mt19937 random(11);
  for (int i = 0; i < 300; ++i) {
    Bytes damaged = bytes;
    damaged[random() % damaged.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
    const auto loaded = load_compiled(damaged);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::policy_invalid);
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(load_compiled(ByteView(bytes).first(random() % bytes.size())));
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(load_compiled(longer));
  EXPECT_FALSE(load_compiled({}));
}

TEST(Compiled, SignaturesOfTheNoteCoverTheRules) {
  const Pack& pack = *default_pack();
  Pack other;
  other.raw_note = pack.raw_note;
  Rule rule = pack.engine->rules().front();
  rule.frames = {};
  RuleSet set;
  set.rules = {rule};
  set.rules[0].phrases = {};
  set.rules[0].patterns = {"another"};
  const auto engine = Engine::build(set);
  ASSERT_TRUE(engine) << engine.error().message;
  other.engine = engine.value();
  const auto loaded = load_compiled(compile_pack(other));
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().message.find("not those that its pack.note lists"), std::string::npos);
}

}  // namespace
}  // namespace candour::policy
