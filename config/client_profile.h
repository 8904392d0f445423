// What a person's client knows about its organisation: profile.toml in its state folder, strictly
// read (config/section.h).
//
//   log_level = "warning"                  debug | info | warning | error
//   [relay]
//   host = "127.0.0.1"                     required
//   port = 8443                            required
//   tls_name = "localhost"                 required
//   ca_file = "tls.crt"                    required
//   [organisation]
//   root_vkey_file = "root.vkey"           required; pinned at enrolment
//   [device]
//   person = "p-1042"                      required
//   certificate_file = "device.cert"       the signed certificate note; absent before approval
//
// Relative paths are taken from the file's folder. Values; thread-safe.
#pragma once

#include "config/relay_address.h"

namespace candour::config {

struct ClientProfile {
  std::string log_level = "warning";
  RelayAddress relay;
  std::filesystem::path root_vkey_file;
  std::string person;
  std::filesystem::path certificate_file;  // empty when not given
};

/// not_found or config_invalid ("file:line:column: key 'relay.port': ...").
Result<ClientProfile> load_client_profile(const std::filesystem::path& path,
                                          const Environment& environment = process_environment());

/// As show() of config/relay_config.h.
std::string show(const ClientProfile& profile, bool redacted);

}  // namespace candour::config
