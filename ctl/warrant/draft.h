// Drafting a warrant from options and a file.
#pragma once

#include <string>
#include <vector>

#include "warrant/open/warrant.h"

namespace CLI {
class App;
}

namespace candour::ctl {

/// As given; times as RFC 3339, free text with newlines between its lines. What is empty is taken
/// from `file`, a TOML file with the same names:
///
///   case = "PSD/2026/17"
///   legal-basis = "..."              and the other texts
///   requester = "<key name>"         authoriser = "<key name>"    reviewer = "<person>"
///   from = "<time>"                  until, expires, sealed-until
///   [[author]]                       device, person
///   [[group]]                        group, title
///   [[named]]                        person
///   [[category]]                     category
struct DraftFields {
  std::string file;
  std::string case_name;
  std::string legal_basis;
  std::string severity;
  std::string purpose;
  std::string necessity;
  std::string proportionality;
  std::string collateral_intrusion;
  std::string requester;
  std::string authoriser;
  std::string reviewer;
  std::vector<std::string> authors;  // DEVICE:PERSON
  std::vector<std::string> groups;   // GROUP[:TITLE]
  std::string from;
  std::string until;
  std::vector<std::string> categories;
  std::vector<std::string> named;
  std::string widens;
  std::string expires;       // default: 28 days after it is issued
  std::string sealed_until;  // default: a year after it is issued
};

void add_draft_options(CLI::App& verb, DraftFields& fields);

/// A warrant issued `now`; the persons of requester and authoriser are those the statement gives
/// their keys to. usage with the option at fault, warrant_invalid.
Result<warrant::Warrant> draft_warrant(const DraftFields& fields,
                                       const identity::Statement& statement, TimeMs now);

}  // namespace candour::ctl
