// A store of ours under test: does known transactions one after another, and can say what it holds
// in a form that differs after each of them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace candour::testing {

class Subject {
 public:
  virtual ~Subject() = default;
  virtual Status open(const std::filesystem::path& folder) = 0;
  virtual void close() = 0;
  /// The n-th transaction, from 1. Durable when it returns ok.
  virtual Status step(std::uint64_t n) = 0;
  /// Everything it holds, read back and checked. Fails when something cannot be read.
  virtual Result<std::string> state() = 0;
};

using MakeSubject = std::function<std::unique_ptr<Subject>()>;

std::unique_ptr<Subject> make_relay_subject();
std::unique_ptr<Subject> make_bot_subject();

/// What an undisturbed run holds after each step, the empty store first.
std::vector<std::string> expected_states(const MakeSubject& make, std::uint64_t steps);

}  // namespace candour::testing
