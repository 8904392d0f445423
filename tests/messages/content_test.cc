// Goal: each type of content comes back as it was and is refused when malformed, empty or over
// limits; the commitment binds exactly the content's bytes. Method: round trips, truncations, and
// hand-made bytes.
#include "client/messages/content.h"

#include "base/limits.h"
#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

bool parses(ByteView bytes) { return Content::decode(bytes).has_value(); }

Content text_content(std::string_view text) {
  Content content;
  content.text = text_of(text);
  return content;
}

TEST(Content, TextComesBackWithReplyAndMentions) {
  Content content = text_content("caf\xc3\xa9 at ten?");
  content.about = filled<MessageId>(1);
  content.mentions = {"p-1", "p-2"};
  const SecretBytes bytes = content.encode();
  expect_exact(bytes.view(), parses);
  const Content back = std::move(Content::decode(bytes.view()).value());
  EXPECT_EQ(back.type, ContentType::text);
  EXPECT_EQ(back.text.expose(), "caf\xc3\xa9 at ten?");
  EXPECT_EQ(back.about, filled<MessageId>(1));
  EXPECT_EQ(back.mentions, content.mentions);
  EXPECT_TRUE(same(back.encode().view(), bytes.view()));
  EXPECT_FALSE(Content::decode(text_content("x").encode().view()).value().about.has_value());
}

TEST(Content, EveryOtherTypeComesBackAsItWas) {
  for (const ContentType type : {ContentType::reaction, ContentType::edit, ContentType::deletion,
                                 ContentType::poll, ContentType::vote}) {
    Content content;
    content.type = type;
    if (type != ContentType::poll) content.about = filled<MessageId>(2);
    if (type != ContentType::deletion && type != ContentType::vote) content.text = text_of("ok?");
    if (type == ContentType::poll) {
      content.options.push_back(text_of("yes"));
      content.options.push_back(text_of("no"));
    }
    if (type == ContentType::vote) content.option = 3;
    const SecretBytes bytes = content.encode();
    expect_exact(bytes.view(), parses);
    const Content back = std::move(Content::decode(bytes.view()).value());
    EXPECT_EQ(back.type, type);
    EXPECT_EQ(back.about, content.about);
    EXPECT_EQ(back.option, content.option);
    EXPECT_EQ(back.options.size(), content.options.size());
    EXPECT_TRUE(same(back.encode().view(), bytes.view()));
  }
}

TEST(Content, I12EmptyNotUtf8OverlongAndReservedAreRefused) {
  EXPECT_FALSE(parses(text_content("").encode().view()));
  EXPECT_FALSE(parses(text_content("\xff").encode().view()));
  EXPECT_FALSE(parses(text_content("\xed\xa0\x80").encode().view()));  // a lone surrogate
  EXPECT_TRUE(parses(text_content(std::string(limits::kContentSizeMax - 8, 'x')).encode().view()));
  EXPECT_FALSE(parses(text_content(std::string(limits::kContentSizeMax, 'x')).encode().view()));
  Content poll;
  poll.type = ContentType::poll;
  poll.text = text_of("who?");
  poll.options.push_back(text_of("only one"));
  EXPECT_FALSE(parses(poll.encode().view()));
  Content reaction;
  reaction.type = ContentType::reaction;
  reaction.about = filled<MessageId>(1);
  reaction.text = text_of(std::string(kEmojiSizeMax + 1, 'x'));
  EXPECT_FALSE(parses(reaction.encode().view()));
  for (const std::uint8_t type : {0, 7, 8, 255}) {
    const auto decoded = Content::decode(Bytes{1, type});
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().code, ErrorCode::input_invalid);
  }
  EXPECT_NE(Content::decode(Bytes{1, 7}).error().message.find("attachments"), std::string::npos);
  Bytes version_two = to_bytes(text_content("x").encode().view());
  version_two[0] = 2;
  EXPECT_FALSE(parses(version_two));
}

TEST(Content, ErrorsNeverHoldTheText) {
  SecretBytes bytes = text_content("a planted sentence \xff").encode();
  const auto decoded = Content::decode(bytes.view());
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().message.find("planted"), std::string::npos);
}

TEST(Content, CheckableTextHoldsEverythingAPersonWrote) {
  EXPECT_EQ(text_content("hello").checkable().expose(), "hello");
  Content poll;
  poll.type = ContentType::poll;
  poll.text = text_of("question");
  poll.options.push_back(text_of("one"));
  poll.options.push_back(text_of("two"));
  EXPECT_EQ(poll.checkable().expose(), "question\none\ntwo");
}

Inner make_inner() {
  Inner inner;
  inner.content = text_content("hello").encode();
  inner.counter = 7;
  inner.time = TimeMs(1000);
  inner.checkpoint = {"log.example.org", 12, filled<Digest>(3)};
  std::fill_n(inner.commitment_key.mutable_view().begin(), 32, std::uint8_t{5});
  return inner;
}

TEST(Inner, ComesBackAsItWas) {
  const SecretBytes bytes = make_inner().encode();
  expect_exact(bytes.view(), [](ByteView b) { return Inner::decode(b).has_value(); });
  const Inner back = std::move(Inner::decode(bytes.view()).value());
  EXPECT_EQ(back.counter, 7u);
  EXPECT_EQ(back.time, TimeMs(1000));
  EXPECT_EQ(back.checkpoint.origin, "log.example.org");
  EXPECT_EQ(back.checkpoint.size, 12u);
  EXPECT_EQ(back.checkpoint.root, filled<Digest>(3));
  EXPECT_EQ(back.commitment(), make_inner().commitment());
}

TEST(Inner, WhatNotEveryProgramCanHoldIsRefused_I12) {
  const auto refused = [](void (*change)(Inner&)) {
    Inner inner = make_inner();
    change(inner);
    const auto decoded = Inner::decode(inner.encode().view());
    return !decoded && decoded.error().code == ErrorCode::input_invalid;
  };
  EXPECT_FALSE(refused([](Inner& inner) {
    inner.counter = (1ull << 53) - 1;
    inner.time = TimeMs(253'402'300'799'999);
    inner.checkpoint = {"log.example.org/\u00fc", (1ull << 53) - 1, filled<Digest>(3)};
  }));
  EXPECT_TRUE(refused([](Inner& inner) { inner.counter = 1ull << 53; }));
  EXPECT_TRUE(refused([](Inner& inner) { inner.time = TimeMs(253'402'300'800'000); }));
  EXPECT_TRUE(refused([](Inner& inner) { inner.checkpoint.size = 1ull << 53; }));
  EXPECT_TRUE(refused([](Inner& inner) { inner.checkpoint.origin = "log\xff"; }));
  EXPECT_TRUE(refused([](Inner& inner) { inner.checkpoint = {"\xc0\x80", 0, Digest()}; }));
}

TEST(Inner, I5CommitmentBindsContentAndKeyAndNothingElse) {
  const Digest commitment = make_inner().commitment();
  EXPECT_EQ(commitment, crypto::hmac_sha256_tag(Bytes(32, 5), {make_inner().content.view()}));
  Inner later = make_inner();  // the same content sent anew, in a later epoch
  later.counter = 8;
  later.time = TimeMs(2000);
  later.checkpoint.size = 99;
  EXPECT_EQ(later.commitment(), commitment);
  Inner edited = make_inner();
  edited.content = text_content("hellp").encode();
  EXPECT_NE(edited.commitment(), commitment);
  Inner rekeyed = make_inner();
  rekeyed.commitment_key.mutable_view()[0] = 6;
  EXPECT_NE(rekeyed.commitment(), commitment);
}

}  // namespace
}  // namespace candour::messages
