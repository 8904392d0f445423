// `release request`: from a logged warrant to the file that custodians and keeper judge. Every step
// leaves its result in the case folder, so that a second run goes on where the first one stopped.
#pragma once

#include "ctl/release/fetch.h"

namespace candour::ctl {

struct RequestOptions {
  RelayOptions relay;
  std::string case_dir;
  std::string like;                   // another case folder whose warrant this request is under
  std::vector<std::uint64_t> leaves;  // exactly these instead of the whole scope
  std::string purpose;
  bool renew = false;  // prove everything again in a fresh checkpoint
};

struct RequestMade {
  std::string package;  // the file
  std::uint64_t records = 0;
  std::uint64_t leaf_index = 0;  // of the request
  std::uint64_t checkpoint_size = 0;
  Digest request;
};

Result<RequestMade> make_request(const Context& context, const RequestOptions& options,
                                 const Progress& progress);

}  // namespace candour::ctl
