// Runs the built candourctl as a process, as scripts do.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern char** environ;

namespace candour::tests {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;
  std::string out;
  std::string err;

  boost::json::object json() const { return boost::json::parse(out).as_object(); }
  /// The code of the JSON failure line.
  std::string error() const {
    const auto line = boost::json::parse(err).as_object();
    EXPECT_TRUE(line.contains("message") && line.contains("detail")) << err;
    return std::string(line.at("error").as_string());
  }
};

inline std::string text_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file, std::ios::binary).rdbuf();
  return out.str();
}

inline void write_text(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// A folder of its own for each test, removed at the end.
class CtlTest : public testing::Test {
 protected:
  CtlTest() {
    std::string name = (fs::temp_directory_path() / "candour-ctl-XXXXXX").string();
    dir_ = mkdtemp(name.data());
  }
  ~CtlTest() override { fs::remove_all(dir_); }

  fs::path path(const std::string& name) const { return dir_ / name; }

  /// Runs candourctl with these arguments (and --json) in the test's folder.
  Outcome ctl(std::vector<std::string> arguments, bool json = true) const {
    arguments.insert(arguments.begin(), CANDOURCTL);
    if (json) arguments.push_back("--json");
    const fs::path out = dir_ / ".out";
    const fs::path err = dir_ / ".err";
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&actions, 2, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, dir_.c_str());
    pid_t process = 0;
    EXPECT_EQ(posix_spawn(&process, CANDOURCTL, &actions, nullptr, argv.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    waitpid(process, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(out), text_of(err)};
  }

  /// As ctl for steps that must work.
  Outcome good(std::vector<std::string> arguments) const {
    Outcome outcome = ctl(arguments);
    EXPECT_EQ(outcome.status, 0) << arguments[0] << ": " << outcome.err;
    return outcome;
  }

  /// root/, keys/ and statement.note of an example organisation with two registrars, an author and
  /// an approver of policy; and `more` roles, each the beginning of a --role and the name of its
  /// key.
  void make_organisation(const std::vector<std::pair<std::string, std::string>>& more = {}) const {
    std::vector<std::pair<std::string, std::string>> roles = {{"registrar:p-1:", "r1"},
                                                              {"registrar:p-2:", "r2"},
                                                              {"policy-author:p-3:", "author"},
                                                              {"policy-approver:p-4:", "approver"}};
    roles.insert(roles.end(), more.begin(), more.end());
    good({"org", "init", "--dir", "root", "--id", "ex", "--name", "Example", "--example"});
    std::vector<std::string> statement = {
        "org",       "statement",      "--dir",    "root",
        "--out",     "statement.note", "--log",    "keys/log.vkey",
        "--witness", "keys/w.vkey",    "--quorum", "1",
        "--client",  "candour/0.1.0",  "--bot",    std::string(64, 'a')};
    for (const auto& [role, key] : roles) {
      good({"key", "new", "--name", "ex/" + key, "--file", key, "--dir", "keys"});
      statement.insert(statement.end(), {"--role", role + "keys/" + key + ".vkey"});
    }
    good({"key", "new", "--name", "log.example", "--file", "log", "--dir", "keys"});
    good({"key", "new", "--name", "w.example", "--file", "w", "--dir", "keys", "--cosignature"});
    good(statement);
  }

 private:
  fs::path dir_;
};

}  // namespace candour::tests
