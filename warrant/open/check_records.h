// Rule 7 of checks.h: what is checked of every record. For checks.cc.
#pragma once

#include "warrant/open/checks.h"

namespace candour::warrant {

/// Witness times above this are taken as this: year 9999.
inline constexpr std::uint64_t kWitnessTimeMaxS = 253'402'300'799;

/// Reads `approved.warrant`, `.request` and `.checkpoint`; fills `.points` and `.labels`.
/// input_invalid for a record that is malformed or there twice, out_of_scope, log_inconsistent when
/// it is not what is in the log, signature_invalid when its proof does not hold.
Status check_records(const RequestPackage& package, Approved& approved);

}  // namespace candour::warrant
