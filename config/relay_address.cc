#include "config/relay_address.h"

#include "config/toml_text.h"

namespace candour::config {

void read_relay_address(Section section, RelayAddress& out) {
  section.text("host", out.host);
  section.port("port", out.port, 1);
  section.text("tls_name", out.tls_name);
  section.path("ca_file", out.ca_file);
}

void show_relay_address(TomlText& out, const RelayAddress& relay) {
  out.section("relay");
  out.text("host", relay.host);
  out.number("port", relay.port);
  out.text("tls_name", relay.tls_name);
  out.path("ca_file", relay.ca_file);
}

}  // namespace candour::config
