#include "warrant/open/static_key.h"

#include "crypto/aead.h"
#include "crypto/password.h"
#include "warrant/seal/key_text.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-custodian-dealing-key/v1";

Error damaged(const std::string& what) {
  return error(ErrorCode::share_invalid, "custodian's key file: " + what);
}

std::string header_of(const StaticKey& key) {
  return std::string(kFormat) + "\nkey " + hex_encode(key.public_key.encoded()) + "\n";
}

// The bytes of the last line but `back`, which reads "<word> <hex>".
std::optional<Bytes> hex_line(const std::vector<std::string_view>& lines, std::size_t back,
                              std::string_view word) {
  if (lines.size() <= back) return std::nullopt;
  const auto words = words_of(lines[lines.size() - 1 - back]);
  if (words.size() != 2 || words[0] != word) return std::nullopt;
  const auto bytes = hex_decode(words[1]);
  return bytes && hex_encode(*bytes) == words[1] ? bytes : std::nullopt;
}

}  // namespace

Result<std::string> seal_scalar(const std::string& header, std::string_view word,
                                const crypto::Scalar& value, const SecretText& passphrase,
                                Random& random) {
  Bytes salt(crypto::kPasswordSaltSize);
  random.fill(salt);
  CANDOUR_TRY(const auto key, crypto::key_from_passphrase(passphrase, salt));
  const std::string text = header + "salt " + hex_encode(salt) + "\n";
  const Bytes box = crypto::box_seal(key, as_bytes(text), value.encoded(), random);
  return text + std::string(word) + " " + hex_encode(box) + "\n";
}

Result<crypto::Scalar> open_scalar(std::string_view text, std::string_view word,
                                   const SecretText& passphrase) {
  const auto lines = lines_of(text);
  const auto salt = lines ? hex_line(*lines, 1, "salt") : std::nullopt;
  const auto box = lines ? hex_line(*lines, 0, word) : std::nullopt;
  if (!salt || salt->size() != crypto::kPasswordSaltSize || !box) {
    return damaged("does not end with a line 'salt <32 hex>' and a line '" + std::string(word) +
                   " <hex>'");
  }
  const std::string_view before = text.substr(0, text.size() - lines->back().size() - 1);
  CANDOUR_TRY(const auto key, crypto::key_from_passphrase(passphrase, *salt));
  const auto value = crypto::box_open(key, as_bytes(before), *box);
  if (!value) {
    return error(ErrorCode::decryption_failed,
                 "custodian's key file: the passphrase is wrong or the file was altered");
  }
  auto scalar = crypto::Scalar::decode(value.value().view());
  if (!scalar) return damaged("what it holds is not a canonical scalar");
  return std::move(*scalar);
}

Result<std::string> seal_static_key(const StaticKey& key, const SecretText& passphrase,
                                    Random& random) {
  return seal_scalar(header_of(key), "secret", key.secret, passphrase, random);
}

Result<StaticKey> open_static_key(std::string_view text, const SecretText& passphrase) {
  if (!text.starts_with(kFormat)) return damaged("is not one of format " + std::string(kFormat));
  CANDOUR_TRY(auto secret, open_scalar(text, "secret", passphrase));
  auto key = StaticKey::from_secret(std::move(secret));
  if (!key || !text.starts_with(header_of(*key) + "salt ")) {
    return damaged("the secret is not that of the public key");
  }
  return std::move(*key);
}

}  // namespace candour::warrant
