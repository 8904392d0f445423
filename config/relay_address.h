// The [relay] section that bot and clients share.
#pragma once

#include <string>

#include "config/section.h"

namespace candour::config {

class TomlText;

/// How an endpoint reaches the relay.
struct RelayAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string tls_name;           // the name its certificate must carry
  std::filesystem::path ca_file;  // the certificates trusted for it
};

void read_relay_address(Section section, RelayAddress& out);
void show_relay_address(TomlText& out, const RelayAddress& relay);

}  // namespace candour::config
