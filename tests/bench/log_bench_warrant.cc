// What sealing and opening records costs: the bot's part of a message's way, a custodian's part of
// a release and the investigator's, with records as a chat message of 300 bytes makes them.
#include <cstdlib>
#include <functional>

#include "base/random.h"
#include "tests/bench/log_bench_rows.h"
#include "warrant/open/combine.h"
#include "warrant/open/polynomial.h"

namespace candour::bench {
namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::uint32_t kThreshold = 3;
constexpr std::uint32_t kCustodians = 5;
constexpr TimeMs kTime(1'772'000'000'000);  // in 2026

/// A benchmark of what does not work says nothing.
template <class T>
T good(Result<T> result) {
  if (result) return std::move(result.value());
  std::fprintf(stderr, "log_bench: %s\n", result.error().message.c_str());
  std::exit(1);
}
void good(const Status& status) {
  if (status) return;
  std::fprintf(stderr, "log_bench: %s\n", status.error().message.c_str());
  std::exit(1);
}

/// Microseconds for each of `count` runs.
double each_us(std::size_t count, const std::function<void(std::size_t)>& work) {
  const double start = cpu_s();
  for (std::size_t i = 0; i < count; ++i) work(i);
  return 1e6 * (cpu_s() - start) / static_cast<double>(count);
}

/// As the custodians' ceremony leaves them, but dealt in one place.
std::vector<warrant::EscrowShare> deal(Random& random) {
  const auto polynomial = warrant::random_polynomial(kThreshold - 1, random);
  warrant::ShareHeader header{"internal", kThreshold, kCustodians, 1, *polynomial[0].times_base(),
                              {}};
  for (std::uint32_t i = 1; i <= kCustodians; ++i) {
    header.verification_keys.push_back(*warrant::evaluate(polynomial, i).times_base());
  }
  std::vector<warrant::EscrowShare> shares;
  for (header.index = 1; header.index <= kCustodians; ++header.index) {
    shares.push_back({header, warrant::evaluate(polynomial, header.index)});
    good(shares.back().check());
  }
  return shares;
}

class Warrants {
 public:
  Warrants(Rows& rows, std::size_t records)
      : rows_(rows), count_(records), random_(system_random()), shares_(deal(random_)) {
    std::vector<std::string> names;
    for (std::uint32_t i = 1; i <= kCustodians; ++i) {
      names.push_back("custodian-" + std::to_string(i));
    }
    statement_.custodians.push_back(warrant::custodian_group(shares_[0], names));
    good(keys_.add_missing({"ordinary"}, {"2026"}, random_));
  }

  void sealing() {
    const Point key = good(warrant::escrow_key(statement_));
    warrant::SealingPool pool(key, count_);
    while (pool.precompute_one(random_)) {
    }
    sealed_.resize(count_);
    const auto seal_one = [&](std::size_t i) {
      sealed_[i] =
          good(warrant::seal_record(record(), "log.example.org", "ordinary", keys_, pool, random_));
    };
    const warrant::Record made = record();
    const double making = each_us(count_, [&](std::size_t) { (void)record(); });
    const double ready = each_us(count_, seal_one) - making;
    rows_.at_most(30, "sealing with precomputed parts", ready, "us",
                  "the record has " + std::to_string(made.encode().size()) + " bytes, sealed " +
                      std::to_string(sealed_[0].size()));
    const double without = each_us(count_ / 10, seal_one) - making;
    rows_.at_most(230, "sealing without", without, "us", "five multiplications more");
    for (const Bytes& one : sealed_) {
      records_.push_back(good(warrant::SealedRecord::decode(one)));
      us_.push_back(records_.back().u);
    }
  }

  void custodian() {
    const Scalar& share = shares_[0].value;
    const auto multiply = [&](std::size_t i) { (void)us_[i].times(share); };
    double one = each_us(count_, multiply);
    double start = cpu_s();
    parts_.push_back(good(warrant::decrypt_partially(shares_[0], us_, random_)));
    const double partial = 1e6 * (cpu_s() - start) / static_cast<double>(count_);
    const double proof =
        each_us(count_, [&](std::size_t i) { good(warrant::verify_sealed(records_[i])); });
    // Before and after, as the processor's pace changes.
    one = (one + each_us(count_, multiply)) / 2;
    rows_.figure("one ristretto255 multiplication", one, "us");
    const auto beside = number(one) + " us a multiplication";
    rows_.at_most(2.3, "custodian: partial decryption, batched proof", partial / one,
                  "multiplications", number(partial) + " us; " + beside);
    rows_.at_most(6, "custodian: with the ciphertext's own proof", (partial + proof) / one,
                  "multiplications", number(partial + proof) + " us; " + beside);
    for (std::uint32_t i = 1; i < kThreshold; ++i) {
      parts_.push_back(good(warrant::decrypt_partially(shares_[i], us_, random_)));
    }
  }

  void investigator() {
    std::vector<warrant::Contribution> contributions;
    for (std::uint32_t i = 0; i < kThreshold; ++i) {
      contributions.push_back({"internal", i + 1, &parts_[i]});
    }
    const Point key = good(warrant::escrow_key(statement_));
    const warrant::RetentionKey* retention = good(keys_.find("ordinary", kTime));
    double start = cpu_s();
    const auto combiner = good(warrant::Combiner::create(statement_, contributions, count_));
    for (std::size_t i = 0; i < count_; ++i) {
      const auto shared = good(combiner.shared(i));
      (void)good(warrant::open_record(
          records_[i], shared, warrant::retention_part(*retention, records_[i].label.record), key));
    }
    const double cheap = cpu_s() - start;
    const std::string of = "3 of 5, " + std::to_string(count_) + " records";
    rows_.at_most(0.3, "investigator: combine and open, key commitment checked",
                  1e3 * cheap / static_cast<double>(count_), "ms a record", of);
    start = cpu_s();
    for (const warrant::Contribution& one : contributions) {
      good(warrant::verify_contribution(statement_, us_, one));
    }
    for (const warrant::SealedRecord& one : records_) good(warrant::verify_sealed(one));
    const double thorough = cheap + cpu_s() - start;
    rows_.at_most(0.8, "investigator: with every proof",
                  1e3 * thorough / static_cast<double>(count_), "ms a record",
                  of + "; custodians' proofs and the records' own");
  }

 private:
  /// As the bot makes it of a message of 300 bytes.
  warrant::Record record() {
    constexpr std::size_t kEvidenceSize = 617;
    warrant::Record out;
    out.id = random_.id<RecordId>();
    out.bot_time = kTime;
    out.evidence.resize(kEvidenceSize);
    out.verdict = warrant::RecordVerdict::release;
    return out;
  }

  Rows& rows_;
  std::size_t count_;
  Random& random_;
  std::vector<warrant::EscrowShare> shares_;
  identity::Statement statement_;
  warrant::RetentionKeys keys_;
  std::vector<Bytes> sealed_;
  std::vector<warrant::SealedRecord> records_;
  std::vector<Point> us_;
  std::vector<warrant::PartialDecryptions> parts_;
};

}  // namespace

void measure_warrants(Rows& rows, std::size_t records) {
  Warrants warrants(rows, records);
  warrants.sealing();
  warrants.custodian();
  warrants.investigator();
}

}  // namespace candour::bench
