// The table log_bench prints: figures with their goals, beside floors measured in the same run.
#pragma once

#include <time.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace candour::bench {

inline double now_s() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Of this thread alone: other work on the machine does not count.
inline double cpu_s() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Three digits that matter.
inline std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value < 10 ? "%.3f" : value < 100 ? "%.1f" : "%.0f", value);
  return text;
}

class Rows {
 public:
  /// What is measured for others to be held against, or for itself.
  void figure(std::string name, double value, std::string unit, std::string floor = "") {
    rows_.push_back({std::move(name), value, std::move(unit), std::nullopt, {}, std::move(floor)});
  }
  void at_most(double goal, std::string name, double value, std::string unit,
               std::string floor = "") {
    rows_.push_back(
        {std::move(name), value, std::move(unit), value <= goal, "<= " + text(goal), floor});
  }
  void at_least(double goal, std::string name, double value, std::string unit,
                std::string floor = "") {
    rows_.push_back(
        {std::move(name), value, std::move(unit), value >= goal, ">= " + text(goal), floor});
  }

  void print() const {
    std::printf(
        "| figure | value | unit | goal | met | of this run |\n|---|---|---|---|---|---|\n");
    for (const Row& row : rows_) {
      std::printf("| %s | %s | %s | %s | %s | %s |\n", row.name.c_str(), number(row.value).c_str(),
                  row.unit.c_str(), row.goal.c_str(), met(row), row.floor.c_str());
    }
  }
  void write_json(const char* file) const {
    std::ofstream out(file);
    out << "[";
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Row& row = rows_[i];
      out << (i == 0 ? "" : ",") << "{\"figure\":\"" << row.name << "\",\"value\":" << row.value
          << ",\"unit\":\"" << row.unit << "\",\"goal\":\"" << row.goal << "\",\"met\":"
          << (!row.met   ? "null"
              : *row.met ? "true"
                         : "false")
          << ",\"floor\":\"" << row.floor << "\"}";
    }
    out << "]\n";
  }

 private:
  struct Row {
    std::string name;
    double value;
    std::string unit;
    std::optional<bool> met;
    std::string goal;
    std::string floor;
  };
  static std::string text(double goal) {
    char out[32];
    std::snprintf(out, sizeof out, "%g", goal);
    return out;
  }
  static const char* met(const Row& row) { return !row.met ? "" : *row.met ? "yes" : "no"; }

  std::vector<Row> rows_;
};

/// Sealing, custodians and the investigator (log_bench_warrant.cc).
void measure_warrants(Rows& rows, std::size_t records);

}  // namespace candour::bench
