// Goal: small files are read whole or not at all, secret ones only when nobody else can read them,
// and replaced without a moment of neither. Method: real files in a folder of the test.
#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private_folder.h"

namespace candour {
namespace {

class Files : public testing::Test {
 protected:
  Files() {
    folder_ = std::filesystem::temp_directory_path() /
              ("candour-files-" + std::to_string(getpid()) + "-" +
               testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder_);
  }
  ~Files() override { std::filesystem::remove_all(folder_); }

  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat info {};
    EXPECT_EQ(stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  std::filesystem::path folder_;
};

TEST_F(Files, ComeBackAndAreReplaced) {
  const auto path = folder_ / "note";
  ASSERT_TRUE(write_file(path, as_bytes("one")).has_value());
  ASSERT_TRUE(write_file(path, as_bytes("second")).has_value());
  EXPECT_EQ(read_file(path, 100).value(), to_bytes("second"));
  EXPECT_EQ(mode_of(path) & 0077, 0044u);
  int left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    left += entry.path() != path ? 1 : 0;
  }
  EXPECT_EQ(left, 0) << "a temporary file is left";
}

TEST_F(Files, I12AbsentTooLargeAndNotAFile) {
  EXPECT_EQ(read_file(folder_ / "none", 100).error().code, ErrorCode::not_found);
  ASSERT_TRUE(write_file(folder_ / "ten", Bytes(10)).has_value());
  EXPECT_TRUE(read_file(folder_ / "ten", 10).has_value());
  EXPECT_EQ(read_file(folder_ / "ten", 9).error().code, ErrorCode::input_invalid);
  EXPECT_EQ(read_file(folder_, 100).error().code, ErrorCode::input_invalid);
  EXPECT_EQ(write_file(folder_ / "no" / "folder", Bytes(1)).error().code,
            ErrorCode::storage_failed);
  EXPECT_NE(read_file(folder_ / "none", 1).error().message.find("none"), std::string::npos);
}

TEST_F(Files, SecretFilesAreForTheirOwnerAlone) {
  const auto path = folder_ / "key";
  ASSERT_TRUE(write_secret_file(path, as_bytes("secret")).has_value());
  EXPECT_EQ(mode_of(path), 0600u);
  EXPECT_TRUE(same(read_secret_file(path, 100).value().view(), as_bytes("secret")));
  for (const unsigned mode : {0640u, 0604u, 0610u, 0602u}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const auto refused = read_secret_file(path, 100);
    ASSERT_FALSE(refused.has_value()) << mode;
    EXPECT_EQ(refused.error().code, ErrorCode::state_damaged);
  }
}

TEST_F(Files, SecretFilesAreNotOverwrittenUnlessAsked) {
  const auto path = folder_ / "key";
  ASSERT_TRUE(write_secret_file(path, as_bytes("one")).has_value());
  EXPECT_EQ(write_secret_file(path, as_bytes("two")).error().code, ErrorCode::already_exists);
  EXPECT_TRUE(same(read_secret_file(path, 10).value().view(), as_bytes("one")));
  ASSERT_TRUE(write_secret_file(path, as_bytes("two"), true).has_value());
  EXPECT_TRUE(same(read_secret_file(path, 10).value().view(), as_bytes("two")));
}

TEST_F(Files, PrivateFoldersAreTheirOwnersFromTheFirstMoment) {
  const mode_t before = umask(0);
  EXPECT_TRUE(make_private_folder(folder_ / "a" / "b").has_value());
  umask(before);
  EXPECT_EQ(mode_of(folder_ / "a" / "b"), 0700u);
  ASSERT_EQ(chmod((folder_ / "a" / "b").c_str(), 0755), 0);
  EXPECT_TRUE(make_private_folder(folder_ / "a" / "b").has_value());
  EXPECT_EQ(mode_of(folder_ / "a" / "b"), 0700u);

  ASSERT_TRUE(write_file(folder_ / "file", as_bytes("x")).has_value());
  const auto refused = make_private_folder(folder_ / "file");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::storage_failed);
}

}  // namespace
}  // namespace candour
