#include "identity/login.h"

#include "base/codec.h"

namespace candour::identity {
namespace {

constexpr std::string_view kLabel = "candour login v1";

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

}  // namespace candour::identity
