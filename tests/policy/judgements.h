// A judgement as text, every field of it, so that two can be compared byte for byte.
#pragma once

#include <sstream>
#include <string>

#include "base/encoding.h"
#include "policy/engine.h"

namespace candour::policy {

inline std::string describe(const Judgement& judgement) {
  std::ostringstream out;
  out << verdict_name(judgement.verdict) << (judgement.alert ? " alert" : "");
  for (const Finding& f : judgement.findings) {
    out << "\n"
        << f.rule << "|" << f.category << "|" << severity_name(f.severity) << "|" << f.start << "-"
        << f.end << "|" << f.standard;
    for (const std::string& also : f.secondary_standards) out << "," << also;
    out << "|" << f.message << "|" << f.advice << "|" << f.alert << f.alert_level
        << f.of_conversation;
  }
  out << "\n" << hex_encode(encode_features(judgement.features));
  return out.str();
}

}  // namespace candour::policy
