// Goal: the verbs that work on files make what the relay and the clients accept, refuse what they
// would refuse, and end with the exit statuses and error lines of the contract. Method: the built
// program is run as a process, an organisation is set up in a folder, then one thing goes wrong at
// a time.
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "tests/ctl/program.h"
#include "tests/identity/organisation.h"

namespace candour::tests {
namespace {

using identity::NoteKey;

class Offline : public CtlTest {
 protected:
  void SetUp() override { make_organisation(); }

  NoteKey vkey(const std::string& file) const {
    std::string text = text_of(path(file));
    text.pop_back();
    return NoteKey::parse(text).value();
  }
  identity::Statement statement() const {
    return identity::Statement::verify(text_of(path("statement.note")), vkey("root/root.vkey"))
        .value();
  }
  /// A request for a device of this person, in device.request.
  void request(const std::string& person, const std::string& organisation = "ex") const {
    identity::Enrolment e = test_enrolment();
    e.organisation = organisation;
    e.person = person;
    write_text(path("device.request"), identity::make_enrolment(e, test_key(kDevice)));
  }
  Outcome approve(const std::string& key) const {
    return ctl({"approve", "--key", key, "--request", "device.request", "--certificate",
                "device.certificate", "--statement", "statement.note", "--root", "root/root.vkey"});
  }
};

TEST_F(Offline, KeysAreSecretAndNeverOverwritten) {
  const auto made = good({"key", "new", "--name", "ex/x", "--dir", "keys"}).json();
  EXPECT_EQ(made.at("key_file").as_string(), "keys/ex-x.key");
  EXPECT_EQ(fs::status(path("keys/ex-x.key")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(text_of(path("keys/ex-x.key")).size(), 65u);
  EXPECT_EQ(made.at("vkey").as_string(), vkey("keys/ex-x.vkey").vkey());
  EXPECT_EQ(vkey("keys/w.vkey").type, identity::NoteKeyType::cosignature);
  const auto again = ctl({"key", "new", "--name", "ex/x", "--dir", "keys"});
  EXPECT_EQ(again.status, 2);
  EXPECT_EQ(again.error(), "already_exists");
  EXPECT_EQ(good({"key", "show", "keys/ex-x.key"}).json().at("vkey"), made.at("vkey"));
  fs::permissions(path("keys/ex-x.key"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(ctl({"key", "show", "keys/ex-x.key"}).status, 5);
}

TEST_F(Offline, StatementIsWhatWasAskedFor) {
  const identity::Statement s = statement();
  EXPECT_EQ(s.id, "ex");
  EXPECT_TRUE(s.example);
  EXPECT_EQ(s.quorum, 1u);
  EXPECT_EQ(s.roles.size(), 4u);
  EXPECT_EQ(s.log.name, "log.example");
  const auto shown = good({"org", "show", "statement.note", "--root", "root/root.vkey"}).json();
  EXPECT_TRUE(shown.at("verified").as_bool());
  EXPECT_EQ(shown.at("roles").as_array().size(), 4u);

  good({"org", "init", "--dir", "other", "--id", "ex", "--name", "Other"});
  const auto foreign = ctl({"org", "show", "statement.note", "--root", "other/root.vkey"});
  EXPECT_EQ(foreign.status, 1);
  EXPECT_EQ(foreign.error(), "wrong_root_key");
  const auto impossible = ctl({"org", "statement", "--dir", "root", "--out", "x.note", "--log",
                               "keys/log.vkey", "--witness", "keys/w.vkey", "--quorum", "2"});
  EXPECT_EQ(impossible.status, 1);
  EXPECT_EQ(impossible.error(), "statement_invalid");
  EXPECT_FALSE(fs::exists(path("x.note")));
}

TEST_F(Offline, TwoRegistrarsApproveADevice) {
  request("p-9");
  EXPECT_EQ(good({"enrol", "show", "device.request"}).json().at("person").as_string(), "p-9");
  const auto first = approve("keys/r1.key");
  ASSERT_EQ(first.status, 0) << first.err;
  EXPECT_FALSE(first.json().at("complete").as_bool());
  EXPECT_FALSE(identity::Certificate::verify(text_of(path("device.certificate")), statement()));
  const auto same_person = approve("keys/r1.key");
  EXPECT_EQ(same_person.status, 4);
  EXPECT_EQ(same_person.error(), "not_permitted");
  const auto second = approve("keys/r2.key");
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_TRUE(second.json().at("complete").as_bool());
  const auto certificate =
      identity::Certificate::verify(text_of(path("device.certificate")), statement());
  ASSERT_TRUE(certificate) << certificate.error().message;
  EXPECT_EQ(certificate.value().subject.person, "p-9");
}

TEST_F(Offline, ApprovalRefusesWhatRegistrarsMustNotSign) {
  request("p-9", "elsewhere");
  EXPECT_EQ(approve("keys/r1.key").error(), "foreign_certificate");
  request("p-9");
  EXPECT_EQ(approve("keys/author.key").error(), "not_permitted");
  request("p-1");
  EXPECT_EQ(approve("keys/r1.key").error(), "not_permitted");  // a device of one's own
  write_text(path("device.request"), replaced(text_of(path("device.request")), "p-1", "p-7"));
  EXPECT_EQ(approve("keys/r1.key").error(), "signature_invalid");
  // The second registrar holds another request in hand than the first one signed.
  request("p-9");
  ASSERT_EQ(approve("keys/r1.key").status, 0);
  request("p-8");
  EXPECT_EQ(approve("keys/r2.key").error(), "certificate_invalid");
}

TEST_F(Offline, NoticesAreSignedByTwoPeople) {
  write_text(path("notice.txt"), "Messages are checked.\n\nNot for operational command.\n");
  good({"notice", "make", "--id", "ex", "--version", "1", "--text", "notice.txt", "--out",
        "notice.note"});
  EXPECT_EQ(good({"sign", "--key", "keys/author.key", "notice.note"}).json().at("signatures"), 1);
  EXPECT_FALSE(identity::Notice::verify(text_of(path("notice.note")), statement()));
  EXPECT_EQ(good({"sign", "--key", "keys/approver.key", "notice.note"}).json().at("signatures"), 2);
  // Signing twice changes nothing.
  EXPECT_EQ(good({"sign", "--key", "keys/approver.key", "notice.note"}).json().at("signatures"), 2);
  const auto notice = identity::Notice::verify(text_of(path("notice.note")), statement());
  ASSERT_TRUE(notice) << notice.error().message;
  EXPECT_EQ(notice.value().lines.size(), 3u);

  const auto witness = ctl({"sign", "--key", "keys/w.key", "notice.note"});
  EXPECT_EQ(witness.status, 2);
  EXPECT_EQ(witness.error(), "usage");
  write_text(path("notice.note"), replaced(text_of(path("notice.note")), "checked", "read"));
  EXPECT_EQ(ctl({"sign", "--key", "keys/author.key", "notice.note"}).error(), "signature_invalid");
}

TEST_F(Offline, RoleMayHaveASealingKey) {
  const auto made =
      good({"key", "new", "--name", "ex/au", "--file", "au", "--dir", "keys", "--sealing"});
  EXPECT_EQ(fs::status(path("keys/au.sealing.key")).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
  const std::string line = text_of(path("keys/au.sealing.pub"));
  EXPECT_EQ(line, std::string(made.json().at("sealing").as_string()) + "\n");
  EXPECT_EQ(
      ctl({"key", "new", "--name", "ex/au", "--file", "au", "--dir", "keys", "--sealing"}).error(),
      "already_exists");
  good({"org", "statement", "--dir", "root", "--out", "sealing.note", "--log", "keys/log.vkey",
        "--role", "auditor:p-7:keys/au.vkey:keys/au.sealing.pub"});
  EXPECT_NE(text_of(path("sealing.note")).find(line.substr(0, 64)), std::string::npos);
  // A signing key that is there already gets a sealing key beside it.
  good({"key", "new", "--name", "ex/in", "--file", "in", "--dir", "keys"});
  const std::string vkey = text_of(path("keys/in.vkey"));
  good({"key", "new", "--name", "ex/in", "--file", "in", "--dir", "keys", "--sealing"});
  EXPECT_EQ(text_of(path("keys/in.vkey")), vkey);
  EXPECT_TRUE(fs::exists(path("keys/in.sealing.pub")));
}

TEST_F(Offline, RetentionKeysAreMadeOnce) {
  const auto made =
      good({"keeper", "new", "--dir", "keeper", "--class", "ordinary", "--period", "2026"});
  EXPECT_EQ(made.json().at("keys"), 1);
  const std::string before = text_of(path("keeper/retention.keys"));
  EXPECT_EQ(ctl({"keeper", "new", "--dir", "keeper"}).error(), "already_exists");
  EXPECT_EQ(good({"keeper", "add", "--dir", "keeper", "--class", "ordinary", "--period", "2026",
                  "--period", "2027"})
                .json()
                .at("keys"),
            2);
  EXPECT_TRUE(text_of(path("keeper/retention.keys")).starts_with(before));
}

TEST_F(Offline, WrongUsageIsSaidInBothForms) {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{},
        {"nonsense"},
        {"key"},
        {"key", "new"},
        {"key", "new", "--name", "x y", "--dir", "keys"},
        {"log", "verify"},
        {"config", "check"}}) {
    const auto json = ctl(arguments);
    EXPECT_EQ(json.status, 2);
    EXPECT_EQ(json.error(), "usage") << json.err;
    EXPECT_TRUE(json.out.empty());
    const auto plain = ctl(arguments, false);
    EXPECT_EQ(plain.status, 2);
    EXPECT_FALSE(plain.err.starts_with("{")) << plain.err;
  }
  EXPECT_EQ(ctl({"--help"}).status, 0);
  EXPECT_EQ(ctl({"--version"}, false).out, "candourctl 0.1.0\n");
  EXPECT_EQ(ctl({"org", "show", "missing.note"}).error(), "not_found");
}

}  // namespace
}  // namespace candour::tests
