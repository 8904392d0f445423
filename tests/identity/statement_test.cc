// Goal: only a statement signed by the pinned root is believed, and one that would undermine the
// two-person rules is refused even then. Method: a good statement, then one change at a time.
#include "identity/statement.h"

#include <gtest/gtest.h>

#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using namespace candour::tests;

const NoteKey kRootKey = note_key("example-constabulary/root", kRoot);

std::string by_root(const std::string& text) {
  return signed_text(text, {{"example-constabulary/root", kRoot}});
}

TEST(Statement, SurvivesPrintingAndParsing) {
  const Statement s = test_statement();
  const auto parsed = Statement::parse(s.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value().print(), s.print());
  EXPECT_EQ(parsed.value().roles, s.roles);
  EXPECT_EQ(parsed.value().custodians, s.custodians);
  EXPECT_TRUE(parsed.value().example);
  EXPECT_TRUE(parsed.value().lists_build("candour/0.1.0"));
  EXPECT_FALSE(parsed.value().lists_build("candour/0.1.1"));
  EXPECT_TRUE(parsed.value().lists_bot(s.bots[0]));
  EXPECT_EQ(parsed.value().keys_of("registrar").size(), 3u);
  ASSERT_NE(parsed.value().role_key("auditor"), nullptr);
  EXPECT_EQ(parsed.value().role_key("auditor")->person, "p-5");
  EXPECT_EQ(parsed.value().role_key("nobody"), nullptr);
}

TEST(Statement, IsBelievedOnlyUnderThePinnedRoot) {
  const std::string text = test_statement().print();
  EXPECT_TRUE(Statement::verify(by_root(text), kRootKey));
  EXPECT_EQ(code_of(Statement::verify(signed_text(text, {{"example-constabulary/root", kStranger}}),
                                      kRootKey)),
            ErrorCode::wrong_root_key);
  EXPECT_EQ(code_of(Statement::verify(signed_text(text, {{"registrar-1", kRegistrar1}}), kRootKey)),
            ErrorCode::wrong_root_key);
  EXPECT_EQ(code_of(Statement::verify(replaced(by_root(text), "quorum 2", "quorum 1"), kRootKey)),
            ErrorCode::signature_invalid);
}

TEST(Statement, RefusesImpossibleContents) {
  const Statement good = test_statement();
  const auto refused = [&](auto change) {
    Statement s = good;
    change(s);
    return code_of(Statement::verify(by_root(s.print()), kRootKey));
  };
  const auto invalid = ErrorCode::statement_invalid;
  EXPECT_EQ(refused([](Statement& s) { s.quorum = 3; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.version = 0; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.id = "example constabulary"; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.name = "Example \xE2\x80\xAE Constabulary"; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.custodians.threshold = 4; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.custodians.public_key.pop_back(); }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.bots.push_back(s.bots[0]); }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.witnesses[1] = s.witnesses[0]; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.witnesses[0].type = NoteKeyType::ed25519; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.log.type = NoteKeyType::cosignature; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.roles[0].role = "emperor"; }), invalid);
  EXPECT_EQ(refused([](Statement& s) { s.roles[1].key.name = "registrar-1"; }), invalid);
  // One key for two people would let one person sign for both.
  EXPECT_EQ(refused([](Statement& s) { s.roles[1].key.public_key = s.roles[0].key.public_key; }),
            invalid);
  EXPECT_EQ(refused([](Statement& s) { s.roles[0].key = note_key("registrar-1", kRoot); }),
            invalid);
}

TEST(Statement, RefusesOtherForms) {
  const std::string good = test_statement().print();
  for (const std::string& text :
       {replaced(good, "candour-organisation/v1", "candour-organisation/v2"),
        replaced(good, "quorum 2", "quorum 02"), replaced(good, "quorum 2\n", ""),
        replaced(good, "quorum 2\n", "quorum 2\nquorum 2\n"),
        replaced(good, "example yes", "example no"), replaced(good, "version 1", "version one"),
        replaced(good, "issued 2026", "issued 20260"), replaced(good, "name ", "shape ")}) {
    EXPECT_FALSE(Statement::parse(text)) << text;
  }
}

TEST(Statement, MayHaveNoCustodians) {
  Statement s = test_statement();
  s.custodians = {};
  const auto parsed = Statement::parse(s.print());
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed.value().custodians.public_key.empty());
}

}  // namespace
}  // namespace candour::identity
