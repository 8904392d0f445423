// Goal: key files are read in one way by everybody, and a bad one is named. Method: files as they
// come, with other line ends, of wrong length, and readable by others.
#include "identity/key_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "base/random.h"

namespace candour::identity {
namespace {

namespace fs = std::filesystem;

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() {
    folder_ = fs::temp_directory_path() / ("candour-key-file-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  ~KeyFile() override { fs::remove_all(folder_); }
  fs::path put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    fs::permissions(folder_ / name, fs::perms::owner_read | fs::perms::owner_write);
    return folder_ / name;
  }
  fs::path folder_;
};

TEST_F(KeyFile, WrittenKeyIsReadBackAndNotReplaced) {
  const auto seed = system_random().secret<32>();
  ASSERT_TRUE(write_key_file(folder_ / "a.key", seed.view()));
  EXPECT_EQ(load_signing_key(folder_ / "a.key").value().public_key(),
            crypto::SigningKey::from_seed(seed).public_key());
  EXPECT_EQ(fs::status(folder_ / "a.key").permissions() & fs::perms::all,
            fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(write_key_file(folder_ / "a.key", seed.view()).error().code, ErrorCode::already_exists);
}

TEST_F(KeyFile, LineEndsAndCaseDoNotMatter) {
  const std::string hex = std::string(32, 'a') + std::string(32, 'B');
  EXPECT_TRUE(read_key_file(put("bare.key", hex)));
  EXPECT_TRUE(read_key_file(put("unix.key", hex + "\n")));
  EXPECT_TRUE(read_key_file(put("other.key", hex + " \r\n")));
}

TEST_F(KeyFile, I12BadFilesAreNamed) {
  EXPECT_EQ(read_key_file(folder_ / "none.key").error().code, ErrorCode::not_found);
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(65, 'a'),
                                  std::string(63, 'a') + "g", " " + std::string(64, 'a')}) {
    const auto bad = read_key_file(put("bad.key", text));
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, ErrorCode::state_damaged);
    EXPECT_NE(bad.error().message.find("bad.key"), std::string::npos);
  }
  const fs::path open = put("open.key", std::string(64, 'a'));
  fs::permissions(open, fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(read_key_file(open).error().code, ErrorCode::state_damaged);
  const auto no_key = load_vkey(put("bad.vkey", "no key\n"));
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().code, ErrorCode::input_invalid);
  EXPECT_NE(no_key.error().message.find("bad.vkey"), std::string::npos);
}

}  // namespace
}  // namespace candour::identity
