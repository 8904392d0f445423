// Goal: a verifier in another language that is not ours accepts our log and nothing else. Method: a
// relay logs some hundreds of messages, two witnesses cosign; what it serves as tiles over HTTPS,
// and what `candourctl log export` writes from its database, is given to Go's sumdb packages
// (log_verifier/main.go); then single bits are turned in every file.
#include <sys/wait.h>

#include <fstream>
#include <random>
#include <set>

#include "base/files.h"
#include "tests/relay/world.h"
#include "tlog/checkpoint.h"
#include "tlog/tile.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;

class Conformance : public RelayTest {
 protected:
  void SetUp() override {
    if (std::string(CANDOUR_LOG_VERIFIER).empty()) {
      GTEST_SKIP() << "Go and its sumdb packages are not installed (golang-go, "
                      "golang-golang-x-mod-dev).";
    }
    RelayTest::SetUp();
  }
  void release(int count) {
    for (int i = 0; i < count; ++i) {
      // Not faster than a device may.
      std::this_thread::sleep_for(std::chrono::milliseconds(6));
      ASSERT_EQ(a->call(submit()).body_case(), Body::kSubmitted);
      const auto verdict = bot->release(bot->next_check());
      ASSERT_EQ(bot->give(verdict).body_case(), Body::kDone);
      leaf_ = tlog::leaf_hash(as_bytes(verdict.verdict().log(0).entry()));
    }
  }
  /// Waits for a checkpoint with the newest leaf and lets both witnesses cosign it.
  v1::Proof cosigned() {
    v1::ClientFrame ask;
    ask.mutable_get_proof()->set_leaf_hash(wire::to_field(leaf_));
    for (int i = 0; i < 100; ++i) {
      const auto newest = world.get("/checkpoint");
      if (newest.status == 200) cosign(std::string(as_text(newest.body)));
      const auto answer = a->call(ask);
      if (answer.body_case() == Body::kProof) return answer.proof();
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "the leaf never came into a checkpoint";
    return {};
  }
  void cosign(const std::string& checkpoint) {
    const auto note = identity::SignedNote::parse(checkpoint).value();
    v1::ClientFrame frame;
    frame.mutable_cosignature()->set_size(tlog::Checkpoint::parse(note.text).value().size);
    for (const auto& [name, key] :
         {std::pair("witness.example/one", kWitness1), {"witness.example/two", kWitness2}}) {
      frame.mutable_cosignature()->set_line(identity::print_signature(
          tlog::make_cosignature(note, name, test_key(key), 1'800'000'000)));
      ASSERT_EQ(bot->peer().call(frame).body_case(), Body::kDone);
    }
  }
  static void write(const fs::path& file, ByteView bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << as_text(bytes);
  }
  static int run(const std::string& command) {
    const int status = std::system((command + " >/dev/null 2>&1").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// What the verifier in Go says about a folder.
  int verify(const fs::path& folder) const {
    std::string command = std::string(CANDOUR_LOG_VERIFIER) + " '" + folder.string() + "' '" +
                          world.statement.log.vkey() + "'";
    for (const auto& witness : world.statement.witnesses) command += " '" + witness.vkey() + "'";
    return run(command);
  }
  /// The files a monitor would fetch.
  void fetch(const v1::Proof& newest, const v1::Proof& older, const fs::path& folder) {
    write(folder / "checkpoint", as_bytes(newest.checkpoint()));
    write(folder / "older.checkpoint", as_bytes(older.checkpoint()));
    write(folder / "entry.hash",
          as_bytes(std::to_string(newest.leaf_index()) + " " + leaf_.hex() + "\n"));
    const auto note = identity::SignedNote::parse(newest.checkpoint()).value();
    for (const auto& tile : tlog::tiles_of(tlog::Checkpoint::parse(note.text).value().size)) {
      const auto reply = world.get(tile.path());
      ASSERT_EQ(reply.status, 200u) << tile.path();
      write(folder / tile.path().substr(1), reply.body);
    }
  }
  Digest leaf_;
};

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_F(Conformance, AVerifierInGoAcceptsOurLogAndNoBitChanged) {
  release(20);
  const auto older = cosigned();
  release(300);
  const auto newest = cosigned();
  const fs::path served = world.folder.path() / "served";
  fetch(newest, older, served);
  ASSERT_EQ(verify(served), 0);

  // Every file, and in it the first and last bit and some between.
  std::mt19937_64 random(20260131);
  int changes = 0;
  for (const fs::path& file : files_of(served)) {
    const Bytes good = read_file(file, 1 << 20).value();
    std::set<std::size_t> bits{0, 8 * good.size() - 1};
    while (bits.size() < 12) bits.insert(random() % (8 * good.size()));
    for (const std::size_t bit : bits) {
      Bytes bad = good;
      bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1u << (bit % 8)));
      write(file, bad);
      EXPECT_EQ(verify(served), 1) << file << ", bit " << bit;
      ++changes;
    }
    write(file, good);
  }
  EXPECT_GT(changes, 80);
  EXPECT_EQ(verify(served), 0) << "every change was taken back";

  // What is exported from the database is the same log.
  const fs::path exported = world.folder.path() / "exported";
  ASSERT_EQ(run(std::string(CANDOURCTL) + " log export --state '" +
                world.config.state_dir.string() + "' --out '" + exported.string() + "' --index 7"),
            0);
  EXPECT_EQ(verify(exported), 0);
  EXPECT_EQ(read_file(exported / "tile/0/000", 1 << 20).value(),
            read_file(served / "tile/0/000", 1 << 20).value());
}

}  // namespace
}  // namespace candour::tests
