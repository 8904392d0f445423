// Goal: a warrant that is submitted is in the log, witnessed, known to the auditor and opened at
// its time, whatever happens on the way. Method: candour-relay, a witness and candourctl as
// processes on loopback; the steps in order, some of them twice, some of them by the wrong person.
#include <csignal>

#include "base/clock.h"
#include "tests/ctl/program.h"
#include "tests/net/certificates.h"
#include "tests/warrant/world.h"
#include "tlog/proof_file.h"

namespace candour::tests {
namespace {

/// A process that says when it is ready.
class Server {
 public:
  Server(std::vector<std::string> arguments, const fs::path& dir) {
    int out[2];
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    process_ = fork();
    if (process_ == 0) {
      std::vector<char*> argv;
      for (std::string& argument : arguments) argv.push_back(argument.data());
      argv.push_back(nullptr);
      dup2(out[1], STDOUT_FILENO);
      if (chdir(dir.c_str()) == 0) execv(argv[0], argv.data());
      _exit(127);
    }
    close(out[1]);
    std::string line;
    for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
    close(out[0]);
    const auto at = line.find("\"port\":");
    EXPECT_NE(at, line.npos) << line;
    if (at != line.npos) port_ = std::atoi(line.c_str() + at + 7);
  }
  ~Server() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
  std::string port() const { return std::to_string(port_); }

 private:
  pid_t process_ = 0;
  int port_ = 0;
};

class RelayVerbs : public CtlTest {
 protected:
  World world{system_clock().now().value};
  std::unique_ptr<Server> witness;
  std::unique_ptr<Server> relay;

  void SetUp() override {
    fs::create_directories(path("keys"));
    fs::create_directories(path("relay"));
    world.statement.witnesses.resize(1);
    world.statement.quorum = 1;
    put_key("keys/log", world.statement.log, kLog);
    put_key("keys/witness", world.statement.witnesses[0], kWitness1);
    for (const auto& [name, number] :
         {std::pair{"investigator-1", kInvestigator},
          std::pair{"investigator-2", kOtherInvestigator}, std::pair{"authoriser-1", kAuthoriser},
          std::pair{"auditor", std::uint8_t{kAuditor}}}) {
      put_key(std::string("keys/") + name, note_key(name, number), number);
    }
    write_secret("keys/auditor.sealing.key",
                 hex_encode(test_sealing_key(kAuditor).private_key().view()) + "\n");
    write_text(path("root.vkey"), world.root().vkey() + "\n");
    write_text(path("statement.note"), world.statement_note());
    const auto tls = candour::testing::make_certificate(path("relay"), "tls");
    ca_ = tls.certificate;
    witness = std::make_unique<Server>(
        std::vector<std::string>{CANDOURCTL, "witness", "serve", "--dir", "witness", "--key",
                                 "keys/witness.key", "--log", "keys/log.vkey", "--json"},
        path(""));
    write_text(
        path("relay.toml"),
        "state_dir = \"relay\"\n[listen]\naddress = \"127.0.0.1\"\nport = 0\n"
        "[tls]\ncertificate_file = \"" +
            std::string(tls.certificate) + "\"\nprivate_key_file = \"" + std::string(tls.key) +
            "\"\n[admin]\nport = 0\n[organisation]\nroot_vkey_file = \"root.vkey\"\n"
            "bootstrap = [\"statement.note\"]\n[log]\nkey_file = \"keys/log.key\"\n"
            "[[witnesses]]\nvkey_file = \"keys/witness.vkey\"\nhost = \"127.0.0.1\"\nport = " +
            witness->port() + "\n");
    relay = std::make_unique<Server>(
        std::vector<std::string>{CANDOUR_RELAY, "--config", "relay.toml"}, path(""));
    write_text(path("warrant.note"), world.warrant_note());
  }

