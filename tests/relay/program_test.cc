// Goal: the program itself keeps what it acknowledged when it is killed at any moment (I4), and can
// be run as an operator expects: signals, figures, logs, the service manager. Method: candour-relay
// as a process of its own, killed while a device is submitting, started again on the same state.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

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
      const int log = open(log_file().c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      dup2(log, STDERR_FILENO);
      if (!notify_socket.empty()) setenv("NOTIFY_SOCKET", notify_socket.c_str(), 1);
      if (!notify_socket.empty()) setenv("WATCHDOG_USEC", "400000", 1);
      execl(CANDOUR_RELAY, CANDOUR_RELAY, "--config", config_file().c_str(), nullptr);
      _exit(127);
    }
    close(out[1]);
    std::string line;
    for (char c = 0; read(out[0], &c, 1) == 1 && c != '\n';) line.push_back(c);
    close(out[0]);
    ASSERT_TRUE(line.starts_with("{\"event\":\"ready\",\"port\":")) << line;
    world.program_port = static_cast<std::uint16_t>(std::stoi(line.substr(24)));
    const auto admin = line.find("\"admin_port\":");
    ASSERT_NE(admin, std::string::npos);
    admin_port = static_cast<std::uint16_t>(std::stoi(line.substr(admin + 13)));
  }
  /// The wait status.
  int end(int signal) {
    kill(process_, signal);
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = 0;
    return status;
  }

  void signal(int number) const { kill(process_, number); }
  std::string log_file() const { return (world.folder.path() / "relay.log").string(); }
  std::string log_text() const {
    const auto bytes = read_file(log_file(), 1 << 20);
    return bytes ? std::string(as_text(bytes.value())) : std::string();
  }
  net::HttpReply admin(const std::string& target) {
    auto reply =
        net::http_request(world.io, {.port = admin_port}, "GET", target, {}, 10'000, 65536);
    EXPECT_TRUE(reply) << reply.error().message;
    return reply.value();
  }
  std::string metric(const std::string& name) {
    const std::string text(as_text(admin("/metrics").body));
    const auto at = text.find("\ncandour_relay_" + name + " ");
    if (at == std::string::npos) return "";
    const auto begin = text.find(' ', at) + 1;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  /// Looks until it holds, for ten seconds.
  static bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 200; ++i) {
      if (holds()) return true;
      usleep(50'000);
    }
    return false;
  }
  void write_config() {
    ASSERT_TRUE(write_file(config_file(), as_bytes(config::show(world.config, false))));
  }

  World world;
  std::uint16_t admin_port = 0;
  std::string notify_socket;
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

TEST_F(Program, HangupTakesOverCertificateBuildsAndLimits) {
  launch();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  TestBot bot(world);
  bot.create_group(group, {amy.id()});
  Peer old(world);
  ASSERT_EQ(old.login(amy).body_case(), Body::kLoggedIn);

  // A configuration that cannot be read changes nothing.
  ASSERT_TRUE(write_file(config_file(), as_bytes("state_dir = 1\n")));
  signal(SIGHUP);
  ASSERT_TRUE(soon([&] { return log_text().find("reload_failed") != std::string::npos; }));
  EXPECT_EQ(metric("reloads_total"), "0");

  // Another certificate under the same names, one submission a second, and no more build of today.
  const auto before = read_file(world.tls.certificate, 1 << 16).value();
  testing::make_certificate(world.folder.path(), "tls");
  ASSERT_NE(read_file(world.tls.certificate, 1 << 16).value(), before);
  world.config.limits.submits_per_second = 1;
  world.statement.version += 1;
  for (auto& build : world.statement.client_builds) {
    if (build == "candour/0.1.0") build = "candour/0.2.0";
  }
  world.write_statement();
  write_config();
  signal(SIGHUP);
  ASSERT_TRUE(soon([&] { return metric("reloads_total") == "1"; })) << log_text();
  EXPECT_EQ(old.closed(), 4004) << "the session of a build that is no longer approved ends";
  Peer next(world);  // trusts the new certificate only
  auto refused = next.login_frame(amy);
  EXPECT_EQ(next.refusal(refused), ErrorCode::client_build_unlisted);
  Peer updated(world);
  ASSERT_EQ(updated.call(updated.login_frame(amy, "candour/0.2.0")).body_case(), Body::kLoggedIn);
  updated.call(submit_frame(world, group, world.random.id<MessageId>(), 1));
  EXPECT_EQ(updated.refusal(submit_frame(world, group, world.random.id<MessageId>(), 1)),
            ErrorCode::rate_limited);
}

TEST_F(Program, TermAnswersWhatWasAcceptedBeforeItEnds) {
  launch();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  TestBot bot(world);
  bot.create_group(group, {amy.id()});
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  for (int i = 0; i < 40; ++i) {
    auto frame = submit_frame(world, group, world.random.id<MessageId>(), 1);
    frame.set_request(static_cast<std::uint64_t>(1'000 + i));
    peer.send(frame);
  }
  peer.next(Body::kSubmitted);
  const int status = end(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  std::size_t acknowledged = 1;
  while (peer.next(Body::kSubmitted, 500).body_case() == Body::kSubmitted) ++acknowledged;
  EXPECT_EQ(peer.closed(), 1001);
  launch();
  EXPECT_GE(std::stoul(metric("pending")), acknowledged);
  EXPECT_LE(std::stoul(metric("pending")), 40u);
}

TEST_F(Program, AHungBotIsSeenByOperators) {
  launch();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  TestBot bot(world);
  bot.create_group(group, {amy.id()});
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(metric("bot_present"), "1");
  ASSERT_EQ(peer.call(submit_frame(world, group, world.random.id<MessageId>(), 1)).body_case(),
            Body::kSubmitted);
  ASSERT_TRUE(soon([&] { return metric("bot_present") == "0"; }));
  EXPECT_NE(std::string(as_text(admin("/readyz").body)).find("\"bot_absent\""), std::string::npos);
  EXPECT_NE(log_text().find("\"bot_absent\""), std::string::npos);
  ASSERT_EQ(bot.release_next().body_case(), Body::kDone);
  EXPECT_EQ(metric("bot_present"), "1");
}

/// Whether this is the text exposition format: each family has HELP and TYPE, then samples of its
/// name only, each a name, labels and a number.
std::string fault_of(const std::string& metrics) {
  static const std::regex sample(
      R"(([a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? (\+Inf|NaN|[0-9.e+-]+))");
  std::istringstream lines(metrics);
  std::string family;
  std::string type;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      if (!seen.insert(family).second) return "twice: " + family;
      type.clear();
    } else if (line.starts_with("# TYPE ")) {
      if (line.substr(7, family.size() + 1) != family + " ") return line;
      type = line.substr(8 + family.size());
    } else {
      std::smatch parts;
      if (!std::regex_match(line, parts, sample)) return line;
      const std::string name = parts[1];
      const bool of_family = type == "histogram" ? name.starts_with(family) : name == family;
      if (type.empty() || !of_family) return line;
    }
  }
  return seen.empty() ? "nothing" : "";
}

TEST_F(Program, MetricsAreInThePrometheusFormatAndCount) {
  launch();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  TestBot bot(world);
  bot.create_group(group, {amy.id()});
  const std::string text(as_text(admin("/metrics").body));
  EXPECT_EQ(fault_of(text), "");
  EXPECT_EQ(fault_of("# HELP a b\n# TYPE a gauge\nc 1\n"), "c 1");
  EXPECT_EQ(fault_of("# HELP a b\n# TYPE a gauge\na one\n"), "a one");
  EXPECT_EQ(metric("submissions_total"), "1");
  EXPECT_EQ(metric("releases_total"), "1");
  EXPECT_EQ(metric("verdict_seconds_count"), "1");
  EXPECT_NE(metric("transactions_total"), "0");
  EXPECT_NE(text.find("candour_relay_limit_reached_total{limit=\"submits_per_second\"} 0"),
            std::string::npos);
  for (const char* target : {"/", "/debug", "/debug/pprof", "/vars", "/metrics/", "/config"}) {
    EXPECT_EQ(admin(target).status, 404u) << target;
    EXPECT_EQ(world.get(target).status, 404u) << target;
  }
  std::ifstream file("/proc/" + std::to_string(process_) + "/limits");
  const std::string limits{std::istreambuf_iterator<char>(file), {}};
  EXPECT_TRUE(std::regex_search(limits, std::regex("Max core file size +0 +0 "))) << limits;
}

TEST_F(Program, LogsAreJsonAndHoldNothingThatWasSent) {
  launch();
  auto& amy = world.device("p-amy");
  const std::string planted = "planted-text-that-nobody-may-log";
  for (int i = 0; i < 2; ++i) {
    Peer peer(world);
    peer.send_raw(to_bytes(planted));
    auto login = peer.login_frame(amy, planted);
    login.set_request(1);
    peer.send(login);
    EXPECT_EQ(peer.closed(), 4002);
  }
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  auto frame = submit_frame(world, world.random.id<GroupId>(), world.random.id<MessageId>(), 1);
  frame.mutable_submit()->set_ciphertext(planted);
  frame.mutable_submit()->set_bot_field(planted);
  EXPECT_EQ(peer.refusal(frame), ErrorCode::group_unknown);
  v1::ClientFrame publish;
  publish.mutable_publish()->set_kind(v1::CERTIFICATE);
  publish.mutable_publish()->set_object(planted);
  EXPECT_NE(peer.refusal(publish), ErrorCode::internal);
  end(SIGTERM);
  const std::string text = log_text();
  EXPECT_EQ(text.find(planted), std::string::npos);
  EXPECT_NE(text.find("\"stopping\""), std::string::npos) << "nothing was logged at all";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    boost::system::error_code failed;
    const auto value = boost::json::parse(line, failed);
    EXPECT_TRUE(!failed && value.is_object()) << line;
  }
}

TEST_F(Program, TellsTheServiceManagerWhatItDoes) {
  notify_socket = (world.folder.path() / "notify").string();
  const int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(notify_socket.size(), sizeof(address.sun_path));
  std::copy(notify_socket.begin(), notify_socket.end(), address.sun_path);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const timeval patience{10, 0};
  setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const auto next = [&](const std::string& other_than) {
    std::string text;
    do {
      char buffer[256];
      const auto size = recv(listener, buffer, sizeof(buffer), 0);
      if (size <= 0) return std::string("nothing");
      text.assign(buffer, static_cast<std::size_t>(size));
    } while (text == other_than);
    return text;
  };
  launch();
  EXPECT_EQ(next(""), "READY=1");
  EXPECT_EQ(next(""), "WATCHDOG=1");
  signal(SIGHUP);
  EXPECT_TRUE(next("WATCHDOG=1").starts_with("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_EQ(next("WATCHDOG=1"), "READY=1");
  signal(SIGTERM);
  EXPECT_EQ(next("WATCHDOG=1"), "STOPPING=1");
  EXPECT_EQ(WEXITSTATUS(end(SIGTERM)), 0);
  close(listener);
}

}  // namespace
}  // namespace candour::tests
