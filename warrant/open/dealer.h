// A dealer makes the custodians' key in one place and hands out shares. It has seen the whole key,
// so it serves example organisations only.
#pragma once

#include "warrant/open/share.h"

namespace candour::warrant {

struct DealtKey {
  identity::CustodianGroup custodians;  // for the statement
  std::vector<EscrowShare> shares;
};

/// Makes a key that any `threshold` of the custodians of `group` can use; `key_names` are the role
/// keys of custodian 1 to n. not_permitted unless `example` (the organisation's statement says
/// "example yes"); input_invalid unless 2 <= threshold <= n <= kCustodiansMax.
Result<DealtKey> deal(bool example, std::uint32_t threshold, const std::string& group,
                      const std::vector<std::string>& key_names, Random& random);

}  // namespace candour::warrant
