// Goal: custodians who only pass files around end with shares of one key, can refresh them and hand
// them on to others, and refuse whatever a dishonest coordinator or colleague puts in between.
// Method: whole ceremonies with the built program; then one file is exchanged at a time.
#include "base/bytes.h"
#include "identity/statement.h"
#include "tests/ctl/program.h"
#include "tests/seal/dealing.h"
#include "warrant/open/share.h"
#include "warrant/seal/seal.h"

namespace candour::tests {
namespace {

using warrant::EscrowShare;

constexpr const char* kStatement = "statement.note";
const std::vector<std::string> kByStatement{"--statement", kStatement, "--root", "root/root.vkey"};

class CeremonyVerbs : public CtlTest {
 protected:
  void SetUp() override {
    for (const char* who : {"c1", "c2", "c3"}) init(who);
  }

  void init(const std::string& who) {
    fs::create_directory(path(who));
    write_text(path(who + "/passphrase"), "the passphrase of " + who + "\n");
    fs::permissions(path(who + "/passphrase"), fs::perms::owner_read | fs::perms::owner_write);
    good({"custodian", "init", "--state", who, "--name", "ex/" + who, "--passphrase-file",
          who + "/passphrase", "--cooling-off-ms", "5000"});
  }
  static std::string card(const std::string& who) { return who + "/ex-" + who + ".custodian"; }

