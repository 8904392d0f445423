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
  EXPECT_TRUE(parsed.value().custodians.empty());
}

TEST(Statement, RefusesImpossibleCustodians) {
  const auto refused = [](auto change) {
    Statement s = test_statement();
    change(s, s.custodians[0]);
    return code_of(Statement::parse(s.print()));
  };
  const auto invalid = ErrorCode::statement_invalid;
  using Group = CustodianGroup;
  EXPECT_EQ(refused([](Statement&, Group& g) { g.threshold = 4; }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.threshold = 0; }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.public_key.pop_back(); }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members.pop_back(); }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members[1].index = 1; }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { std::swap(g.members[1], g.members[2]); }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members[2].verification_key.pop_back(); }),
            invalid);
  EXPECT_EQ(refused([](Statement& s, Group& g) { s.custodians.push_back(g); }), invalid);
  // A custodian signs with a key of that role, and holds one share only.
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members[0].key_name = "nobody"; }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members[0].key_name = "auditor"; }), invalid);
  EXPECT_EQ(refused([](Statement&, Group& g) { g.members[0].key_name = "custodian-2"; }), invalid);
  EXPECT_EQ(refused([](Statement& s, Group&) { s.roles[8].person = "p-6"; }), invalid);
}

TEST(Statement, CustodiansAreReadFromLinesOfTheirOwn) {
  const Statement s = test_statement();
  const std::string lines = print_custodians(s.custodians[0]);
  EXPECT_NE(s.print().find(lines), std::string::npos);
  const auto parsed = parse_custodians(lines);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value(), s.custodians);
  for (const std::string& bad :
       {std::string(), lines + "\n", lines + lines, lines.substr(0, lines.size() - 1),
        lines.substr(0, lines.find('\n') + 1), lines.substr(lines.find('\n') + 1),
        replaced(lines, "custodian internal 1", "custodian other 1"),
        replaced(lines, "custodians ", "witness ")}) {
    EXPECT_EQ(code_of(parse_custodians(bad)), ErrorCode::statement_invalid) << bad;
  }
}

TEST(Statement, RoleMayHaveASealingKey) {
  const Statement s = test_statement();
  const auto parsed = Statement::parse(s.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value().role_key("auditor")->sealing_key, s.roles[6].sealing_key);
  EXPECT_FALSE(parsed.value().role_key("author")->sealing_key);
  const std::string hex = s.roles[6].sealing_key->hex();
  for (const std::string& bad : {hex + "0", hex.substr(2), hex + " x", std::string(64, '0')}) {
    EXPECT_EQ(code_of(Statement::parse(replaced(s.print(), hex, bad))),
              ErrorCode::statement_invalid)
        << bad;
  }
}

}  // namespace
}  // namespace candour::identity
