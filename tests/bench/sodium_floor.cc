// The floor of the end-to-end benchmark: what the primitives alone cost on this machine, now.
// Prints one JSON object with microseconds per operation.
#include <chrono>
#include <cstdio>

#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"

namespace {

using namespace candour;

template <class F>
double microseconds(F&& operation) {
  using clock = std::chrono::steady_clock;
  int rounds = 0;
  const auto begin = clock::now();
  auto now = begin;
  do {
    for (int i = 0; i < 20; ++i) operation();
    rounds += 20;
    now = clock::now();
  } while (now - begin < std::chrono::milliseconds(300));
  return std::chrono::duration<double, std::micro>(now - begin).count() / rounds;
}

}  // namespace

int main() {
  Random& random = system_random();
  const auto key = crypto::SigningKey::generate(random);
  const auto sealing = crypto::SealingKey::generate(random);
  const Bytes message(420, 7);
  const Signature signature = key.sign(message);
  const auto aead_key = random.secret<32>();
  const Bytes nonce(12, 1);
  const Bytes body(300, 2);
  const auto box = crypto::sealed_box(sealing.public_key(), {}, {}, body, random);
  const double sign = microseconds([&] { (void)key.sign(message); });
  const double verify = microseconds([&] { (void)crypto::verify(key.public_key(), message, signature); });
  const double seal = microseconds([&] { (void)crypto::sealed_box(sealing.public_key(), {}, {}, body, random); });
  const double open = microseconds([&] { (void)crypto::open_sealed_box(sealing, {}, {}, box.value()); });
  const double aead = microseconds([&] { (void)crypto::aead_seal(aead_key.view(), nonce, {}, body); });
  const double hash = microseconds([&] { (void)crypto::sha256(body); });
  std::printf(
      "{\"ed25519_sign_us\":%.2f,\"ed25519_verify_us\":%.2f,\"hpke_seal_us\":%.2f,"
      "\"hpke_open_us\":%.2f,\"aead_seal_us\":%.2f,\"sha256_us\":%.2f}\n",
      sign, verify, seal, open, aead, hash);
  return 0;
}
