#include "warrant/open/dealer.h"

#include "base/assert.h"
#include "warrant/open/polynomial.h"

namespace candour::warrant {

Result<DealtKey> deal(bool example, std::uint32_t threshold, const std::string& group,
                      const std::vector<std::string>& key_names, Random& random) {
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
  const Polynomial polynomial = random_polynomial(threshold - 1, random);
  ShareHeader header{group, threshold, count, 1, *polynomial[0].times_base(), {}};
  DealtKey dealt;
  for (std::uint32_t index = 1; index <= count; ++index) {
    const auto key = evaluate(polynomial, index).times_base();
    CANDOUR_ASSERT(key.has_value());  // a zero share has probability 2^-252
    header.verification_keys.push_back(*key);
  }
  for (header.index = 1; header.index <= count; ++header.index) {
    dealt.shares.push_back({header, evaluate(polynomial, header.index)});
  }
  header.index = 1;
  dealt.custodians = custodian_group(header, key_names);
  return dealt;
}

}  // namespace candour::warrant
