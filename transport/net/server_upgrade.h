// The opening handshake of RFC 6455, section 4.2.1, as far as this server is stricter than Beast,
// and what candour.v1 wants on top. For server.cc only.
#pragma once

#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.h"
#include "transport/net/server.h"

namespace candour::net {

using Request = boost::beast::http::request<boost::beast::http::vector_body<std::uint8_t>>;

using Field = boost::beast::http::field;
inline constexpr std::string_view kSubprotocol = "candour.v1";

/// Whether a field's list has this token, in any case.
inline bool lists(boost::beast::string_view field, boost::beast::string_view token) {
  return boost::beast::http::token_list(field).exists(token);
}

inline bool wants_upgrade(const Request& request) {
  return lists(request[Field::upgrade], "websocket");
}

/// 16 bytes in base64 (RFC 6455 section 4.2.1).
inline bool good_key(boost::beast::string_view key) {
  const auto bytes = base64_decode(std::string_view(key.data(), key.size()));
  return bytes && bytes->size() == 16;
}

/// Exactly so: names of subprotocols are case-sensitive.
inline bool offers_subprotocol(const Request& request) {
  for (auto offered : boost::beast::http::token_list(request[Field::sec_websocket_protocol])) {
    if (std::string_view(offered.data(), offered.size()) == kSubprotocol) return true;
  }
  return false;
}

/// Nothing when the request may be upgraded.
inline std::optional<HttpResponse> refuse_upgrade(const Request& request,
                                                  const ServerOptions& options) {
  const auto refuse = [](unsigned status, std::string_view why) {
    return HttpResponse{.status = status, .body = to_bytes(why)};
  };
  if (request.method() != boost::beast::http::verb::get || request.version() != 11 ||
      !lists(request[Field::connection], "upgrade") || request[Field::host].empty() ||
      !good_key(request[Field::sec_websocket_key])) {
    return refuse(400, "this is no opening handshake of RFC 6455\n");
  }
  if (request[Field::sec_websocket_version] != "13") {
    auto refusal = refuse(426, "only version 13 of WebSocket is spoken\n");
    refusal.fields.emplace_back("Sec-WebSocket-Version", "13");
    return refusal;
  }
  const bool plain = options.certificate_file.empty();
  if ((plain && !options.plain_websocket) || request.target() != "/v1") {
    return refuse(404, "no WebSocket here\n");
  }
  if (!offers_subprotocol(request)) return refuse(400, "the subprotocol candour.v1 is required\n");
  const std::string origin(request[Field::origin]);
  if (origin.empty() || origin == "https://" + std::string(request[Field::host])) {
    return std::nullopt;
  }
  for (const auto& allowed : options.origins) {
    if (origin == allowed) return std::nullopt;
  }
  return refuse(403, "this origin may not connect\n");
}

}  // namespace candour::net