  void write_secret(const std::string& name, const std::string& text) {
    write_text(path(name), text);
    fs::permissions(path(name), fs::perms::owner_read | fs::perms::owner_write);
  }
  void put_key(const std::string& stem, const identity::NoteKey& key, std::uint8_t number) {
    write_secret(stem + ".key", hex_encode(test_key(number).seed().view()) + "\n");
    write_text(path(stem + ".vkey"), key.vkey() + "\n");
  }
  std::vector<std::string> remote(const std::string& key) const {
    return {"--relay", "127.0.0.1:" + relay->port(), "--ca", ca_, "--root", "root.vkey",
            "--key",   "keys/" + key + ".key"};
  }
  Outcome run(std::vector<std::string> verb, const std::string& key) const {
    for (std::string& argument : remote(key)) verb.push_back(std::move(argument));
    return ctl(verb);
  }
  Outcome submit(const std::string& key = "investigator-1") const {
    return run({"warrant", "submit", "--case", "case", "--warrant", "warrant.note"}, key);
  }
  std::vector<boost::json::object> oversight(int status = 0) const {
    const auto outcome =
        run({"oversight", "list", "--sealing-key", "keys/auditor.sealing.key"}, "auditor");
    EXPECT_EQ(outcome.status, status) << outcome.err << outcome.out;
    std::vector<boost::json::object> out;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      out.push_back(boost::json::parse(line).as_object());
    }
    return out;
  }

 private:
  std::string ca_;
};

TEST_F(RelayVerbs, WarrantIsLoggedSeenRevokedAndUnsealed) {
  EXPECT_EQ(submit("investigator-2").error(), "not_permitted");
  const auto logged = submit();
  ASSERT_EQ(logged.status, 0) << logged.err;
  const auto proof = tlog::ProofFile::parse(text_of(path("case/warrant.tlog-proof")));
  ASSERT_TRUE(proof);
  const auto opening = tlog::LeafOpening::decode(as_bytes(text_of(path("case/warrant.opening"))));
  EXPECT_TRUE(proof.value().verify(tlog::leaf_hash(opening.value().entry(tlog::LeafClass::opening)),
                                   world.statement));
  EXPECT_EQ(good({"warrant", "show", "--case", "case"}).json().at("stage").as_string(), "logged");

  // Again, and after a crash before the proof was kept: the same leaf.
  const auto index = logged.json().at("leaf_index");
  EXPECT_EQ(submit().json().at("leaf_index"), index);
  fs::remove(path("case/warrant.tlog-proof"));
  EXPECT_EQ(submit().json().at("leaf_index"), index);

  auto seen = oversight();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].at("kind").as_string(), "warrant");
  EXPECT_EQ(seen[0].at("case").as_string(), "PSD-2026-0117");
  EXPECT_TRUE(seen[0].at("copy_opened").as_bool());
  EXPECT_FALSE(seen[0].at("overdue").as_bool());

  const auto revoked =
      run({"warrant", "revoke", "--warrant", "warrant.note", "--proof", "case/warrant.tlog-proof",
           "--reason", "withdrawn", "--out", "revocation.note"},
          "authoriser-1");
  ASSERT_EQ(revoked.status, 0) << revoked.err;
  EXPECT_TRUE(revoked.json().at("logged").as_bool());

  const std::vector<std::string> unseal = {"warrant", "unseal", "--case", "case"};
  EXPECT_EQ(run(unseal, "investigator-1").error(), "not_permitted");  // not yet
  auto early = unseal;
  early.push_back("--early");
  const auto unsealed = run(early, "investigator-1");
  ASSERT_EQ(unsealed.status, 0) << unsealed.err;
  EXPECT_EQ(unsealed.json().at("unsealed"), 1);
  seen = oversight();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(seen[0].at("unsealed").as_bool());
  EXPECT_EQ(seen[1].at("kind").as_string(), "warrant-revocation");
  EXPECT_EQ(seen[1].at("case").as_string(), "PSD-2026-0117");
}

TEST_F(RelayVerbs, OneCaseFolderHoldsOneWarrant) {
  ASSERT_EQ(submit().status, 0);
  world.warrant.case_name = "PSD-2026-0118";
  write_text(path("warrant.note"), world.warrant_note());
  EXPECT_EQ(submit().error(), "already_exists");
}

}  // namespace
}  // namespace candour::tests
