// Goal: the note with which a new log follows a lost one stands only for the two logs it names and
// with two people who answer for both. Method: one good note; then each field and signer exchanged.
#include "identity/succession.h"

#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using namespace candour::tests;

constexpr KeyNumber kAuthoriser = static_cast<KeyNumber>(70);
constexpr KeyNumber kNewLog = static_cast<KeyNumber>(71);

Statement before() {
  Statement s = test_statement();
  s.roles.push_back({"authoriser", "p-9", note_key("authoriser", kAuthoriser)});
  return s;
}

Statement after() {
  Statement s = before();
  s.version = 2;
  s.log = note_key("example.org/log2", kNewLog);
  return s;
}

Succession succession() {
  Succession out;
  out.organisation = before().id;
  out.old_log = before().log;
  out.old_size = 42;
  out.old_root.mutable_view()[0] = 7;
  out.new_log = after().log;
  out.reason = "the disk burnt";
  out.issued = TimeMs(1'769'846'400'000);
  return out;
}

std::string signed_note(const Succession& text = succession()) {
  return signed_text(text.print(), {{"authoriser", kAuthoriser}, {"registrar-1", kRegistrar1}});
}

TEST(Succession, StandsBetweenTheTwoLogsItNames) {
  const auto read = Succession::verify(signed_note(), before(), after());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read.value().print(), succession().print());
  EXPECT_EQ(read.value().old_size, 42u);
  EXPECT_TRUE(Succession::verify(signed_note(), after()));
}

TEST(Succession, OfOtherLogsOrAnotherOrganisationIsRefused) {
  Statement other = after();
  other.log = note_key("example.org/log2", kStranger);
  EXPECT_EQ(code_of(Succession::verify(signed_note(), before(), other)),
            ErrorCode::statement_invalid);
  other = before();
  other.log = note_key("example.org/log", kStranger);
  EXPECT_EQ(code_of(Succession::verify(signed_note(), other, after())),
            ErrorCode::statement_invalid);
  other = after();
  other.id = "another-constabulary";
  EXPECT_EQ(code_of(Succession::verify(signed_note(), before(), other)),
            ErrorCode::foreign_certificate);
}

TEST(Succession, TwoPeopleWhoAnswerForBothLogsMustSign) {
  const std::string text = succession().print();
  const auto refused = [&](const std::string& note, const Statement& old, const Statement& now) {
    EXPECT_EQ(code_of(Succession::verify(note, old, now)), ErrorCode::signature_invalid);
  };
  refused(signed_text(text, {{"authoriser", kAuthoriser}}), before(), after());
  refused(signed_text(text, {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}}), before(),
          after());
  Statement one_person = before();
  one_person.roles.back().person = "p-1";
  Statement one_person_after = after();
  one_person_after.roles.back().person = "p-1";
  refused(signed_note(), one_person, one_person_after);
  // Only in one of the two.
  refused(signed_note(), test_statement(), after());
  Statement left = after();
  left.roles.pop_back();
  refused(signed_note(), before(), left);
  Statement other_key = after();
  other_key.roles.back().key = note_key("authoriser", kStranger);
  refused(signed_note(), before(), other_key);
}

TEST(Succession, MalformedTextsAreRefused) {
  const std::string good = succession().print();
  ASSERT_TRUE(Succession::parse(good));
  const auto refused = [&](std::string_view what, std::string_view with) {
    EXPECT_EQ(code_of(Succession::parse(replaced(good, what, with))), ErrorCode::note_malformed)
        << with;
  };
  refused("succession/v1", "succession/v2");
  refused("checkpoint 42 ", "checkpoint 0 ");
  refused("checkpoint 42 ", "checkpoint 042 ");
  refused("checkpoint 42 07", "checkpoint 42 7");
  refused("checkpoint 42 ", "checkpoint ");
  refused("old-log ", "log ");
  refused("\nissued ", "\nissued on ");
  refused("reason the", "reason \x01the");
  Succession same_name = succession();
  same_name.new_log.name = same_name.old_log.name;
  EXPECT_EQ(code_of(Succession::parse(same_name.print())), ErrorCode::note_malformed);
}

}  // namespace
}  // namespace candour::identity
