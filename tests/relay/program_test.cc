// Goal: the program itself keeps what it acknowledged when it is killed at any moment (I4), and
// ends as an operator expects. Method: candour-relay as a process of its own, killed while a device
// is submitting, started again on the same state.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/files.h"
#include "config/relay_config.h"
#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Program : public ::testing::Test {
 protected:
  void SetUp() override {
    // The program has the machine's clock.
    world.clock.set(system_clock().now().value);
    world.statement.issued = TimeMs(world.clock.now().value - 1000);
    world.bot = world.make_device(kBot, "bot-1", "bot");
    ASSERT_TRUE(write_file(world.folder.path() / "bot.note", as_bytes(world.bot.certificate)));
    ASSERT_TRUE(write_file(config_file(), as_bytes(config::show(world.config, false))));
  }
  void TearDown() override {
    if (process_ > 0) end(SIGKILL);
  }
  std::string config_file() const { return (world.folder.path() / "relay.toml").string(); }

  void launch() {
    int out[2];
    ASSERT_EQ(pipe2(out, O_CLOEXEC), 0);
    process_ = fork();
    if (process_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      execl(CANDOUR_RELAY, CANDOUR_RELAY, "--config", config_file().c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    std::string line;
    for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
    close(out[0]);
    ASSERT_TRUE(line.starts_with("{\"event\":\"ready\",\"port\":")) << line;
    world.program_port = static_cast<std::uint16_t>(std::stoi(line.substr(24)));
  }
  /// The wait status.
  int end(int signal) {
    kill(process_, signal);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return status;
  }

  World world;

 private:
  pid_t process_ = 0;
};

TEST_F(Program, I4_KilledRelayHasEverythingItAcknowledgedInOrder) {
  launch();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  auto bot = std::make_unique<TestBot>(world);
  bot->create_group(group, {amy.id()});
  std::vector<std::string> acknowledged;
  std::size_t judged = 0;
  auto chains = bot->chains;
  for (int round = 0; round < 3; ++round) {
    auto peer = std::make_unique<Peer>(world);
    ASSERT_EQ(peer->login(amy).body_case(), Body::kLoggedIn);
    for (int i = 0; i < 10; ++i) {
      const auto frame = submit_frame(world, group, world.random.id<MessageId>(), 1);
      ASSERT_EQ(peer->call(frame).body_case(), Body::kSubmitted);
      acknowledged.push_back(frame.submit().message_id());
    }
    for (int i = 0; i < 5; ++i, ++judged) ASSERT_EQ(bot->release_next().body_case(), Body::kDone);
    chains = bot->chains;
    end(SIGKILL);
    peer.reset();
    bot.reset();
    launch();
    bot = std::make_unique<TestBot>(world);
    bot->chains = chains;
  }
  for (; judged < acknowledged.size(); ++judged) {
    const auto check = bot->next_check();
    EXPECT_EQ(check.submit().message_id(), acknowledged[judged]);
    ASSERT_EQ(bot->give(bot->release(check)).body_case(), Body::kDone);
  }
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  for (std::size_t i = 0; i < acknowledged.size(); ++i) {
    const auto deliver = peer.next(Body::kDeliver).deliver();
    EXPECT_EQ(deliver.message_id(), acknowledged[i]);
    EXPECT_EQ(deliver.seq(), i + 2);
  }
  EXPECT_TRUE(peer.quiet(Body::kDeliver));
}

TEST_F(Program, TerminatesCleanlyAndTellsItsSessions) {
  launch();
  auto& amy = world.device("p-amy");
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  const int status = end(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(peer.closed(), 1001);
}

}  // namespace
}  // namespace candour::tests
