// Goal: the verbs for warrants, custodians and the keeper refuse what the library refuses, with the
// exit statuses and error lines of the contract, and remember what they must before anything
// leaves. Method: the built program is run as a process on files that the test's world made: draft,
// two signatures, review, answers; then one thing wrong at a time.
#include <sys/file.h>

#include "base/clock.h"
#include "tests/ctl/program.h"
#include "tests/warrant/world.h"
#include "warrant/open/approval.h"
#include "warrant/open/notes.h"

namespace candour::tests {
namespace {

namespace wo = candour::warrant;

class Verbs : public CtlTest {
 protected:
  World world{system_clock().now().value};

  void SetUp() override {
    fs::create_directories(path("keys"));
    put_key("keys/investigator", "investigator-1", kInvestigator);
    put_key("keys/authoriser", "authoriser-1", kAuthoriser);
    put_key("keys/stranger", "stranger", kStranger);
    put_key("keys/keeper", "keeper-1", kKeeper);
    write_text(path("root.vkey"), world.root().vkey() + "\n");
    write_text(path("statement.note"), world.statement_note());
    write_bytes("request.package", world.package().encode());
    put_custodian(1, kCustodian1);
    fs::create_directories(path("keeper"));
    ASSERT_TRUE(world.retention.write(path("keeper/retention.keys")));
  }

  void put_key(const std::string& stem, const std::string& name, std::uint8_t number) {
    write_secret(stem + ".key", hex_encode(test_key(number).seed().view()) + "\n");
    write_text(path(stem + ".vkey"), note_key(name, number).vkey() + "\n");
  }
  void put_custodian(std::uint32_t index, std::uint8_t number) {
    const std::string dir = "custodian-" + std::to_string(index);
    fs::create_directories(path(dir));
    put_key(dir + "/custodian", dir, number);
    const auto passphrase = SecretText::copy_of("correct horse");
    write_secret(dir + "/share.txt",
                 wo::seal_share(world.share(index), passphrase, world.random).value());
    write_secret(dir + "/passphrase", "correct horse\n");
  }
  void write_secret(const std::string& name, const std::string& text) {
    write_text(path(name), text);
    fs::permissions(path(name), fs::perms::owner_read | fs::perms::owner_write);
  }
  void write_bytes(const std::string& name, const Bytes& bytes) {
    write_text(path(name), std::string(as_text(bytes)));
  }

