// What is signed at login: never bytes a server chose, but a transcript that names this server,
// this connection (TLS exporter, RFC 9266 style) and the server's one-time nonce.
#pragma once

#include <string>

#include "crypto/sign.h"

namespace candour::identity {

/// Signed with the label "candour login v1": log origin vec, nonce vec, channel binding vec,
/// subject vec, client build vec (base/codec.h). A value; thread-safe as such.
struct LoginTranscript {
  std::string log_origin;    // which deployment
  Bytes nonce;               // the challenge, 32 bytes
  Bytes channel_binding;     // 32 bytes of TLS exporter "EXPORTER-candour-login-v1"
  Bytes subject;             // device id, or the role key's name as bytes
  std::string client_build;

  Signature sign(const crypto::SigningKey& key) const;
  bool verify(const SigningPublicKey& key, const Signature& signature) const;
};

}  // namespace candour::identity
