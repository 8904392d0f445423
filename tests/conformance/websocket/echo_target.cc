// A WebSocket echo server made of the relay's own server and session classes (transport/net), for
// tests of the protocol (RFC 6455) and for the Autobahn fuzzing client. Loopback only.
//
// Usage: websocket_echo_target [--port N] [--certificate FILE --key FILE]
// Path /v1, subprotocol candour.v1; without a certificate plain ws. Prints one line with "ready"
// and echoes text as text and binary as binary until its standard input ends.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "tests/conformance/websocket/echo.h"

int main(int argc, char** argv) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  candour::net::IoThread io;
  candour::testing::EchoTarget target;
  candour::net::ServerOptions asked = candour::testing::echo_options();
  asked.port = static_cast<std::uint16_t>(std::atoi(options["--port"].c_str()));
  asked.certificate_file = options["--certificate"];
  asked.private_key_file = options["--key"];
  const auto started = target.start(io, asked);
  if (!started) {
    std::fprintf(stderr, "websocket_echo_target: %s\n", started.error().message.c_str());
    return candour::exit_status(started.error().code);
  }
  std::printf("{\"event\":\"ready\",\"port\":%u}\n", unsigned{target.port()});
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}
