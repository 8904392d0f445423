// What the tests of the message formats share: repeatable keys and ids, and two checks that every
// parser must pass.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace candour::messages::testing_only {

template <class IdType>
IdType filled(std::uint8_t byte) {
  IdType id;
  std::fill(id.mutable_view().begin(), id.mutable_view().end(), byte);
  return id;
}

inline crypto::SigningKey signing_key(std::uint8_t byte) {
  crypto::SigningSeed seed;
  std::fill(seed.mutable_view().begin(), seed.mutable_view().end(), byte);
  return crypto::SigningKey::from_seed(seed);
}

inline crypto::SealingKey sealing_key(std::uint8_t byte) {
  return crypto::SealingKey::derive(Bytes(32, byte));
}

inline DeviceId device_of(const crypto::SigningKey& key) {
  return *DeviceId::from(crypto::sha256(key.public_key().view()).view());
}

inline SecretText text_of(std::string_view text) { return SecretText::copy_of(text); }

/// `parses` must refuse every proper beginning of `good`, and `good` with a byte more.
inline void expect_exact(ByteView good, const std::function<bool(ByteView)>& parses) {
  EXPECT_TRUE(parses(good));
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_FALSE(parses(good.first(n))) << "cut to " << n << " of " << good.size();
  }
  Bytes longer = to_bytes(good);
  longer.push_back(0);
  EXPECT_FALSE(parses(longer)) << "one byte too many";
}

/// `accepts` must refuse `good` with any one byte changed.
inline void expect_unchangeable(ByteView good, const std::function<bool(ByteView)>& accepts) {
  EXPECT_TRUE(accepts(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = to_bytes(good);
    bad[i] ^= 0x01;
    EXPECT_FALSE(accepts(bad)) << "byte " << i << " changed";
  }
}

}  // namespace candour::messages::testing_only