  void session(const std::string& out, const std::vector<std::string>& members) {
    std::vector<std::string> line{"custodian", "session", "--threshold", "2", "--out", out};
    for (const std::string& who : members) line.insert(line.end(), {"--member", card(who)});
    good(line);
  }
  Outcome step(const std::string& verb, const std::string& who, const std::string& session,
               std::vector<std::string> more) {
    std::vector<std::string> line{"custodian", verb,    "--state",           who,
                                  "--session", session, "--passphrase-file", who + "/passphrase"};
    line.insert(line.end(), more.begin(), more.end());
    return ctl(line);
  }
  void good_step(const std::string& verb, const std::string& who, const std::string& session,
                 const std::vector<std::string>& more) {
    const Outcome outcome = step(verb, who, session, more);
    EXPECT_EQ(outcome.status, 0) << verb << " " << who << ": " << outcome.err;
  }
  Outcome collect(const std::string& session, const std::vector<std::string>& in,
                  const std::string& out) {
    std::vector<std::string> line{"custodian", "collect", "--session", session,
                                  "--out",     out,       "--in"};
    line.insert(line.end(), in.begin(), in.end());
    return ctl(line);
  }
  /// All rounds but the last; the collected files are SESSION.1 and SESSION.2.
  void rounds(const std::string& session, const std::vector<std::string>& dealers,
              const std::vector<std::string>& members) {
    std::vector<std::string> sent;
    for (const std::string& who : dealers) {
      sent.push_back(session + "." + who + ".1");
      std::vector<std::string> more{"--out", sent.back()};
      if (fs::exists(path(kStatement)))
        more.insert(more.end(), kByStatement.begin(), kByStatement.end());
      good_step("round1", who, session, more);
    }
    EXPECT_EQ(collect(session, sent, session + ".1").status, 0);
    sent.clear();
    for (const std::string& who : members) {
      sent.push_back(session + "." + who + ".2");
      good_step("round2", who, session, {"--in", session + ".1", "--out", sent.back()});
    }
    EXPECT_EQ(collect(session, sent, session + ".2").status, 0);
  }
  void finish(const std::string& session, const std::vector<std::string>& members) {
    for (const std::string& who : members) {
      good_step("finish", who, session, {"--in", session + ".2", "--out", who + ".lines"});
    }
  }
  void generate() {
    session("S", {"c1", "c2", "c3"});
    rounds("S", {"c1", "c2", "c3"}, {"c1", "c2", "c3"});
    finish("S", {"c1", "c2", "c3"});
  }
  void write_statement() {
    good({"org", "init", "--dir", "root", "--id", "ex", "--name", "Example", "--example"});
    good({"key", "new", "--name", "log.example", "--file", "log", "--dir", "keys"});
    statement_of("1", {});
  }
  /// Version `version` of the statement: custodians c1 to c3, and these other role keys.
  void statement_of(const std::string& version, const std::vector<std::string>& others,
                    const std::string& out = kStatement) {
    std::vector<std::string> line{"org",          "statement",
                                  "--dir",        "root",
                                  "--out",        out,
                                  "--log",        "keys/log.vkey",
                                  "--custodians", "c1.lines",
                                  "--version",    version,
                                  "--role",       "custodian:p-1:c1/custodian.vkey",
                                  "--role",       "custodian:p-2:c2/custodian.vkey",
                                  "--role",       "custodian:p-3:c3/custodian.vkey"};
    for (const std::string& role : others) line.insert(line.end(), {"--role", role});
    good(line);
  }
  Outcome hand_on(const std::string& who, const std::string& session,
                  const std::string& statement = kStatement) {
    return step("round1", who, session,
                {"--out", "x", "--statement", statement, "--root", "root/root.vkey"});
  }
  Outcome reshare(const std::vector<std::string>& dealers, const std::vector<std::string>& members,
                  const std::string& out) {
    std::vector<std::string> line{"custodian", "reshare",        "--statement", "statement.note",
                                  "--root",    "root/root.vkey", "--out",       out};
    for (const std::string& who : dealers) line.insert(line.end(), {"--dealer", card(who)});
    for (const std::string& who : members) line.insert(line.end(), {"--member", card(who)});
    return ctl(line);
  }
  EscrowShare share(const std::string& who) {
    return warrant::open_share(text_of(path(who + "/share.txt")),
                               SecretText::copy_of("the passphrase of " + who))
        .value();
  }
  static bool make_the_key(const EscrowShare& a, const EscrowShare& b) {
    const std::uint32_t indices[] = {a.index, b.index};
    const auto sum = a.value.times(warrant::lagrange_at_zero(indices, a.index))
                         .plus(b.value.times(warrant::lagrange_at_zero(indices, b.index)));
    return *sum.times_base() == a.public_key;
  }
};

TEST_F(CeremonyVerbs, CustodiansGenerateAKeyThatTheStatementLists) {
  generate();
  EXPECT_EQ(text_of(path("c1.lines")), text_of(path("c3.lines")));
  EXPECT_TRUE(make_the_key(share("c1"), share("c3")));
  EXPECT_TRUE(make_the_key(share("c2"), share("c3")));
  for (const char* file : {"c1/share.txt", "c1/dealing.key", "c1/custodian.key"}) {
    EXPECT_EQ(fs::status(path(file)).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  }
  EXPECT_NE(text_of(path("c1/custodian.toml")).find("cooling_off_ms = 5000"), std::string::npos);
  const auto shown = good({"custodian", "show", "--state", "c2"}).json();
  EXPECT_EQ(shown.at("index"), 2);
  EXPECT_EQ(shown.at("threshold"), 2);
  write_statement();
  EXPECT_EQ(good({"org", "show", "statement.note"}).json().at("custodians").as_array().size(), 1u);
  // Doing a step again changes nothing.
  const std::string message = text_of(path("S.c1.1"));
  good_step("finish", "c1", "S", {"--in", "S.2", "--out", "again.lines"});
  EXPECT_EQ(text_of(path("again.lines")), text_of(path("c1.lines")));
  good_step("round1", "c1", "S", {"--out", "again"});
  EXPECT_EQ(text_of(path("again")), message);
  // A second key needs a second folder.
  session("T", {"c1", "c2"});
  EXPECT_EQ(step("round1", "c1", "T", {"--out", "x"}).error(), "already_exists");
}

TEST_F(CeremonyVerbs, WrongPassphraseAndStrangersAreRefused) {
  session("S", {"c1", "c2"});
  EXPECT_EQ(step("round1", "c3", "S", {"--out", "x"}).error(), "not_found");
  write_text(path("c1/passphrase"), "another");
  EXPECT_EQ(step("round1", "c1", "S", {"--out", "x"}).error(), "decryption_failed");
  fs::permissions(path("c2/passphrase"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(step("round1", "c2", "S", {"--out", "x"}).error(), "state_damaged");
  EXPECT_EQ(ctl({"custodian", "init", "--state", "c1", "--name", "ex/c1", "--passphrase-file",
                 "c1/passphrase"})
                .error(),
            "already_exists");
  EXPECT_EQ(ctl({"custodian", "session", "--threshold", "1", "--out", "x", "--member", card("c1"),
                 "--member", card("c2")})
                .error(),
            "input_invalid");
  EXPECT_FALSE(fs::exists(path("x")));
}

TEST_F(CeremonyVerbs, DishonestCoordinatorIsFound) {
  session("S", {"c1", "c2", "c3"});
  for (const char* who : {"c1", "c2", "c3"}) {
    good_step("round1", who, "S", {"--out", std::string(who) + ".1"});
  }
  EXPECT_EQ(collect("S", {"c1.1", "c2.1"}, "x").error(), "input_invalid");  // one is missing
  EXPECT_EQ(collect("S", {"c1.1", "c2.1", "c3.1"}, "S.1").status, 0);
  // A session with other members, an altered one, and messages that nobody signed.
  session("T", {"c1", "c2"});
  EXPECT_EQ(step("round2", "c1", "T", {"--in", "S.1", "--out", "x"}).error(), "input_invalid");
  std::string text = text_of(path("c1.1"));
  text[text.find("message ") + 20] ^= 1;
  write_text(path("c1.altered"), text);
  EXPECT_NE(collect("S", {"c1.altered", "c2.1", "c3.1"}, "x").status, 0);

  // Custodian 2 is made to deal a second time (its folder was copied), and custodian 3 is shown
  // the second dealing.
  fs::copy(path("c2"), path("c2-copy"), fs::copy_options::recursive);
  fs::remove_all(path("c2-copy/sessions"));
  const auto again = ctl({"custodian", "round1", "--state", "c2-copy", "--session", "S",
                          "--passphrase-file", "c2/passphrase", "--out", "c2.other"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(collect("S", {"c1.1", "c2.1", "c2.other", "c3.1"}, "x").error(), "input_invalid");
  EXPECT_EQ(collect("S", {"c1.1", "c2.other", "c3.1"}, "S.other").status, 0);
  good_step("round2", "c1", "S", {"--in", "S.1", "--out", "c1.2"});
  good_step("round2", "c2", "S", {"--in", "S.1", "--out", "c2.2"});
  good_step("round2", "c3", "S", {"--in", "S.other", "--out", "c3.2"});
  EXPECT_EQ(collect("S", {"c1.2", "c2.2", "c3.2"}, "S.2").status, 0);
  const auto split = step("finish", "c1", "S", {"--in", "S.2"});
  EXPECT_EQ(split.error(), "share_invalid");
  EXPECT_NE(split.err.find("ex/c3"), std::string::npos) << split.err;
  EXPECT_EQ(step("finish", "c3", "S", {"--in", "S.2"}).error(), "share_invalid");
  EXPECT_FALSE(fs::exists(path("c1/share.txt")));
  // Nobody signs twice, and nobody accepts its own message changed.
  EXPECT_EQ(step("round2", "c1", "S", {"--in", "S.other", "--out", "x"}).error(), "not_permitted");
  fs::remove(
      path("c2/sessions") /
      good({"custodian", "collect", "--session", "S", "--out", "x", "--in", "c1.1", "c2.1", "c3.1"})
          .json()
          .at("session")
          .as_string()
          .c_str() /
      "round1.set");
  EXPECT_EQ(step("round2", "c2", "S", {"--in", "S.other", "--out", "x"}).error(), "not_permitted");
}

TEST_F(CeremonyVerbs, RefreshMakesOldSharesUseless) {
  generate();
  write_statement();
  const EscrowShare old1 = share("c1");
  const EscrowShare old2 = share("c2");
  for (const std::string who : {"c1", "c2", "c3"}) {
    good({"custodian", "rekey", "--state", who, "--passphrase-file", who + "/passphrase"});
  }
  ASSERT_EQ(reshare({"c1", "c3"}, {"c1", "c2", "c3"}, "R").status, 0);
  rounds("R", {"c1", "c3"}, {"c1", "c2", "c3"});
  finish("R", {"c1", "c2", "c3"});
  EXPECT_EQ(share("c1").public_key, old1.public_key);
  EXPECT_TRUE(make_the_key(share("c1"), share("c2")));
  EXPECT_FALSE(make_the_key(share("c1"), old2));
  EXPECT_FALSE(make_the_key(old1, share("c3")));
  // What the old share could be made from again is gone.
  EXPECT_EQ(std::distance(fs::directory_iterator(path("c1/sessions")), fs::directory_iterator()),
            1);
  // Nor does the old session take the new share away.
  EXPECT_EQ(step("finish", "c1", "S", {"--in", "S.2", "--dealings", "S.1"}).error(), "not_found");
  EXPECT_TRUE(make_the_key(share("c1"), share("c3")));
}

TEST_F(CeremonyVerbs, AnOlderSessionDoesNotTakeANewerShareAway) {
  generate();
  write_statement();
  // Two sessions from the same shares; only one of them can be finished.
  for (const std::string session : {"R", "Q"}) {
    ASSERT_EQ(reshare({"c1", "c3"}, {"c1", "c2", "c3"}, session).status, 0);
    rounds(session, {"c1", "c3"}, {"c1", "c2", "c3"});
  }
  finish("R", {"c1", "c2", "c3"});
  const Outcome late = step("finish", "c2", "Q", {"--in", "Q.2", "--dealings", "Q.1"});
  EXPECT_EQ(late.error(), "share_invalid");
  EXPECT_TRUE(make_the_key(share("c1"), share("c2")));
}

TEST_F(CeremonyVerbs, NothingIsHandedOnToReceiversTheStatementDoesNotList) {
  generate();
  write_statement();
  // The coordinator makes cards of its own and lists them as receivers.
  for (const char* who : {"m1", "m2"}) init(who);
  ASSERT_EQ(reshare({"c1", "c3"}, {"m1", "m2"}, "M").status, 0);
  EXPECT_EQ(step("round1", "c1", "M", {"--out", "x"}).error(), "usage");  // no statement
  EXPECT_EQ(step("round1", "c1", "M", {"--out", "x", "--statement", kStatement}).error(),
            "usage");  // no root yet
  const Outcome refused = hand_on("c1", "M");
  EXPECT_EQ(refused.error(), "not_permitted");
  EXPECT_NE(refused.err.find("ex/m1"), std::string::npos) << refused.err;
  // Nor under a custodian's name with another key, nor with one receiver among custodians.
  fs::create_directory(path("evil"));
  good({"custodian", "init", "--state", "evil", "--name", "ex/c2", "--passphrase-file",
        "m1/passphrase"});
  ASSERT_EQ(good({"custodian", "reshare", "--statement", kStatement, "--root", "root/root.vkey",
                  "--out", "E", "--dealer", card("c1"), "--dealer", card("c3"), "--member",
                  card("c1"), "--member", "evil/ex-c2.custodian"})
                .status,
            0);
  EXPECT_EQ(hand_on("c1", "E").error(), "not_permitted");
  // Nor to another role's key.
  statement_of("2", {"auditor:p-8:m1/custodian.vkey", "custodian:p-9:m2/custodian.vkey"}, "two");
  const Outcome auditor = hand_on("c1", "M", "two");
  EXPECT_EQ(auditor.error(), "not_permitted");
  EXPECT_NE(auditor.err.find("ex/m1"), std::string::npos) << auditor.err;
  // Nor by a statement that another root signed, given with that root or without.
  good({"org", "init", "--dir", "other", "--id", "ex", "--name", "Example", "--example"});
  good({"org",          "statement",
        "--dir",        "other",
        "--out",        "forged",
        "--log",        "keys/log.vkey",
        "--custodians", "c1.lines",
        "--role",       "custodian:p-1:c1/custodian.vkey",
        "--role",       "custodian:p-2:c2/custodian.vkey",
        "--role",       "custodian:p-3:c3/custodian.vkey",
        "--role",       "custodian:p-8:m1/custodian.vkey",
        "--role",       "custodian:p-9:m2/custodian.vkey"});
  EXPECT_NE(step("round1", "c1", "M", {"--out", "x", "--statement", "forged"}).status, 0);
  EXPECT_EQ(step("round1", "c1", "M",
                 {"--out", "x", "--statement", "forged", "--root", "other/root.vkey"})
                .error(),
            "wrong_root_key");
  // Nor by dealers who do not stand in the group as the session says.
  ASSERT_EQ(reshare({"c1", "c3"}, {"c1", "c2"}, "D").status, 0);
  std::string text = text_of(path("D"));
  const auto dealer = text.find("ex/c3 ", text.find("dealer 3 "));
  ASSERT_NE(dealer, text.npos);
  const std::string evil = text_of(path("M"));
  const auto stranger = evil.find("ex/m1 ");
  text.replace(dealer, text.find('\n', dealer) - dealer,
               evil.substr(stranger, evil.find('\n', stranger) - stranger));
  write_text(path("D2"), text);
  const Outcome other = hand_on("c1", "D2");
  EXPECT_EQ(other.error(), "not_permitted");
  EXPECT_NE(other.err.find("dealer 'ex/m1"), std::string::npos) << other.err;
  EXPECT_FALSE(fs::exists(path("x")));
  // The root is pinned now; what the statement lists is handed on.
  good_step("round1", "c1", "D", {"--out", "D.c1", "--statement", kStatement});
  EXPECT_EQ(step("round1", "c1", "D", {"--out", "again"}).error(), "usage");
}

TEST_F(CeremonyVerbs, CustodianIsReplacedAndStepsDown) {
  generate();
  write_statement();
  init("c4");
  EXPECT_EQ(reshare({"c1"}, {"c1", "c2", "c4"}, "R").error(), "input_invalid");
  EXPECT_EQ(reshare({"c1", "c4"}, {"c1", "c2", "c4"}, "R").error(), "input_invalid");
  ASSERT_EQ(reshare({"c2", "c3"}, {"c1", "c2", "c4"}, "R").status, 0);
  EXPECT_EQ(hand_on("c2", "R").error(), "not_permitted");  // c4 is no custodian yet
  fs::remove(path(kStatement));
  statement_of("2", {"custodian:p-4:c4/custodian.vkey"});
  EXPECT_EQ(step("round1", "c1", "R", {"--out", "x"}).error(), "not_found");
  rounds("R", {"c2", "c3"}, {"c1", "c2", "c4"});
  finish("R", {"c1", "c2", "c4"});
  EXPECT_TRUE(make_the_key(share("c1"), share("c4")));
  EXPECT_EQ(step("round2", "c3", "R", {"--in", "R.1", "--out", "x"}).error(), "not_found");
  EXPECT_EQ(step("finish", "c3", "R", {"--in", "R.2"}).error(), "usage");
  EXPECT_TRUE(fs::exists(path("c3/share.txt")));
  good_step("finish", "c3", "R", {"--in", "R.2", "--dealings", "R.1"});
  EXPECT_FALSE(fs::exists(path("c3/share.txt")));
  EXPECT_FALSE(fs::exists(path("c3/sessions")));
  const auto groups = identity::parse_custodians(text_of(path("c4.lines")));
  ASSERT_TRUE(groups.has_value());
  EXPECT_EQ(groups.value()[0].members[2].key_name, "ex/c4");
  // The new share does not serve the session before it.
  ASSERT_EQ(reshare({"c1", "c2"}, {"c1", "c2", "c4"}, "Q").status, 0);
  EXPECT_EQ(hand_on("c1", "Q").error(), "share_invalid");
}

}  // namespace
}  // namespace candour::tests