  std::vector<std::string> draft_arguments() const {
    return {"warrant",
            "draft",
            "--out",
            "warrant.note",
            "--statement",
            "statement.note",
            "--root",
            "root.vkey",
            "--case",
            "PSD-2026-0117",
            "--legal-basis",
            "Police (Conduct) Regulations 2020",
            "--severity",
            "Gross misconduct if proven",
            "--purpose",
            "To establish\nwhat was sent",
            "--necessity",
            "No other source",
            "--proportionality",
            "One author, one group",
            "--collateral-intrusion",
            "Replies stay sealed",
            "--requester",
            "investigator-1",
            "--authoriser",
            "authoriser-1",
            "--reviewer",
            "p-24",
            "--author",
            world.amy.hex() + ":p-1042",
            "--group",
            world.group_a.hex() + ":Team A",
            "--from",
            "2026-01-01T00:00:00Z",
            "--until",
            "2026-02-01T00:00:00Z"};
  }
  Outcome sign(const std::string& key) const {
    return ctl({"warrant", "sign", "--key", "keys/" + key + ".key", "warrant.note", "--statement",
                "statement.note", "--root", "root.vkey"});
  }
  Outcome approve(const std::string& out, const std::string& package = "request.package",
                  const std::string& passphrase = "custodian-1/passphrase") const {
    return ctl({"custodian", "approve", "--state", "custodian-1", "--passphrase-file", passphrase,
                "--root", "root.vkey", package, "--out", out});
  }
  Outcome keep(const std::string& out) const {
    return ctl({"keeper", "approve", "--dir", "keeper", "--key", "keys/keeper.key", "--root",
                "root.vkey", "request.package", "--out", out});
  }
  /// How many approvals the custodian's journal counts.
  std::size_t journal_lines() const {
    const std::string text = text_of(path("custodian-1/journal.jsonl"));
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  }
  wo::Request request() {
    const auto package =
        wo::RequestPackage::decode(as_bytes(text_of(path("request.package")))).value();
    return wo::Request::verify(package.request.note, world.statement, world.warrant).value();
  }
  Result<wo::Approval> approval(const std::string& file) {
    CANDOUR_TRY(auto answer, wo::ApprovalFile::decode(as_bytes(text_of(path(file)))));
    return wo::verify_approval(answer, world.statement, request());
  }
};

TEST_F(Verbs, WarrantIsDraftedAndSignedByTwo) {
  EXPECT_EQ(good(draft_arguments()).json().at("stage").as_string(), "drafted");
  EXPECT_EQ(fs::status(path("warrant.note")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(ctl(draft_arguments()).error(), "already_exists");
  const auto first = sign("investigator");
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.json().at("stage").as_string(), "drafted");
  EXPECT_EQ(first.json().at("missing").as_array().size(), 1u);
  const auto stranger = sign("stranger");
  EXPECT_EQ(stranger.status, 4);
  EXPECT_EQ(stranger.error(), "not_permitted");
  const auto second = sign("authoriser");
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.json().at("stage").as_string(), "authorised");
  const auto w = wo::Warrant::verify(text_of(path("warrant.note")), world.statement);
  ASSERT_TRUE(w) << w.error().message;
  EXPECT_EQ(w.value().purpose, (wo::FreeText{"To establish", "what was sent"}));
  EXPECT_EQ(w.value().requester.person, "p-20");
  EXPECT_EQ(w.value().expires.value - w.value().issued.value, 28 * kDay);

  const std::vector<std::string> show = {"warrant",        "show",   "warrant.note", "--statement",
                                         "statement.note", "--root", "root.vkey"};
  EXPECT_EQ(good(show).json().at("stage").as_string(), "authorised");
  const auto plain = ctl(show, false);
  EXPECT_NE(plain.out.find("PSD-2026-0117"), std::string::npos);
  EXPECT_NE(plain.out.find("author: p-1042"), std::string::npos);

  write_text(path("warrant.note"), replaced(text_of(path("warrant.note")), "One author", "Many"));
  const auto altered = ctl(show);
  EXPECT_EQ(altered.status, 1);
  EXPECT_EQ(altered.error(), "warrant_signature_invalid");
  EXPECT_EQ(sign("authoriser").error(), "warrant_signature_invalid");
}

TEST_F(Verbs, DraftTellsWhatIsMissingOrWrong) {
  const auto with = [&](const std::string& option, const std::string& value) {
    auto arguments = draft_arguments();
    const auto at = std::find(arguments.begin(), arguments.end(), option);
    *(at + 1) = value;
    const auto outcome = ctl(arguments);
    EXPECT_NE(outcome.status, 0) << option;
    EXPECT_FALSE(fs::exists(path("warrant.note")));
    return outcome.error();
  };
  EXPECT_EQ(with("--purpose", ""), "warrant_invalid");
  EXPECT_EQ(with("--requester", "nobody"), "usage");
  EXPECT_EQ(with("--requester", "authoriser-1"), "warrant_invalid");
  EXPECT_EQ(with("--author", "12"), "usage");
  EXPECT_EQ(with("--group", "12"), "usage");
  EXPECT_EQ(with("--until", "yesterday"), "usage");
  EXPECT_EQ(with("--until", "2025-02-01T00:00:00Z"), "warrant_invalid");
  EXPECT_EQ(with("--reviewer", "p-20"), "warrant_conflict");
  EXPECT_EQ(with("--statement", "absent.note"), "not_found");
}

TEST_F(Verbs, DraftFromAFile) {
  write_text(path("warrant.toml"),
             "case = \"PSD-2026-0200\"\n"
             "legal-basis = \"Regulation 3\"\nseverity = \"Gross\"\n"
             "purpose = \"\"\"\nFirst line.\nSecond line.\n\"\"\"\n"
             "necessity = \"None other\"\nproportionality = \"One\"\n"
             "collateral-intrusion = \"Few\"\nrequester = \"investigator-1\"\n"
             "authoriser = \"authoriser-1\"\nreviewer = \"p-24\"\n"
             "from = \"2026-01-01T00:00:00Z\"\nuntil = \"2026-02-01T00:00:00Z\"\n"
             "[[author]]\ndevice = \"" +
                 world.amy.hex() +
                 "\"\nperson = \"p-1042\"\n"
                 "[[named]]\nperson = \"p-99\"\n");
  good({"warrant", "draft", "--out", "warrant.note", "--statement", "statement.note", "--root",
        "root.vkey", "--from-file", "warrant.toml"});
  const auto w = wo::Warrant::parse(text_of(path("warrant.note")));
  ASSERT_TRUE(w) << w.error().message;
  EXPECT_EQ(w.value().case_name, "PSD-2026-0200");
  EXPECT_EQ(w.value().purpose, (wo::FreeText{"First line.", "Second line."}));
  EXPECT_EQ(w.value().named, (std::vector<std::string>{"p-99"}));
  write_text(path("warrant.toml"), "cas = \"x\"\n");
  EXPECT_EQ(ctl({"warrant", "draft", "--out", "other.note", "--statement", "statement.note",
                 "--root", "root.vkey", "--from-file", "warrant.toml"})
                .error(),
            "config_invalid");
}

TEST_F(Verbs, CustodianReviewsAndApproves) {
  const std::vector<std::string> review = {
      "custodian", "review", "--state", "custodian-1", "--root", "root.vkey", "request.package"};
  const auto reviewed = good(review).json();
  EXPECT_TRUE(reviewed.at("passed").as_bool());
  EXPECT_EQ(reviewed.at("records"), 4);
  const auto plain = ctl(review, false);
  EXPECT_NE(plain.out.find("EVERY CHECK PASSED"), std::string::npos) << plain.out;
  EXPECT_FALSE(fs::exists(path("custodian-1/journal.jsonl")));

  const auto approved = approve("one.approval");
  ASSERT_EQ(approved.status, 0) << approved.err;
  EXPECT_FALSE(approved.json().at("repeated").as_bool());
  const auto answer = approval("one.approval");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer.value().custodian, "custodian-1");
  EXPECT_EQ(fs::status(path("one.approval")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);

  // The same again: the same kind of answer, marked, not counted twice.
  const auto again = approve("two.approval");
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_TRUE(again.json().at("repeated").as_bool());
  EXPECT_TRUE(approval("two.approval"));
  EXPECT_EQ(approve("two.approval").error(), "already_exists");
}

TEST_F(Verbs, KeeperApproves) {
  const auto outcome = keep("keeper.approval");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto answer = approval("keeper.approval");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer.value().by_keeper());
  write_text(path("keeper/keeper.toml"), "[rules]\nrecords_per_day = 3\n");
  fs::remove(path("keeper/journal.jsonl"));
  const auto capped = keep("other.approval");
  EXPECT_EQ(capped.status, 1);
  EXPECT_EQ(capped.error(), "daily_cap_reached");
}

TEST_F(Verbs, WhatTheChecksRefuseLeavesNoAnswer) {
  world.chosen = {0, 5};
  write_bytes("wide.package", world.package().encode());
  const auto wide = approve("wide.approval", "wide.package");
  EXPECT_EQ(wide.status, 1);
  EXPECT_EQ(wide.error(), "out_of_scope");
  EXPECT_FALSE(fs::exists(path("wide.approval")));
  EXPECT_FALSE(fs::exists(path("custodian-1/journal.jsonl")));
  const auto reviewed =
      good({"custodian", "review", "--state", "custodian-1", "wide.package"}).json();
  EXPECT_FALSE(reviewed.at("passed").as_bool());
  EXPECT_EQ(reviewed.at("refusal").as_string(), "out_of_scope");
}

TEST_F(Verbs, RulesAndMemoryHoldAcrossRuns) {
  write_text(path("custodian-1/custodian.toml"), "[rules]\nrecords_per_day = 6\n");
  ASSERT_EQ(approve("one.approval").status, 0);
  // Another request, of three records: over the cap together with the four before.
  world.chosen = {0, 1, 2};
  write_bytes("second.package", world.package().encode());
  EXPECT_EQ(approve("second.approval", "second.package").error(), "daily_cap_reached");
  write_text(path("custodian-1/custodian.toml"), "[rules]\nrecords_per_day = 7\n");
  ASSERT_EQ(approve("second.approval", "second.package").status, 0);
  EXPECT_EQ(journal_lines(), 2u);
  // The first package shows an older log than the second did.
  const auto rollback = approve("third.approval");
  EXPECT_EQ(rollback.status, 1);
  EXPECT_EQ(rollback.error(), "log_inconsistent");
  // Rules are read strictly: a misspelt rule is no rule at all.
  write_text(path("custodian-1/custodian.toml"), "[rules]\nrecords_a_day = 7\n");
  const auto misspelt = approve("third.approval");
  EXPECT_EQ(misspelt.status, 2);
  EXPECT_EQ(misspelt.error(), "config_invalid");
}

TEST_F(Verbs, RevocationIsHeardOf) {
  const wo::WarrantRevocation revocation{world.statement.id, world.warrant.digest(), "withdrawn",
                                         TimeMs(world.now)};
  write_text(path("revocation.note"),
             World::sign(revocation.print(), {{"authoriser-1", kAuthoriser}}));
  write_text(path("false.note"), World::sign(revocation.print(), {{"stranger", kStranger}}));
  const auto hear = [&](const std::string& note, bool with_statement) {
    std::vector<std::string> arguments = {"custodian", "revoked",   "--state", "custodian-1",
                                          "--root",    "root.vkey", note};
    if (with_statement) {
      arguments.push_back("--statement");
      arguments.push_back("statement.note");
    }
    return ctl(arguments);
  };
  EXPECT_EQ(hear("revocation.note", false).error(), "not_found");  // nothing to check it by yet
  EXPECT_EQ(hear("false.note", true).error(), "warrant_signature_missing");
  const auto heard = hear("revocation.note", true);
  ASSERT_EQ(heard.status, 0) << heard.err;
  EXPECT_FALSE(heard.json().at("duplicate").as_bool());
  EXPECT_TRUE(hear("revocation.note", true).json().at("duplicate").as_bool());
  const auto refused = approve("one.approval");
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.error(), "warrant_revoked");
}

