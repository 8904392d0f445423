#include "tests/bench/relay_load_ledger.h"

#include <sys/resource.h>
#include <time.h>

#include <bit>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

namespace candour::bench {

namespace {

struct Head {
  char mark[8];
  std::uint32_t run;
  std::uint32_t stream;
  std::uint32_t number;
  std::uint32_t unused;
  std::uint64_t time_ns;
};
constexpr char kMark[8] = {'c', 'n', 'd', 'r', '-', 'r', 'u', 'n'};

}  // namespace

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void Histogram::add(std::uint64_t value) {
  const int doublings = value < 64 ? 0 : std::bit_width(value) - 6;
  const std::size_t place =
      doublings == 0 ? static_cast<std::size_t>(value)
                     : static_cast<std::size_t>(doublings) * 64 + ((value >> doublings) & 63);
  ++counts_[place];
  ++total_;
}

double Histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen > wanted) {
      return i < 64 ? static_cast<double>(i)
                    : static_cast<double>(i % 64) * static_cast<double>(1ull << (i / 64));
    }
  }
  return 0;
}

Bytes Ledger::submit(std::uint32_t stream, std::uint64_t time_ns) {
  Stream& of = streams_[stream];
  Head head{};
  std::memcpy(head.mark, kMark, sizeof kMark);
  head.run = run_;
  head.stream = stream;
  head.number = static_cast<std::uint32_t>(of.got.size());
  head.time_ns = time_ns;
  of.got.push_back(0);
  ++of.in_flight;
  ++submitted;
  Bytes out(size_, 0xA5);
  std::memcpy(out.data(), &head, sizeof head);
  return out;
}

bool Ledger::delivered(ByteView payload, std::uint32_t member, std::uint64_t now) {
  Head head{};
  if (payload.size() >= sizeof head) std::memcpy(&head, payload.data(), sizeof head);
  if (std::memcmp(head.mark, kMark, sizeof kMark) != 0 || head.run != run_ ||
      head.stream >= streams_.size() || head.number >= streams_[head.stream].got.size()) {
    ++foreign;
    return false;
  }
  Stream& stream = streams_[head.stream];
  std::uint64_t& got = stream.got[head.number];
  const std::uint64_t bit = 1ull << member;
  if ((got & bit) != 0) {
    ++duplicates;
    return false;
  }
  got |= bit;
  ++deliveries;
  if (measuring_) {
    ++measured;
    latency.add((now > head.time_ns ? now - head.time_ns : 0) / 1'000);
  }
  if (std::popcount(got) != static_cast<int>(members_)) return false;
  --stream.in_flight;
  ++completed;
  return true;
}

Usage usage_of(const std::vector<int>& processes) {
  Usage out;
  for (const int process : processes) {
    const std::filesystem::path folder = "/proc/" + std::to_string(process);
    std::error_code gone;
    for (const auto& thread : std::filesystem::directory_iterator(folder / "task", gone)) {
      std::uint64_t on_cpu_ns = 0;
      std::ifstream(thread.path() / "schedstat") >> on_cpu_ns;
      out.cpu_s += static_cast<double>(on_cpu_ns) / 1e9;
    }
    std::ifstream status(folder / "status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) out.resident_kib += std::stoull(line.substr(6));
    }
  }
  return out;
}

double own_cpu_s() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

}  // namespace candour::bench
