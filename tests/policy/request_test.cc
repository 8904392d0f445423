// Goal: a judgement asked for in bytes is the engine's own, and bytes that are no request are
// refused and change nothing. Method: requests written here, compared with Engine::judge; each cut
// short, made longer and changed in every byte.
#include "policy/browser/request.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "policy/engine.h"

namespace candour::policy {
namespace {

constexpr std::uint64_t kMinuteMs = 60'000;

std::shared_ptr<const Engine> engine() {
  Rule plain{.id = "test.plain",
             .category = "test",
             .standard = "2",
             .message = "Said plainly.",
             .advice = "Do not."};
  plain.patterns = {"rubbish"};
  Rule answer{.id = "test.answer", .category = "test", .standard = "2", .message = "Joined in."};
  answer.patterns = {"so true"};
  answer.talk.kind = TalkCondition::Kind::answer;
  answer.talk.to = {"test"};
  auto built = Engine::build({.rules = {plain, answer}});
  EXPECT_TRUE(built) << built.error().message;
  return built.value();
}

Bytes alone(std::string_view text, std::uint8_t version = 1, std::uint8_t kind = 0) {
  Writer out;
  out.u8(version);
  out.vec("team");
  out.u8(kind);
  out.u8(0);
  out.vec(text);
  return out.take();
}

// `text` as the answer to a message with these features.
Bytes answering(std::string_view text, ByteView features, std::size_t salt_size = 0) {
  Writer out;
  out.u8(1);
  out.vec("team");
  out.u8(1);
  out.u8(1);
  out.u64(2);
  out.u64(2 * kMinuteMs);
  out.u64(9);
  out.vec(Bytes(salt_size, 1));
  out.u16(1);
  out.u64(1);
  out.u64(kMinuteMs);
  out.u64(9);
  out.u8(1);
  out.vec(features);
  out.vec(text);
  return out.take();
}

struct Answer {
  std::uint8_t verdict = 0;
  std::vector<std::string> rules;
  std::vector<std::uint32_t> places;
  Bytes features;
};

Answer read(const Result<Bytes>& bytes) {
  EXPECT_TRUE(bytes) << bytes.error().message;
  Reader in(bytes.value());
  Answer out;
  EXPECT_EQ(in.u8(), 1);
  out.verdict = in.u8();
  in.u8();
  const std::size_t count = in.u8();
  for (std::size_t i = 0; i < count; ++i) {
    out.rules.emplace_back(as_text(in.vec()));
    EXPECT_EQ(as_text(in.vec()), "test");
    EXPECT_EQ(in.u8(), static_cast<std::uint8_t>(Severity::warn));
    out.places.push_back(in.u32());
    out.places.push_back(in.u32());
    EXPECT_EQ(as_text(in.vec()), "2");
    EXPECT_FALSE(in.vec().empty());
    in.vec();
    EXPECT_EQ(in.u8(), out.rules.back() == "test.answer" ? 1 : 0);
  }
  out.features = to_bytes(in.vec());
  EXPECT_TRUE(in.finish());
  return out;
}

TEST(Request, IsAnsweredAsTheEngineJudges) {
  const auto judging = engine();
  const Answer found = read(judge_request(*judging, alone("What \xc3\xa9 rubbish")));
  EXPECT_EQ(found.verdict, static_cast<std::uint8_t>(Verdict::warn));
  EXPECT_EQ(found.rules, std::vector<std::string>{"test.plain"});
  EXPECT_EQ(found.places, (std::vector<std::uint32_t>{8, 15}));
  EXPECT_TRUE(found.features.empty());
  EXPECT_TRUE(read(judge_request(*judging, alone("so true"))).rules.empty());
}

TEST(Request, MessagesBeforeCountByTheirFeatures) {
  const auto judging = engine();
  History nothing;
  const Conversation first{.past = &nothing, .sender = 1, .now = TimeMs(kMinuteMs)};
  const Bytes flagged =
      encode_features(judging->judge("rubbish", {.conversation = &first}).features);
  const Answer found = read(judge_request(*judging, answering("so true", flagged)));
  EXPECT_EQ(found.rules, std::vector<std::string>{"test.answer"});
  EXPECT_FALSE(found.features.empty());
  const Bytes harmless =
      encode_features(judging->judge("hello", {.conversation = &first}).features);
  EXPECT_TRUE(read(judge_request(*judging, answering("so true", harmless))).rules.empty());
}

TEST(Request, WhatIsNoneIsRefused) {
  const auto judging = engine();
  const Bytes features = encode_features({});
  for (const Bytes& whole : {alone("rubbish"), answering("so true", features)}) {
    ASSERT_TRUE(judge_request(*judging, whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(judge_request(*judging, ByteView(whole).first(size))) << size;
    }
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(judge_request(*judging, longer));
    for (std::size_t i = 0; i < whole.size(); ++i) {  // any answer, but an answer
      Bytes changed = whole;
      changed[i] ^= 0xff;
      const auto answer = judge_request(*judging, changed);
      if (!answer) {
        EXPECT_EQ(answer.error().code, ErrorCode::input_invalid) << i;
      }
    }
  }
  EXPECT_FALSE(judge_request(*judging, alone("x", 2)));
  EXPECT_FALSE(judge_request(*judging, alone("x", 1, 6)));
  EXPECT_FALSE(judge_request(*judging, answering("x", features, kShingleSaltSize - 1)));
  EXPECT_FALSE(judge_request(*judging, answering("x", {})));
}

}  // namespace
}  // namespace candour::policy
