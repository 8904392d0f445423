#include "warrant/open/hash_to_scalar.h"

#include <algorithm>

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::warrant {
namespace {

constexpr std::size_t kHashSize = 64;
constexpr std::size_t kBlockSize = 128;
constexpr std::size_t kDomainSizeMax = 255;
constexpr std::string_view kOversizeDomain = "H2C-OVERSIZE-DST-";

// DST_prime: the domain and its length in one byte.
Bytes domain_prime(ByteView domain) {
  Writer out;
  if (domain.size() > kDomainSizeMax) {
    out.raw(crypto::sha512({as_bytes(kOversizeDomain), domain}).view());
  } else {
    out.raw(domain);
  }
  out.u8(static_cast<std::uint8_t>(out.size()));
  return out.take();
}

}  // namespace

Bytes expand_message_xmd(std::initializer_list<ByteView> message, ByteView domain,
                         std::size_t size) {
  const std::size_t rounds = (size + kHashSize - 1) / kHashSize;
  CANDOUR_ASSERT(rounds <= 255);
  const Bytes dst = domain_prime(domain);
  Writer first;
  first.buffer().resize(kBlockSize);  // Z_pad
  for (const ByteView part : message) first.raw(part);
  first.u16(static_cast<std::uint16_t>(size));
  first.u8(0);
  first.raw(dst);
  const crypto::Sha512Digest b0 = crypto::sha512({first.view()});

  Bytes out;
  out.reserve(rounds * kHashSize);
  crypto::Sha512Digest previous;
  for (std::size_t i = 1; i <= rounds; ++i) {
    // `previous` is zero in the first round, so that b_1 is of b_0 alone.
    for (std::size_t at = 0; at < kHashSize; ++at) {
      previous.mutable_view()[at] ^= b0.view()[at];
    }
    const auto counter = static_cast<std::uint8_t>(i);
    previous = crypto::sha512({previous.view(), ByteView(&counter, 1), dst});
    out.insert(out.end(), previous.view().begin(), previous.view().end());
  }
  out.resize(size);
  return out;
}

crypto::Scalar hash_to_scalar(std::initializer_list<ByteView> message, ByteView domain) {
  return crypto::Scalar::reduce(expand_message_xmd(message, domain, kHashSize));
}

}  // namespace candour::warrant
