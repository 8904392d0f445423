// What was sent and what arrived: every payload carries run, stream, number and time, and every
// delivery is matched to its submit by stream, number and member, so that losses and duplicates are
// counted and not assumed. One stream is the messages of one group.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace candour::bench {

std::uint64_t now_ns();

/// Logarithmic, 64 steps to each doubling: values within 1.6 %.
class Histogram {
 public:
  void add(std::uint64_t value);
  /// 0 when nothing was added.
  double quantile(double share) const;

 private:
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(64 * 64);
  std::uint64_t total_ = 0;
};

class Ledger {
 public:
  Ledger(std::uint32_t run, std::uint32_t streams, std::uint32_t members, std::size_t size)
      : run_(run), members_(members), size_(size), streams_(streams) {}

  /// The payload of the next message of a stream.
  Bytes submit(std::uint32_t stream, std::uint64_t time_ns);
  /// A delivery to the member with this number; true when it was the last one missing.
  /// `payload` may have anything behind it.
  bool delivered(ByteView payload, std::uint32_t member, std::uint64_t now);
  void measure(bool on) { measuring_ = on; }

  std::uint32_t in_flight(std::uint32_t stream) const { return streams_[stream].in_flight; }
  std::uint32_t next(std::uint32_t stream) const {
    return static_cast<std::uint32_t>(streams_[stream].got.size());
  }
  std::uint64_t missing() const { return submitted * members_ - deliveries; }

  std::uint64_t submitted = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t foreign = 0;  // of another run, or never submitted
  std::uint64_t measured = 0;
  std::uint64_t completed = 0;
  Histogram latency;

 private:
  struct Stream {
    std::vector<std::uint64_t> got;  // for each message, one bit for each member
    std::uint32_t in_flight = 0;
  };
  std::uint32_t run_;
  std::uint32_t members_;
  std::size_t size_;
  std::vector<Stream> streams_;
  bool measuring_ = false;
};

/// CPU seconds of all threads of some processes, and their memory.
struct Usage {
  double cpu_s = 0;
  std::uint64_t resident_kib = 0;
};
Usage usage_of(const std::vector<int>& processes);
double own_cpu_s();

}  // namespace candour::bench
