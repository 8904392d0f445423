// The keys a bot has, each in a file of its own in the state directory (mode 0600), and how they
// come to be.
//
//   bot.key            Ed25519: login, MLS leaf, tokens, warnings, rosters (a label for each)
//   bot-sealing.key    X25519: the bot's field of submissions, mail to the bot
//   bot-witness.key    Ed25519: cosignatures; bot-witness.vkey is what the statement lists
//   bot-state.key      seals bot.db
//   certificate.note   the device certificate, once two registrars have signed it
//
// A key file is one line of hex. Not thread-safe; the values move and do not copy.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/random.h"
#include "base/result.h"
#include "crypto/aead.h"
#include "crypto/hpke.h"
#include "crypto/sign.h"
#include "identity/certificate.h"
#include "identity/note.h"

namespace candour::bot {

struct Keys {
  crypto::SigningKey signing;
  crypto::SealingKey sealing;
  crypto::SigningKey witness;
  std::string witness_name;
  crypto::AeadKey state;
  DeviceId device;
};

/// Who the new bot is, for the registrars.
struct InitRequest {
  std::string organisation;
  std::string person;
  std::string name;
  std::string unit;
  std::string witness_name;  // empty: "<organisation>/bot-witness"
};

/// Makes all keys and returns the enrolment request (a signed note) for `candourctl approve`.
/// already_exists when the directory holds keys.
Result<std::string> init_keys(const std::filesystem::path& state, const InitRequest& request,
                              Random& random);

/// Stores the certificate the registrars made of that request; certificate_invalid when it is for
/// another device. The registrars' signatures are checked at login, against the statement.
Status store_certificate(const std::filesystem::path& state, std::string_view note);

/// not_found with what to run when the directory is empty; state_damaged for bad files.
Result<Keys> load_keys(const std::filesystem::path& state);
/// The stored certificate note; not_found when there is none yet.
Result<Bytes> load_certificate(const std::filesystem::path& state);

}  // namespace candour::bot
