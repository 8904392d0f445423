// Goal: a client sends nothing that would change nothing, shows what others send all the same with
// the reason, and counts what was not read. Method: a whole client; Ben's device sends by hand what
// an honest client would not.
#include "tests/client/client_fixture.h"

namespace candour::client::test {
namespace {

using messages::Content;
using messages::ContentType;

class ContentTest : public ClientTest {
 protected:
  static Content change(ContentType type, const MessageId& about, const char* text = "x",
                        std::uint8_t option = 0) {
    Content content;
    content.type = type;
    content.about = about;
    content.text = SecretText::copy_of(text);
    content.option = option;
    return content;
  }
  /// Ben's device sends it and it is delivered.
  MessageId from_ben(const Content& content) {
    const v1::Submit submit = ben_->write(content);
    relay_.push(bot_.release(submit));
    pump();
    return *MessageId::from(as_bytes(submit.message_id()));
  }
  MessageId said_by_amy(const char* text) {
    const MessageId id = send(text);
    release_last();
    pump();
    return id;
  }
  std::string refused(const Content& content) {
    auto sent = client_->send(bot_.id, content);
    return sent ? "sent" : std::string(code_name(sent.error().code));
  }
  std::string last_code() const { return sink_.seen.back().code; }
};

TEST_F(ContentTest, NothingIsSentThatWouldChangeNothing_I12) {
  form();
  const MessageId own = said_by_amy("mine");
  Content text;
  text.text = SecretText::copy_of("his");
  const MessageId his = from_ben(text);
  EXPECT_EQ(refused(change(ContentType::edit, his)), "not_permitted");
  EXPECT_EQ(refused(change(ContentType::deletion, his)), "not_permitted");
  EXPECT_EQ(refused(change(ContentType::vote, his)), "not_permitted");
  EXPECT_EQ(refused(change(ContentType::reaction, random_.id<MessageId>())), "not_found");
  EXPECT_EQ(refused(change(ContentType::reaction, own, "a\x1B[2J")), "input_invalid");
  Content reply;
  reply.text = SecretText::copy_of("to nothing");
  reply.about = random_.id<MessageId>();
  EXPECT_EQ(refused(reply), "not_found");
  EXPECT_CODE(client_->edit(his, SecretText::copy_of("changed")), "not_permitted");
  EXPECT_EQ(refused(change(ContentType::reaction, his, "+")), "sent");
}

TEST_F(ContentTest, WhatOthersMayNotChangeIsShownWithTheReason_I12) {
  form();
  const MessageId own = said_by_amy("mine");
  from_ben(change(ContentType::edit, own, "not hers"));
  EXPECT_EQ(last_code(), "not_permitted");
  from_ben(change(ContentType::deletion, own));
  EXPECT_EQ(last_code(), "not_permitted");
  from_ben(change(ContentType::reaction, random_.id<MessageId>()));
  EXPECT_EQ(last_code(), "not_found");
  Content poll;
  poll.type = ContentType::poll;
  poll.text = SecretText::copy_of("Where?");
  poll.options.push_back(SecretText::copy_of("here"));
  poll.options.push_back(SecretText::copy_of("there"));
  const MessageId asked = from_ben(poll);
  from_ben(change(ContentType::vote, asked, "", 7));
  EXPECT_EQ(last_code(), "input_invalid");
  from_ben(change(ContentType::vote, asked, "", 1));
  EXPECT_EQ(last_code(), "");
  EXPECT_FALSE(client_->groups().at(bot_.id).progress().is_stopped());
}

TEST_F(ContentTest, UnreadCountsOthersMessagesOnly) {
  form();
  said_by_amy("mine");
  Content text;
  text.text = SecretText::copy_of("one");
  const MessageId first = from_ben(text);
  text.text = SecretText::copy_of("two");
  from_ben(text);
  from_ben(change(ContentType::reaction, first, "+"));
  EXPECT_EQ(store_->unread(bot_.id).value(), 2u);
  EXPECT_EQ(client_->mark_read(bot_.id, first).value(), 1u);
  crash();
  EXPECT_EQ(store_->unread(bot_.id).value(), 1u);
  EXPECT_EQ(client_->mark_read(bot_.id, std::nullopt).value(), 0u);
  EXPECT_EQ(client_->mark_read(bot_.id, first).value(), 0u);  // read stays read
  EXPECT_CODE(client_->mark_read(bot_.id, random_.id<MessageId>()), "not_found");
}

TEST_F(ContentTest, MentionsAreOfPeopleInTheGroup) {
  form();
  Content content;
  content.text = SecretText::copy_of("@ben, and @nobody");
  ASSERT_VALUE(client_->mention(bot_.id, content));
  EXPECT_EQ(content.mentions, std::vector<std::string>{"ben"});
  content.mentions = {"nobody"};
  EXPECT_CODE(client_->mention(bot_.id, content), "not_a_member");
}

}  // namespace
}  // namespace candour::client::test
