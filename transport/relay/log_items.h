// What a mirror copies: leaves with their openings, sealed records and directory objects, for role
// keys that keep or audit. What an opening leaf commits to is not told (docs/log-format.md).
// IoThread only.
#pragma once

#include "transport/relay/context.h"

namespace candour::relay {

/// not_permitted unless the session is a role key of a keeper or an auditor; input_invalid for an
/// empty range. Leaves beyond the log's end are left out.
Status get_log(Context& context, const Session& session, std::uint64_t request,
               const v1::GetLog& frame);

}  // namespace candour::relay
