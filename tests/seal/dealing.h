// A dealer for tests: makes the custodians' key in one place and hands out shares. The program has
// none; custodians generate their key together (warrant/open/dkg.h).
#pragma once

#include <gtest/gtest.h>

#include "warrant/open/polynomial.h"
#include "warrant/open/share.h"

namespace candour::warrant::testing_only {

struct DealtKey {
  identity::CustodianGroup custodians;  // for the statement
  std::vector<EscrowShare> shares;
};

/// A key that any `threshold` of the custodians with these role keys can use.
inline DealtKey deal(std::uint32_t threshold, const std::string& group,
                     const std::vector<std::string>& key_names, Random& random) {
  const auto count = static_cast<std::uint32_t>(key_names.size());
  const Polynomial polynomial = random_polynomial(threshold - 1, random);
  ShareHeader header{group, threshold, count, 1, *polynomial[0].times_base(), {}};
  DealtKey dealt;
  for (std::uint32_t index = 1; index <= count; ++index) {
    header.verification_keys.push_back(*evaluate(polynomial, index).times_base());
  }
  for (header.index = 1; header.index <= count; ++header.index) {
    dealt.shares.push_back({header, evaluate(polynomial, header.index)});
    EXPECT_TRUE(dealt.shares.back().check().has_value());
  }
  dealt.custodians = custodian_group(header, key_names);
  return dealt;
}

}  // namespace candour::warrant::testing_only
