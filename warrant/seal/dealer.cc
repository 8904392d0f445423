#include "warrant/seal/dealer.h"

#include <algorithm>

#include "base/assert.h"
#include "warrant/seal/key_text.h"
#include "warrant/seal/seal.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-custodian-share/v1";
constexpr std::size_t kHeaderLines = 6;  // format, suite, threshold, count, index, public key

Error damaged(std::size_t line, const std::string& what) {
  return error(ErrorCode::state_damaged,
               "custodian share, line " + std::to_string(line) + ": " + what);
}

// The polynomial at `index`, by Horner's rule from the highest coefficient.
crypto::Scalar evaluate(const std::vector<crypto::Scalar>& coefficients, std::uint32_t index) {
  const crypto::Scalar x = crypto::Scalar::from_u64(index);
  crypto::Scalar value = coefficients.back().clone();
  for (std::size_t i = coefficients.size() - 1; i-- > 0;) {
    value = value.times(x).plus(coefficients[i]);
  }
  return value;
}

Result<std::uint32_t> read_number(std::string_view line, std::size_t number, std::string_view key) {
  const auto words = words_of(line);
  const auto value = words.size() == 2 ? small_number(words[1]) : std::nullopt;
  if (words[0] != key || !value) {
    return damaged(number, "must be '" + std::string(key) + " <number>'");
  }
  return *value;
}

Result<crypto::Point> read_point(std::string_view hex, std::size_t number) {
  const auto bytes = hex_decode(hex);
  const auto point = bytes ? crypto::Point::decode(*bytes) : std::nullopt;
  if (!point) return damaged(number, "not a canonical point in 64 hex digits");
  return *point;
}

// Sum of coefficient times verification key over the given indices; the key, when they fit.
std::optional<crypto::Point> interpolate(const std::vector<crypto::Point>& keys,
                                         std::span<const std::uint32_t> indices) {
  std::optional<crypto::Point> sum;
  for (const std::uint32_t index : indices) {
    const auto term = keys[index - 1].times(lagrange_at_zero(indices, index));
    if (!term) return std::nullopt;
    sum = sum ? sum->plus(*term) : term;
    if (!sum) return std::nullopt;
  }
  return sum;
}

// The first threshold - 1 keys and the public key fix the polynomial; every further key must lie
// on it.
bool on_one_polynomial(const EscrowShare& share) {
  std::vector<std::uint32_t> indices(share.threshold);
  for (std::uint32_t i = 0; i < share.threshold; ++i) indices[i] = i + 1;
  for (std::uint32_t last = share.threshold; last <= share.count; ++last) {
    indices.back() = last;
    const auto key = interpolate(share.verification_keys, indices);
    if (!key || !(*key == share.public_key)) return false;
  }
  return true;
}

struct Header {
  std::uint32_t threshold = 0;
  std::uint32_t count = 0;
  std::uint32_t index = 0;
};

Result<Header> read_header(const std::vector<std::string_view>& lines) {
  if (lines[0] != kFormat) return damaged(1, "must be '" + std::string(kFormat) + "'");
  if (lines.size() < kHeaderLines) return damaged(lines.size(), "the file is cut off");
  CANDOUR_TRY(auto suite, read_number(lines[1], 2, "suite"));
  if (suite != kSealSuite) return damaged(2, "this program knows suite 1");
  Header header;
  CANDOUR_TRY(header.threshold, read_number(lines[2], 3, "threshold"));
  CANDOUR_TRY(header.count, read_number(lines[3], 4, "count"));
  CANDOUR_TRY(header.index, read_number(lines[4], 5, "index"));
  if (header.threshold < 2 || header.threshold > header.count || header.count > kCustodiansMax) {
    return damaged(3, "threshold and count do not fit");
  }
  if (header.index < 1 || header.index > header.count) return damaged(5, "no such index");
  return header;
}

}  // namespace

crypto::Scalar lagrange_at_zero(std::span<const std::uint32_t> indices, std::uint32_t index) {
  CANDOUR_ASSERT(std::count(indices.begin(), indices.end(), index) == 1);
  crypto::Scalar numerator = crypto::Scalar::from_u64(1);
  crypto::Scalar denominator = crypto::Scalar::from_u64(1);
  const crypto::Scalar mine = crypto::Scalar::from_u64(index);
  for (const std::uint32_t other : indices) {
    CANDOUR_ASSERT(other != 0);
    if (other == index) continue;
    const crypto::Scalar theirs = crypto::Scalar::from_u64(other);
    numerator = numerator.times(theirs);
    denominator = denominator.times(theirs.minus(mine));
  }
  return numerator.times(denominator.inverse());
}