TEST_F(Verbs, RootIsPinnedOnce) {
  const std::vector<std::string> bare = {"custodian", "review", "--state", "custodian-1",
                                         "request.package"};
  const auto none = ctl(bare);
  EXPECT_EQ(none.status, 2);
  EXPECT_EQ(none.error(), "usage");
  ASSERT_EQ(approve("one.approval").status, 0);
  EXPECT_EQ(good(bare).json().at("passed").as_bool(), true);
  write_text(path("other.vkey"), note_key("root", kStranger).vkey() + "\n");
  const auto other = ctl(
      {"custodian", "review", "--state", "custodian-1", "--root", "other.vkey", "request.package"});
  EXPECT_EQ(other.status, 1);
  EXPECT_EQ(other.error(), "wrong_root_key");
}

TEST_F(Verbs, WrongPassphraseAndFiles) {
  write_secret("wrong", "incorrect horse\n");
  const auto wrong = approve("one.approval", "request.package", "wrong");
  EXPECT_EQ(wrong.status, 1);
  EXPECT_EQ(wrong.error(), "decryption_failed");
  write_secret("empty", "\n");
  EXPECT_EQ(approve("one.approval", "request.package", "empty").error(), "usage");
  fs::permissions(path("wrong"), fs::perms::others_read, fs::perm_options::add);
  const auto open_to_all = approve("one.approval", "request.package", "wrong");
  EXPECT_EQ(open_to_all.status, 5);
  EXPECT_EQ(open_to_all.error(), "state_damaged");
  EXPECT_EQ(approve("one.approval", "absent.package").error(), "not_found");
  write_text(path("cut.package"), text_of(path("request.package")).substr(0, 5000));
  const auto cut = approve("one.approval", "cut.package");
  EXPECT_EQ(cut.status, 2);
  EXPECT_EQ(cut.error(), "input_invalid");
  EXPECT_FALSE(fs::exists(path("one.approval")));
  EXPECT_FALSE(fs::exists(path("custodian-1/journal.jsonl")));
}

