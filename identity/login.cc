#include "identity/login.h"

#include "base/codec.h"
#include "crypto/hash.h"

namespace candour::identity {
namespace {

constexpr std::string_view kLabel = "candour login v1";
constexpr std::string_view kWebLabel = "candour web channel v1";
constexpr std::string_view kWebBuild = "candour-web/";

Bytes encode(const LoginTranscript& t) {
  Writer w;
  w.vec(t.log_origin);
  w.vec(t.nonce);
  w.vec(t.channel_binding);
  w.vec(t.subject);
  w.vec(t.client_build);
  return w.take();
}

}  // namespace

Signature LoginTranscript::sign(const crypto::SigningKey& key) const {
  return key.sign_labelled(kLabel, encode(*this));
}

bool LoginTranscript::verify(const SigningPublicKey& key, const Signature& signature) const {
  return crypto::verify_labelled(key, kLabel, encode(*this), signature);
}

bool is_web_build(std::string_view client_build) { return client_build.starts_with(kWebBuild); }

Bytes web_channel_binding(std::string_view host) {
  Bytes named = to_bytes(kWebLabel);
  named.push_back(0);
  append(named, as_bytes(host));
  return to_bytes(crypto::sha256(named).view());
}

}  // namespace candour::identity