Result<DealtKey> deal(bool example, std::uint32_t threshold, const std::string& group,
                      std::span<const std::string> key_names, Random& random) {
  if (!example) {
    return error(ErrorCode::not_permitted,
                 "a dealer knows the whole key and serves example organisations only; in a real "
                 "one the custodians generate their key together");
  }
  if (threshold < 2 || threshold > key_names.size() || key_names.size() > kCustodiansMax) {
    return error(ErrorCode::input_invalid,
                 "custodians must be k of n with 2 <= k <= n <= " + std::to_string(kCustodiansMax));
  }
  const auto count = static_cast<std::uint32_t>(key_names.size());
  std::vector<crypto::Scalar> coefficients;
  for (std::uint32_t i = 0; i < threshold; ++i) {
    coefficients.push_back(crypto::Scalar::random(random));
  }
  const auto public_key = coefficients[0].times_base();
  CANDOUR_ASSERT(public_key.has_value());
  std::vector<crypto::Scalar> values;
  std::vector<crypto::Point> verification_keys;
  for (std::uint32_t index = 1; index <= count; ++index) {
    values.push_back(evaluate(coefficients, index));
    const auto key = values.back().times_base();
    CANDOUR_ASSERT(key.has_value());  // a zero share has probability 2^-252
    verification_keys.push_back(*key);
  }
  DealtKey dealt;
  dealt.custodians = {group, threshold, count, kSealSuite, to_bytes(public_key->encoded()), {}};
  for (std::uint32_t index = 1; index <= count; ++index) {
    dealt.custodians.members.push_back(
        {index, key_names[index - 1], to_bytes(verification_keys[index - 1].encoded())});
    dealt.shares.push_back(
        {threshold, count, index, *public_key, verification_keys, std::move(values[index - 1])});
  }
  return dealt;
}

SecretBytes EscrowShare::print() const {
  SecretBytes::Buffer out;
  append_text(out, kFormat);
  append_text(out, "\nsuite " + std::to_string(kSealSuite));
  append_text(out, "\nthreshold " + std::to_string(threshold));
  append_text(out, "\ncount " + std::to_string(count));
  append_text(out, "\nindex " + std::to_string(index));
  append_text(out, "\npublic-key " + hex_encode(public_key.encoded()) + "\n");
  for (std::size_t i = 0; i < verification_keys.size(); ++i) {
    append_text(out, "verification-key " + std::to_string(i + 1) + " " +
                         hex_encode(verification_keys[i].encoded()) + "\n");
  }
  append_text(out, "share ");
  append_hex(out, value.encoded());
  append_text(out, "\n");
  return SecretBytes(std::move(out));
}

Result<EscrowShare> EscrowShare::parse(ByteView text) {
  const auto lines = lines_of(as_text(text));
  if (!lines) return damaged(1, "the file is empty or its last line does not end");
  CANDOUR_TRY(auto header, read_header(*lines));
  const std::size_t share_line = kHeaderLines + header.count;
  if (lines->size() != share_line + 1) {
    return damaged(lines->size(), "the file must have " + std::to_string(share_line + 1) +
                                      " lines for this count");
  }
  auto words = words_of((*lines)[5]);
  if (words.size() != 2 || words[0] != "public-key")
    return damaged(6, "must be 'public-key <hex>'");
  CANDOUR_TRY(auto public_key, read_point(words[1], 6));
  std::vector<crypto::Point> keys;
  for (std::size_t i = 1; i <= header.count; ++i) {
    const std::size_t number = kHeaderLines + i;
    words = words_of((*lines)[number - 1]);
    if (words.size() != 3 || words[0] != "verification-key" || small_number(words[1]) != i) {
      return damaged(number, "must be 'verification-key " + std::to_string(i) + " <hex>'");
    }
    CANDOUR_TRY(auto key, read_point(words[2], number));
    keys.push_back(key);
  }
  words = words_of((*lines)[share_line]);
  const auto secret =
      words.size() == 2 && words[0] == "share" ? secret_from_hex(words[1]) : std::nullopt;
  auto value = secret ? crypto::Scalar::decode(secret->view()) : std::nullopt;
  if (!value) return damaged(share_line + 1, "must be 'share <64 hex>', a canonical scalar");
  EscrowShare share{header.threshold, header.count,    header.index,
                    public_key,       std::move(keys), std::move(*value)};
  const auto mine = share.value.times_base();
  if (!mine || !(*mine == share.verification_keys[share.index - 1])) {
    return damaged(share_line + 1, "the share does not fit its verification key");
  }
  if (!on_one_polynomial(share)) {
    return damaged(kHeaderLines + 1, "the verification keys do not belong to the public key");
  }
  return share;
}

}  // namespace candour::warrant
