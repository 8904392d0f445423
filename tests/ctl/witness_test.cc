// Goal: a witness remembers over restarts, answers over HTTP as over files, and never runs twice on
// one folder. Method: the store is used directly for its rules; the program is run for the offline
// verb and, with a plain HTTP request of our client, for the server.
#include <csignal>

#include "base/files.h"
#include "ctl/witness/store.h"
#include "tests/ctl/program.h"
#include "tests/identity/organisation.h"
#include "tlog/leaf.h"
#include "transport/net/client.h"

namespace candour::tests {
namespace {

constexpr const char* kOrigin = "example.org/log";

class Witness : public CtlTest {
 protected:
  Witness() {
    for (int i = 0; i < 20; ++i) {
      hashes_.put(edge_.append(tlog::leaf_hash(as_bytes("entry " + std::to_string(i)))));
    }
    write_text(path("log.vkey"), test_statement().log.vkey() + "\n");
  }
  std::string request(std::uint64_t old_size, std::uint64_t size) const {
    const tlog::Checkpoint c{kOrigin, size, tlog::tree_hash(size, hashes_).value(), {}};
    return tlog::AddCheckpoint{old_size, tlog::prove_consistency(old_size, size, hashes_).value(),
                               tlog::sign_checkpoint(c, test_key(kLog)).print()}
        .print();
  }
  tlog::MemoryHashes hashes_;
  tlog::Frontier edge_;
};

TEST_F(Witness, RemembersOverRestarts) {
  const crypto::SigningKey key = test_key(kWitness1);
  const tlog::WitnessIdentity me{"witness.example/one", key};
  const std::vector<identity::NoteKey> logs{test_statement().log};
  {
    auto store = ctl::WitnessStore::open(path("w"), logs);
    ASSERT_TRUE(store);
    EXPECT_FALSE(store.value()->checkpoint(tlog::origin_hash(kOrigin)));
    EXPECT_EQ(store.value()->add_checkpoint(request(0, 10), me, TimeMs(5000)).value().status, 200u);
    EXPECT_EQ(code_of(ctl::WitnessStore::open(path("w"), logs)), ErrorCode::state_locked);
  }
  {
    auto store = ctl::WitnessStore::open(path("w"), logs);
    ASSERT_TRUE(store);
    EXPECT_EQ(store.value()->add_checkpoint(request(0, 20), me, TimeMs(5000)).value().status, 409u);
    EXPECT_EQ(store.value()->add_checkpoint(request(10, 20), me, TimeMs(5000)).value().status,
              200u);
    EXPECT_EQ(store.value()->add_checkpoint("garbage", me, TimeMs(5000)).value().status, 400u);
    const auto note = store.value()->checkpoint(tlog::origin_hash(kOrigin));
    ASSERT_TRUE(note);
    EXPECT_EQ(tlog::verify_checkpoint(*note, test_statement()).value().cosigned_by.size(), 1u);
  }
  const fs::path file = path("w") / (tlog::origin_hash(kOrigin) + ".checkpoint");
  write_text(file, replaced(text_of(file), "\n20\n", "\n19\n"));
  EXPECT_EQ(code_of(ctl::WitnessStore::open(path("w"), logs)), ErrorCode::state_damaged);
}

TEST_F(Witness, CosignsFilesOffline) {
  good({"key", "new", "--name", "witness.example/new", "--file", "w", "--dir", "keys",
        "--cosignature"});
  const auto cosign = [&](std::uint64_t old_size, std::uint64_t size) {
    write_text(path("request"), request(old_size, size));
    return ctl({"witness", "cosign", "--dir", "state", "--key", "keys/w.key", "--log", "log.vkey",
                "--request", "request", "--out", "line"});
  };
  EXPECT_EQ(cosign(0, 10).json().at("size"), 10);
  EXPECT_TRUE(identity::parse_signature(text_of(path("line"))));
  const auto stale = cosign(0, 20);
  EXPECT_EQ(stale.status, 4);
  EXPECT_EQ(stale.error(), "not_permitted");
  EXPECT_EQ(cosign(10, 20).status, 0);
}

/// candourctl witness serve in the background; ended with SIGTERM.
class Serving {
 public:
  explicit Serving(const std::vector<std::string>& arguments) {
    int pipe_ends[2];
    EXPECT_EQ(pipe(pipe_ends), 0);
    std::vector<std::string> owned = arguments;
    owned.insert(owned.begin(), CANDOURCTL);
    std::vector<char*> argv;
    for (std::string& argument : owned) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    EXPECT_EQ(posix_spawn(&process_, CANDOURCTL, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    std::string line;
    for (char c = 0; read(pipe_ends[0], &c, 1) == 1 && c != '\n';) line += c;
    close(pipe_ends[0]);
    const auto ready = boost::json::parse(line).as_object();
    EXPECT_EQ(ready.at("event").as_string(), "ready");
    port_ = static_cast<std::uint16_t>(ready.at("port").as_int64());
  }
  int stop() {
    kill(process_, SIGTERM);
    int status = 0;
    waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  std::uint16_t port() const { return port_; }

 private:
  pid_t process_ = 0;
  std::uint16_t port_ = 0;
};

TEST_F(Witness, ServesTheProtocolOverHttp) {
  good({"key", "new", "--name", "witness.example/new", "--file", "w", "--dir", "keys",
        "--cosignature"});
  Serving server({"witness", "serve", "--dir", path("state").string(), "--key",
                  path("keys/w.key").string(), "--log", path("log.vkey").string(), "--json"});
  net::IoThread io;
  net::Endpoint endpoint;
  endpoint.port = server.port();
  const auto ask = [&](const std::string& method, const std::string& target,
                       const std::string& body) {
    auto reply = net::http_request(io, endpoint, method, target, as_bytes(body), 20'000, 100'000);
    EXPECT_TRUE(reply);
    return reply.value();
  };
  const std::string monitor = "/" + tlog::origin_hash(kOrigin) + "/checkpoint";
  EXPECT_EQ(ask("GET", monitor, "").status, 404u);
  const auto first = ask("POST", "/add-checkpoint", request(0, 10));
  EXPECT_EQ(first.status, 200u);
  EXPECT_TRUE(identity::parse_signature(as_text(first.body)));
  const auto stale = ask("POST", "/add-checkpoint", request(0, 20));
  EXPECT_EQ(stale.status, 409u);
  EXPECT_EQ(stale.content_type, "text/x.tlog.size");
  EXPECT_EQ(as_text(stale.body), "10\n");
  EXPECT_EQ(ask("POST", "/add-checkpoint", "garbage").status, 400u);
  EXPECT_EQ(ask("GET", "/add-checkpoint", "").status, 405u);
  EXPECT_EQ(ask("GET", "/elsewhere", "").status, 404u);
  const auto shown = ask("GET", monitor, "");
  EXPECT_EQ(shown.status, 200u);
  EXPECT_TRUE(as_text(shown.body).starts_with(std::string(kOrigin) + "\n10\n"));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace candour::tests
