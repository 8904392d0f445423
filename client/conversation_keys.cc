// Key packages: a stock at the relay, each for one use, and one of last resort for when the stock
// is used up (RFC 9420 section 16.8). The one of last resort is replaced at the login after it was
// handed out; the one before it is kept as long, because a Welcome to it may be under way.
#include <algorithm>

#include "client/conversation.h"
#include "client/error_kinds.h"
#include "mls/key_package_bundle.h"

namespace candour::client {
namespace {

constexpr std::uint64_t kKeyPackageLifetimeMs = 180ull * 24 * 3600 * 1000;
constexpr std::uint64_t kRefillRetryMs = 1'000;
constexpr std::size_t kLastResortsKept = 2;

std::uint64_t monotonic_ms() { return monotonic_clock().now().value; }

}  // namespace

Status Client::make_key_packages(std::size_t count, bool last_resort, v1::PutKeyPackages& put) {
  CANDOUR_TRY(const identity::Certificate* own, trust_->device(store_.keys().device));
  const std::uint64_t now = clock_.now().value;
  const mls::Lifetime lifetime{TimeMs(now - limits::kClockSkewMs),
                               TimeMs(std::min(own->not_after.value, now + kKeyPackageLifetimeMs))};
  for (std::size_t i = 0; i < count; ++i) {
    CANDOUR_TRY(auto bundle,
                mls::make_key_package(store_.keys().signing, store_.keys().device.view(), lifetime,
                                      random_, mls::CipherSuite::chacha20_poly1305, last_resort));
    if (last_resort) {
      put.set_last_resort(wire_bytes(bundle.key_package));
    } else {
      put.add_key_packages(wire_bytes(bundle.key_package));
    }
    KeyPackageRecord record;
    record.key_package = std::move(bundle.key_package);
    record.private_part = std::move(bundle.private_part);
    record.made = TimeMs(now);
    record.last_resort = last_resort;
    CANDOUR_TRY(store_.put_key_package(bundle.reference, record));
  }
  return ok();
}

Status Client::refill_key_packages() {
  const bool few = key_packages_held_ < limits::kKeyPackagesPerDeviceGoal / 2;
  if ((!few && !last_resort_due_) || refill_at_.value > monotonic_ms()) return ok();
  // More at the relay than here: this device lost its state, and what it cannot open must go.
  CANDOUR_TRY(const std::size_t kept, store_.key_package_count());
  const bool replace = kept < key_packages_held_;
  if (replace) key_packages_held_ = 0;
  v1::ClientFrame frame;
  v1::PutKeyPackages& put = *frame.mutable_put_key_packages();
  put.set_replace(replace);
  const std::size_t count =
      few || replace ? limits::kKeyPackagesPerDeviceGoal - key_packages_held_ : std::size_t{0};
  const bool last_resort = last_resort_due_ || replace;
  // The private parts are durable before anyone can use the public ones.
  CANDOUR_TRY(keep([&]() -> Status {
    CANDOUR_TRY(make_key_packages(count, false, put));
    if (!last_resort) return ok();
    CANDOUR_TRY(auto old, store_.last_resort_key_packages());
    for (std::size_t i = 0; i + kLastResortsKept <= old.size(); ++i) {
      CANDOUR_TRY(store_.erase_key_package(old[i]));
    }
    return make_key_packages(1, true, put);
  }));
  const auto put_there = connection_->request(std::move(frame));
  if (!put_there && put_there.error().code == ErrorCode::rate_limited) {
    const std::uint64_t wait = std::max(connection_->retry_after_ms(), kRefillRetryMs);
    refill_at_ = TimeMs(monotonic_ms() + with_jitter(wait));
    return ok();
  }
  CANDOUR_TRY(Status(put_there ? Status(ok()) : Status(put_there.error())));
  key_packages_held_ += count;
  if (last_resort) last_resort_due_ = false;
  return ok();
}

}  // namespace candour::client
