#include "crypto/sign.h"

#include <sodium.h>

#include "base/bytes.h"
#include "base/stages.h"

namespace candour::crypto {
namespace {

Bytes labelled(std::string_view label, ByteView message) {
  Bytes out = to_bytes(label);
  out.push_back(0);
  append(out, message);
  return out;
}

}  // namespace

SigningKey SigningKey::from_seed(const SigningSeed& seed) {
  SigningKey key;
  crypto_sign_ed25519_seed_keypair(key.public_key_.mutable_view().data(),
                                   key.secret_key_.mutable_view().data(), seed.view().data());
  return key;
}

SigningKey SigningKey::generate(Random& random) { return from_seed(random.secret<32>()); }

SigningSeed SigningKey::seed() const {
  return SigningSeed::copy_of(secret_key_.view().first<32>());
}

Signature SigningKey::sign(ByteView message) const {
  const StageScope stage(Stage::sign);
  Signature out;
  crypto_sign_ed25519_detached(out.mutable_view().data(), nullptr, message.data(), message.size(),
                               secret_key_.view().data());
  return out;
}

Signature SigningKey::sign_labelled(std::string_view label, ByteView message) const {
  return sign(labelled(label, message));
}

bool verify(const SigningPublicKey& key, ByteView message, const Signature& signature) {
  const StageScope stage(Stage::verify);
  return crypto_sign_ed25519_verify_detached(signature.view().data(), message.data(),
                                             message.size(), key.view().data()) == 0;
}

bool verify_labelled(const SigningPublicKey& key, std::string_view label, ByteView message,
                     const Signature& signature) {
  return verify(key, labelled(label, message), signature);
}

}  // namespace candour::crypto
