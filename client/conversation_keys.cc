// Key packages: a stock at the relay, each for one use, and one of last resort for when the stock
// is used up (RFC 9420 section 16.8). The one of last resort is replaced at the login after it was
// handed out; the one before it is kept as long, because a Welcome to it may be under way.
//
// What is put is kept as a batch until the relay confirms it, and until then the same batch is put
// again: attempts that fail leave nothing behind and take nothing away.
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

Status Client::make_key_package(bool last_resort, KeyPackageBatch& batch) {
  CANDOUR_TRY(const identity::Certificate* own, trust_->device(store_.keys().device));
  const std::uint64_t now = clock_.now().value;
  const mls::Lifetime lifetime{TimeMs(now - limits::kClockSkewMs),
                               TimeMs(std::min(own->not_after.value, now + kKeyPackageLifetimeMs))};
  CANDOUR_TRY(auto bundle,
              mls::make_key_package(store_.keys().signing, store_.keys().device.view(), lifetime,
                                    random_, mls::CipherSuite::chacha20_poly1305, last_resort));
  if (last_resort) {
    batch.last_resort = bundle.reference;
  } else {
    batch.references.push_back(bundle.reference);
  }
  KeyPackageRecord record;
  record.key_package = std::move(bundle.key_package);
  record.private_part = std::move(bundle.private_part);
  record.made = TimeMs(now);
  record.last_resort = last_resort;
  return store_.put_key_package(bundle.reference, record);
}

// The private parts are durable before anyone can use the public ones.
Status Client::make_key_package_batch(bool few) {
  // More at the relay than here: this device lost its state, and what it cannot open must go.
  CANDOUR_TRY(const std::size_t kept, store_.key_package_count());
  KeyPackageBatch batch;
  batch.replace = kept < key_packages_held_;
  batch.held = key_packages_held_;
  std::size_t count = 0;
  if (batch.replace) {
    count = limits::kKeyPackagesPerDeviceGoal;
  } else if (few) {
    count = limits::kKeyPackagesPerDeviceGoal - key_packages_held_;
  }
  CANDOUR_TRY(keep([&]() -> Status {
    for (std::size_t i = 0; i < count; ++i) {
      CANDOUR_TRY(make_key_package(false, batch));
    }
    if (last_resort_due_ || batch.replace) {
      CANDOUR_TRY(make_key_package(true, batch));
    }
    return store_.put_key_package_batch(batch);
  }));
  unconfirmed_ = std::move(batch);
  return ok();
}

Status Client::settle_key_packages() {
  CANDOUR_TRY(unconfirmed_, store_.key_package_batch());
  // One that replaces may be put twice.
  if (!unconfirmed_ || unconfirmed_->replace) return ok();
  const bool more = key_packages_held_ > unconfirmed_->held;
  const bool fresh = unconfirmed_->last_resort && !last_resort_due_;
  return more || fresh ? confirm_key_packages() : Status(ok());
}

Status Client::confirm_key_packages() {
  CANDOUR_TRY(keep([&]() -> Status {
    if (unconfirmed_->last_resort) {
      CANDOUR_TRY(auto all, store_.last_resort_key_packages());
      for (std::size_t i = 0; i + kLastResortsKept < all.size(); ++i) {
        CANDOUR_TRY(store_.erase_key_package(all[i]));
      }
    }
    return store_.erase_key_package_batch();
  }));
  unconfirmed_.reset();
  return ok();
}

Status Client::refill_key_packages() {
  const bool few = key_packages_held_ < limits::kKeyPackagesPerDeviceGoal / 2;
  if ((!few && !last_resort_due_ && !unconfirmed_) || refill_at_.value > monotonic_ms()) {
    return ok();
  }
  if (!unconfirmed_) {
    CANDOUR_TRY(make_key_package_batch(few));
  }
  v1::ClientFrame frame;
  v1::PutKeyPackages& put = *frame.mutable_put_key_packages();
  put.set_replace(unconfirmed_->replace);
  for (const Digest& reference : unconfirmed_->references) {
    CANDOUR_TRY(const auto record, store_.key_package(reference));
    // Used up by a welcome, so the relay had it.
    if (!record) return confirm_key_packages();
    put.add_key_packages(wire_bytes(record->key_package));
  }
  if (unconfirmed_->last_resort) {
    CANDOUR_TRY(const auto record, store_.key_package(*unconfirmed_->last_resort));
    if (!record) return confirm_key_packages();
    put.set_last_resort(wire_bytes(record->key_package));
  }
  const auto put_there = connection_->request(std::move(frame));
  if (!put_there && put_there.error().code == ErrorCode::rate_limited) {
    const std::uint64_t wait = std::max(connection_->retry_after_ms(), kRefillRetryMs);
    refill_at_ = TimeMs(monotonic_ms() + with_jitter(wait));
    return ok();
  }
  CANDOUR_TRY(Status(put_there ? Status(ok()) : Status(put_there.error())));
  if (unconfirmed_->replace) key_packages_held_ = 0;
  key_packages_held_ += unconfirmed_->references.size();
  if (unconfirmed_->last_resort) last_resort_due_ = false;
  return confirm_key_packages();
}

}  // namespace candour::client
