// What is signed at login: never bytes a server chose, but a transcript that names this server,
// this connection (TLS exporter, RFC 9266 style) and the server's one-time nonce. Scripts in a
// browser cannot read the exporter; a web build signs the host it connected to instead
// (docs/decisions/0008-login-from-browsers.md).
#pragma once

#include <string>
#include <string_view>

#include "crypto/sign.h"

namespace candour::identity {

/// Signed with the label "candour login v1": log origin vec, nonce vec, channel binding vec,
/// subject vec, client build vec (base/codec.h). A value; thread-safe as such.
struct LoginTranscript {
  std::string log_origin;    // which deployment
  Bytes nonce;               // the challenge, 32 bytes
  Bytes channel_binding;     // 32 bytes of TLS exporter "EXPORTER-candour-login-v1", or
                             // web_channel_binding of a web build
  Bytes subject;             // device id, or the role key's name as bytes
  std::string client_build;

  Signature sign(const crypto::SigningKey& key) const;
  bool verify(const SigningPublicKey& key, const Signature& signature) const;
};

/// The builds that run in a browser are named "candour-web/...".
bool is_web_build(std::string_view client_build);

/// SHA-256("candour web channel v1" 00 host): `host` as a browser writes it in the wss address,
/// lower case, with the port unless that is 443.
Bytes web_channel_binding(std::string_view host);

}  // namespace candour::identity
