// Goal: a relay whose disk is full acknowledges nothing, says so, and serves again by itself when
// there is room, with everything it had acknowledged (I4). Method: the state folder on a file
// system of a few megabytes (needs the right to mount one; skipped without), filled and emptied.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/relay/world.h"

namespace candour::tests {
namespace {

class Disk : public ::testing::Test {
 protected:
  void SetUp() override {
    // Seen by the threads of this process that are started from here on, and by nobody else.
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      GTEST_SKIP() << "no right to mount a small file system";
    }
    const auto folder = world.config.state_dir;
    std::filesystem::create_directories(folder);
    ASSERT_EQ(mount("small", folder.c_str(), "tmpfs", 0, "size=8m"), 0);
    mounted_ = true;
    filler_ = folder / "filler";
  }
  void TearDown() override {
    world.stop();
    if (mounted_) umount(world.config.state_dir.c_str());
  }
  /// Takes all room that is left.
  void fill() {
    const int file = open(filler_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const Bytes block(16 * 1024);
    while (write(file, block.data(), block.size()) > 0) {
    }
    close(file);
  }
  std::string ready() {
    const auto reply = world.admin("/readyz");
    return std::to_string(reply.status) + " " + std::string(as_text(reply.body));
  }
  bool soon(const std::function<bool()>& holds) {
    for (int i = 0; i < 200; ++i) {
      if (holds()) return true;
      usleep(50'000);
    }
    return false;
  }

  World world;
  std::filesystem::path filler_;

 private:
  bool mounted_ = false;
};

TEST_F(Disk, I4_AFullDiskIsToldAndTheRelayServesAgainWhenThereIsRoom) {
  world.start();
  auto& amy = world.device("p-amy");
  const auto group = world.random.id<GroupId>();
  auto bot = std::make_unique<TestBot>(world);
  bot->create_group(group, {amy.id()});
  Peer peer(world);
  ASSERT_EQ(peer.login(amy).body_case(), Body::kLoggedIn);
  fill();
  std::vector<std::string> acknowledged;
  ErrorCode refused = ErrorCode::internal;
  for (int i = 0; i < 2'000 && refused == ErrorCode::internal; ++i) {
    const auto frame = submit_frame(world, group, world.random.id<MessageId>(), 1);
    const auto answer = peer.call(frame);
    if (answer.has_failure()) {
      refused = code_from_name(answer.failure().code());
    } else {
      acknowledged.push_back(frame.submit().message_id());
    }
    if (i % 100 == 99) usleep(600'000);  // within its allowance
  }
  EXPECT_EQ(refused, ErrorCode::storage_failed);
  EXPECT_TRUE(ready().starts_with("503 ")) << ready();
  usleep(1'500'000);
  EXPECT_TRUE(ready().starts_with("503 ")) << "nothing has changed: " << ready();

  std::filesystem::remove(filler_);
  ASSERT_TRUE(soon([&] { return ready().starts_with("200 "); })) << ready();
  EXPECT_EQ(peer.closed(), 1012);
  EXPECT_EQ(bot->peer().closed(), 1012);
  auto chains = bot->chains;
  bot = std::make_unique<TestBot>(world);
  bot->chains = chains;
  for (const auto& message : acknowledged) {
    const auto check = bot->next_check();
    ASSERT_EQ(check.submit().message_id(), message);
    ASSERT_EQ(bot->give(bot->release(check)).body_case(), Body::kDone);
  }
  Peer again(world);
  ASSERT_EQ(again.login(amy).body_case(), Body::kLoggedIn);
  EXPECT_EQ(again.call(submit_frame(world, group, world.random.id<MessageId>(), 1)).body_case(),
            Body::kSubmitted);
}

}  // namespace
}  // namespace candour::tests