TEST_F(Verbs, DamagedMemoryAnswersNothing) {
  ASSERT_EQ(approve("one.approval").status, 0);
  const std::string journal = text_of(path("custodian-1/journal.jsonl"));
  write_secret("custodian-1/journal.jsonl",
               replaced(journal, "\"records\":4", "\"records\":\"4\""));
  const auto damaged = approve("two.approval");
  EXPECT_EQ(damaged.status, 5);
  EXPECT_EQ(damaged.error(), "state_damaged");
  // A line that a crash cut short was of an approval that never left.
  write_secret("custodian-1/journal.jsonl", journal + "{\"time\":\"2026-");
  ASSERT_EQ(approve("two.approval").status, 0);
  EXPECT_EQ(journal_lines(), 2u);
}

TEST_F(Verbs, OneProcessAtATime) {
  const int file = ::open(path("custodian-1/lock").c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_EQ(::flock(file, LOCK_EX | LOCK_NB), 0);
  const auto locked = approve("one.approval");
  EXPECT_EQ(locked.status, 2);
  EXPECT_EQ(locked.error(), "state_locked");
  ::close(file);
  EXPECT_EQ(approve("one.approval").status, 0);
}

TEST_F(Verbs, SecretsAreReadUnderTheLock) {
  // Another process has the folder and is about to replace the share and the retention keys.
  const auto held = [&](const std::string& dir, const std::string& secret, const auto& answer) {
    fs::rename(path(dir + "/" + secret), path("aside"));
    const int file = ::open(path(dir + "/lock").c_str(), O_RDWR | O_CREAT, 0600);
    EXPECT_EQ(::flock(file, LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(answer().error(), "state_locked") << secret;
    ::close(file);
    EXPECT_EQ(answer().error(), "not_found") << secret;
    fs::rename(path("aside"), path(dir + "/" + secret));
    EXPECT_EQ(answer().status, 0) << secret;
  };
  held("custodian-1", "share.txt", [&] { return approve("one.approval"); });
  held("keeper", "retention.keys", [&] { return keep("two.approval"); });
}

TEST_F(Verbs, CaseFolderTellsTheState) {
  const auto show = [&] { return ctl({"warrant", "show", "--case", "case"}); };
  EXPECT_EQ(show().error(), "not_found");
  fs::create_directories(path("case/approvals"));
  fs::permissions(path("case"), fs::perms::owner_all);
  const auto package =
      wo::RequestPackage::decode(as_bytes(text_of(path("request.package")))).value();
  write_secret("case/root.vkey", world.root().vkey() + "\n");
  write_secret("case/statement.note", package.statement);
  write_secret("case/warrant.note",
               World::sign(world.warrant.print(), {{"investigator-1", kInvestigator}}));
  const auto stage = [&] { return std::string(show().json().at("stage").as_string()); };
  EXPECT_EQ(stage(), "drafted");
  write_secret("case/warrant.note", package.warrant.note);
  EXPECT_EQ(stage(), "authorised");
  write_secret("case/warrant.tlog-proof", "proof");
  EXPECT_EQ(stage(), "logged");
  write_secret("case/request.note", package.request.note);
  EXPECT_EQ(stage(), "logged");
  ASSERT_EQ(approve("case/approvals/one").status, 0);
  write_text(path("case/approvals/zero"), "no approval");
  EXPECT_EQ(stage(), "approved");
  const auto state = show().json();
  EXPECT_EQ(state.at("custodians").as_array()[0].as_object().at("approved"), 1);
  EXPECT_EQ(state.at("custodians").as_array()[0].as_object().at("threshold"), 2);
  EXPECT_FALSE(state.at("keeper").as_bool());
  EXPECT_EQ(state.at("notes").as_array().size(), 1u);
  write_secret("case/release.tlog-proof", "proof");
  EXPECT_EQ(stage(), "released");
  const wo::WarrantRevocation revocation{world.statement.id, world.warrant.digest(), "withdrawn",
                                         TimeMs(world.now)};
  write_secret("case/revocation.note",
               World::sign(revocation.print(), {{"authoriser-1", kAuthoriser}}));
  EXPECT_EQ(stage(), "revoked");
  fs::permissions(path("case"), fs::perms::group_read, fs::perm_options::add);
  EXPECT_EQ(show().error(), "state_damaged");
}

TEST_F(Verbs, RevocationOffline) {
  write_text(path("warrant.note"), world.warrant_note());
  const auto revoke = [&](const std::string& key, const std::string& out) {
    return ctl({"warrant", "revoke", "--warrant", "warrant.note", "--reason", "withdrawn", "--out",
                out, "--key", "keys/" + key + ".key", "--statement", "statement.note", "--root",
                "root.vkey"});
  };
  const auto outcome = revoke("authoriser", "revocation.note");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_FALSE(outcome.json().at("logged").as_bool());
  EXPECT_TRUE(wo::WarrantRevocation::verify(text_of(path("revocation.note")), world.statement));
  EXPECT_EQ(revoke("investigator", "other.note").error(), "warrant_signature_missing");
  EXPECT_FALSE(fs::exists(path("other.note")));
}

}  // namespace
}  // namespace candour::tests
