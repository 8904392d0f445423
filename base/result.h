// `Result<T>`: a value or the reason there is none. Expected failures travel this way, never as
// exceptions. `CANDOUR_TRY(auto x, f());` unwraps or returns the error to the caller.
#pragma once

#include <boost/outcome/basic_result.hpp>
#include <boost/outcome/try.hpp>

#include "base/error.h"

namespace candour {

/// Reading the value of a failed result ends the process (it is a bug, not an expected failure).
template <class T, class E = Error>
using Result = boost::outcome_v2::basic_result<T, E, boost::outcome_v2::policy::terminate>;

using Status = Result<void>;

inline auto ok() { return boost::outcome_v2::success(); }

#define CANDOUR_TRY(...) BOOST_OUTCOME_TRY(__VA_ARGS__)

}  // namespace candour
