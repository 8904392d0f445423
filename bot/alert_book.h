// What the bot keeps of an alert for those who hear of it later: the sealed body, with envelopes
// for the next line that were made when it was raised. The bot holds none of the keys that open it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/messages/alert.h"
#include "crypto/aead.h"
#include "storage/bot_store.h"

namespace candour::bot {

/// BotAlert::sealed:
///   version u8 = 2, by vec, at u64, past line u8, appeal u8, and if 1: content commitment 32,
///   warning hash 32; ciphertext vec, signature 64, excluded u16 count, each: person vec; own note
///   vec, envelopes u16 count, each: next u8 (0 the desk's, 1 the next line's), device 32, keys vec
struct KeptAlert {
  struct Envelope {
    DeviceId device;
    bool next_line = false;
    Bytes keys;
  };
  /// What an approval of a blocked message has to be about.
  struct Appeal {
    Digest commitment;
    Digest warning_hash;
  };
  /// Who took the step that led to the present state, "Name (person)", and when; empty where that
  /// was the bot.
  std::string by;
  TimeMs at;
  bool past_line = false;  // to investigators only, where there are any
  std::optional<Appeal> appeal;
  messages::SealedBody body;
  std::vector<std::string> excluded;  // persons it never goes to
  Bytes own;                          // for its author once it is closed; sealed to their device
  std::vector<Envelope> envelopes;    // not sent yet

  Bytes encode() const;
  /// state_damaged.
  static Result<KeptAlert> decode(ByteView bytes);
};

/// HMAC of something under a key made of the bot's state key for this label, cut to 16 bytes.
Id<struct StoreTagTag, 16> tag_of(const crypto::AeadKey& state, std::string_view label,
                                  ByteView of);
/// Stands for a person in the bot's store.
storage::BotAlert::Subject subject_of(const crypto::AeadKey& state, std::string_view person);
/// "officer 3f2a91c0".
std::string pseudonym_of(const storage::BotAlert::Subject& subject);

/// One of 0 .. bound - 1, each as likely as the others to within 2^-32; bound > 0 and small.
std::uint64_t random_below(std::uint64_t bound, Random& random);

}  // namespace candour::bot
