// Goal: a pack gets its two signatures only while it holds, only from author and approver of the
// statement, and only from two people; the program answers in lines of JSON and the statuses of
// the contract. Method: the built program is run as a process on a small pack.
#include "identity/pack_note.h"
#include "tests/ctl/program.h"

namespace candour::tests {
namespace {

class PolicyTools : public CtlTest {
 protected:
  void SetUp() override {
    // One person may hold both roles, with a key for each.
    make_organisation({{"policy-author:p-5:", "both-a"}, {"policy-approver:p-5:", "both-b"}});
    fs::create_directory(path("pack"));
    write_rule("blimey", "oh blimey");
    good({"policy", "note", "pack", "--name", "small", "--version", "1"});
  }

  void write_rule(const std::string& pattern, const std::string& example) const {
    write_text(path("pack/rules.toml"),
               "[standards]\n2 = \"Authority, Respect and Courtesy\"\n"
               "[[category]]\nid = \"rude\"\nseverity = \"warn\"\nstandard = 2\n"
               "advice = \"Leave it out.\"\n"
               "[[rule]]\nid = \"rude.word\"\ncategory = \"rude\"\nmessage = \"It is rude.\"\n"
               "patterns = ['" +
                   pattern + "']\nmatches = [\"" + example + "\"]\npasses = [\"good morning\"]\n");
  }
  Outcome sign(const std::string& who) const {
    return ctl({"policy", "sign", "pack", "--key", "keys/" + who + ".key", "--statement",
                "statement.note", "--root", "root/root.vkey"});
  }
  Result<identity::PackNote> verified() const {
    std::string vkey = text_of(path("root/root.vkey"));
    vkey.pop_back();
    const auto statement = identity::Statement::verify(text_of(path("statement.note")),
                                                       identity::NoteKey::parse(vkey).value());
    return identity::PackNote::verify(text_of(path("pack/pack.note")), statement.value());
  }
};

TEST_F(PolicyTools, AuthorAndApproverSign) {
  EXPECT_FALSE(verified());
  const auto first = sign("author").json();
  EXPECT_EQ(first.at("author").as_string(), "p-3");
  EXPECT_EQ(first.at("approver").as_string(), "");
  EXPECT_FALSE(first.at("complete").as_bool());
  EXPECT_FALSE(verified());
  const auto second = sign("approver").json();
  EXPECT_TRUE(second.at("complete").as_bool());
  ASSERT_TRUE(verified());
  EXPECT_EQ(verified().value().digest.hex(), second.at("digest").as_string());
  EXPECT_EQ(good({"policy", "check", "pack"}).json().at("digest"), second.at("digest"));
  // Again by the same key: nothing is added.
  const std::string before = text_of(path("pack/pack.note"));
  EXPECT_EQ(sign("author").status, 0);
  EXPECT_EQ(text_of(path("pack/pack.note")), before);
}

TEST_F(PolicyTools, OnePersonDoesNotSignTwice) {
  EXPECT_EQ(sign("both-a").status, 0);
  const Outcome twice = sign("both-b");
  EXPECT_EQ(twice.status, 4);
  EXPECT_EQ(twice.error(), "not_permitted");
  EXPECT_FALSE(verified());
  EXPECT_EQ(sign("approver").json().at("approver").as_string(), "p-4");
  EXPECT_TRUE(verified());
}

TEST_F(PolicyTools, TheOtherWayRoundNeither) {
  EXPECT_EQ(sign("both-b").json().at("approver").as_string(), "p-5");
  EXPECT_EQ(sign("both-a").error(), "not_permitted");
  EXPECT_EQ(sign("author").json().at("author").as_string(), "p-3");
  EXPECT_TRUE(verified());
}

TEST_F(PolicyTools, OthersDoNotSign) {
  const std::string before = text_of(path("pack/pack.note"));
  EXPECT_EQ(sign("r1").error(), "not_permitted");
  EXPECT_EQ(text_of(path("pack/pack.note")), before);
}

TEST_F(PolicyTools, APackThatDoesNotHoldIsNotSigned) {
  write_rule("blimey", "good evening");
  const Outcome changed = sign("author");
  EXPECT_EQ(changed.status, 1);
  EXPECT_EQ(changed.error(), "policy_invalid");
  EXPECT_NE(changed.err.find("rules.toml: its SHA-256 is not the one in pack.note"),
            std::string::npos);
  EXPECT_EQ(ctl({"policy", "note", "pack", "--name", "small", "--version", "2"}).status, 1);
  const Outcome failing = sign("author");
  EXPECT_EQ(failing.status, 1);
  EXPECT_NE(failing.err.find("rule rude.word: its example under 'matches' gives no finding"),
            std::string::npos)
      << failing.err;
}

TEST_F(PolicyTools, ASignatureThatIsWrongIsSeen) {
  EXPECT_EQ(sign("author").status, 0);
  // Another version of the pack under the old signature line.
  std::string note = text_of(path("pack/pack.note"));
  note.replace(note.find("\n1\n"), 3, "\n9\n");
  write_text(path("pack/pack.note"), note);
  EXPECT_EQ(sign("approver").error(), "signature_invalid");
}

TEST_F(PolicyTools, SimulateDiffAndExplainAsAProcess) {
  write_text(path("lines.txt"), "oh blimey\ngood morning\n");
  const auto simulated = good({"policy", "simulate", "pack", "lines.txt"}).json();
  EXPECT_EQ(simulated.at("messages").as_int64(), 2);
  EXPECT_EQ(simulated.at("verdicts").at("warn").as_int64(), 1);
  EXPECT_EQ(good({"policy", "diff", "pack", "pack", "lines.txt"}).json().at("changed").as_int64(),
            0);
  EXPECT_EQ(
      good({"policy", "explain", "well blimey", "--pack", "pack"}).json().at("verdict").as_string(),
      "warn");
  EXPECT_EQ(good({"policy", "explain", "--file", "lines.txt", "--pack", "pack"})
                .json()
                .at("findings")
                .at(0)
                .at("rule")
                .as_string(),
            "rude.word");
  const Outcome missing = ctl({"policy", "simulate", "pack", "nowhere.csv"});
  EXPECT_EQ(missing.status, 2);
  EXPECT_EQ(missing.error(), "not_found");
  EXPECT_EQ(ctl({"policy", "simulate", "pack"}).error(), "usage");
}

}  // namespace
}  // namespace candour::tests
