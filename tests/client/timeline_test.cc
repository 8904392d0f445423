// Goal: what edits, deletions, reactions and votes make of a group's messages, by whomever they
// come and in whatever order, is the same everywhere; what may not be changes nothing. Method: a
// history written row by row, folded, and looked at.
#include "client/timeline.h"

#include "client/mentions.h"
#include "tests/client/fixture.h"

namespace candour::client::test {
namespace {

using messages::ContentType;

class TimelineTest : public ::testing::Test {
 protected:
  TimelineTest() : random_(5), group_(random_.id<GroupId>()) {
    Profile profile;
    profile.organisation = "example";
    profile.person = "amy";
    profile.root = {"root", identity::NoteKeyType::ed25519,
                    crypto::SigningKey::generate(random_).public_key()};
    auto store = Store::create(folder_.path() / "state",
                               SecretText::copy_of("correct horse battery"), profile, random_);
    EXPECT_VALUE(store);
    store_ = std::move(store).value();
  }
  MessageId add(const char* person, const messages::Content& content) {
    HistoryRow row;
    row.id = random_.id<MessageId>();
    row.group = group_;
    row.seq = Seq(++seq_);
    row.person = person;
    row.content = content.encode();
    EXPECT_VALUE(store_->put_history(row));
    return row.id;
  }
  MessageId text(const char* person, const char* said) {
    messages::Content content;
    content.text = SecretText::copy_of(said);
    return add(person, content);
  }
  MessageId poll(const char* person) {
    messages::Content content;
    content.type = ContentType::poll;
    content.text = SecretText::copy_of("Where?");
    content.options.push_back(SecretText::copy_of("here"));
    content.options.push_back(SecretText::copy_of("there"));
    return add(person, content);
  }
  MessageId change(const char* person, ContentType type, const MessageId& about,
                   const char* said = "x", std::uint8_t option = 0) {
    messages::Content content;
    content.type = type;
    content.about = about;
    content.text = SecretText::copy_of(said);
    content.option = option;
    return add(person, content);
  }
  Timeline timeline() {
    auto made = Timeline::of(*store_, group_);
    EXPECT_VALUE(made);
    return std::move(made).value();
  }
  std::string ignored(const MessageId& id) {
    const Timeline all = timeline();
    const auto& why = all.find(id)->ignored;
    return why ? std::string(code_name(why->code)) : "";
  }

  SeededRandom random_;
  TemporaryFolder folder_;
  GroupId group_;
  std::uint64_t seq_ = 0;
  std::unique_ptr<Store> store_;
};

TEST_F(TimelineTest, OnlyTheAuthorEdits) {
  const MessageId said = text("amy", "first");
  const MessageId foreign = change("ben", ContentType::edit, said, "something else");
  change("amy", ContentType::edit, said, "second");
  change("amy", ContentType::edit, said, "third");
  EXPECT_EQ(ignored(foreign), "not_permitted");
  const Timeline all = timeline();
  EXPECT_TRUE(all.find(said)->edited);
  EXPECT_EQ(all.find(said)->text.expose(), "third");
  EXPECT_EQ(ignored(change("amy", ContentType::edit, poll("amy"))), "not_permitted");
}

TEST_F(TimelineTest, DeletionIsTheAuthorsAndFinal) {
  const MessageId said = text("amy", "first");
  EXPECT_EQ(ignored(change("ben", ContentType::deletion, said)), "not_permitted");
  EXPECT_FALSE(timeline().find(said)->target.deleted);
  EXPECT_EQ(ignored(change("amy", ContentType::deletion, said)), "");
  EXPECT_TRUE(timeline().find(said)->target.deleted);
  for (const ContentType type : {ContentType::edit, ContentType::deletion, ContentType::reaction}) {
    EXPECT_EQ(ignored(change("amy", type, said)), "not_permitted");
  }
  EXPECT_TRUE(timeline().find(said)->text.empty());
}

TEST_F(TimelineTest, ReactionsCountOncePerPersonAndCanBeTakenBack) {
  const MessageId said = text("amy", "first");
  change("ben", ContentType::reaction, said, "+");
  const MessageId twice = change("ben", ContentType::reaction, said, "+");
  change("chloe", ContentType::reaction, said, "+");
  ASSERT_EQ(timeline().find(said)->reactions.size(), 1u);
  EXPECT_EQ(timeline().find(said)->reactions[0].people, (std::vector<std::string>{"ben", "chloe"}));
  change("ben", ContentType::deletion, twice);
  EXPECT_EQ(timeline().find(said)->reactions[0].people, std::vector<std::string>{"chloe"});
  EXPECT_EQ(ignored(change("ben", ContentType::reaction, twice)), "not_permitted");
}

TEST_F(TimelineTest, TheLastVoteOfAPersonCounts) {
  const MessageId asked = poll("amy");
  change("ben", ContentType::vote, asked, "", 0);
  change("chloe", ContentType::vote, asked, "", 0);
  change("ben", ContentType::vote, asked, "", 1);
  const Timeline all = timeline();
  EXPECT_EQ(all.find(asked)->votes[0], std::vector<std::string>{"chloe"});
  EXPECT_EQ(all.find(asked)->votes[1], std::vector<std::string>{"ben"});
  EXPECT_EQ(ignored(change("ben", ContentType::vote, asked, "", 2)), "input_invalid");
  EXPECT_EQ(ignored(change("ben", ContentType::vote, text("amy", "no poll"))), "not_permitted");
}

TEST_F(TimelineTest, WhatIsAboutNothingHereChangesNothing) {
  const MessageId unknown = random_.id<MessageId>();
  for (const ContentType type :
       {ContentType::edit, ContentType::deletion, ContentType::reaction, ContentType::vote}) {
    EXPECT_EQ(ignored(change("ben", type, unknown)), "not_found");
  }
}

TEST(Mentions, AreOfPeopleOfTheGroup) {
  const std::vector<std::string> people = {"amy", "amy-2", "p-101", "zo\xC3\xAB"};
  const auto in = [&](std::string_view text) { return mentions_in(text, people); };
  using List = std::vector<std::string>;
  EXPECT_EQ(in("@amy and @P-101, hello"), (List{"amy", "p-101"}));
  EXPECT_EQ(in("@amy-2 only"), List{"amy-2"});
  EXPECT_EQ(in("ask @amy."), List{"amy"});
  EXPECT_EQ(in("(@amy)"), List{"amy"});
  EXPECT_EQ(in("@zo\xC3\xAB!"), List{"zo\xC3\xAB"});
  EXPECT_EQ(in("write to me@amy.example or x@amy"), List{});
  EXPECT_EQ(in("@amyx @ben @ amy"), List{});
  EXPECT_EQ(in("@amy @amy"), List{"amy"});
}

}  // namespace
}  // namespace candour::client::test
