// The file of a custodian's static key for key generation and resharing (mode 0600), text:
//
//   candour-custodian-dealing-key/v1
//   key <64 hex>                          public
//   salt <32 hex>
//   secret <144 hex>                      crypto::box_seal under Argon2id(passphrase, salt), with
//                                         all lines before this one as context
//
// With it and the encrypted shares of a session, the share can be recovered: by its custodian, and
// by a thief. Pure but for `random`; thread-safe.
#pragma once

#include "warrant/open/dealing.h"

namespace candour::warrant {

/// A scalar in a text file, encrypted: the line "salt ..." and the line "<word> <box hex>", which
/// also authenticates `header`, the lines before. storage_failed without the memory Argon2id takes.
Result<std::string> seal_scalar(const std::string& header, std::string_view word,
                                const crypto::Scalar& value, const SecretText& passphrase,
                                Random& random);
/// From the whole text: share_invalid when it does not end in two such lines; decryption_failed for
/// a wrong passphrase or an altered file.
Result<crypto::Scalar> open_scalar(std::string_view text, std::string_view word,
                                   const SecretText& passphrase);

Result<std::string> seal_static_key(const StaticKey& key, const SecretText& passphrase,
                                    Random& random);
/// As open_scalar; share_invalid when the secret is not that of the public key.
Result<StaticKey> open_static_key(std::string_view text, const SecretText& passphrase);

}  // namespace candour::warrant
