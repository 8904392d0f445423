// The files of a key ceremony: what custodians and their coordinator pass around by hand, on paper
// or over any network, to generate a key (dkg.h) or to hand one on (reshare.h). The coordinator is
// not trusted: every message is signed by the custodian's role key, everything signed names the
// session by its digest, and custodians compare that digest by voice before they begin.
//
//   candour-custodian/v1                        a custodian's card, signed by its own key
//   name <key name>
//   vkey <vkey>                                 the key it signs with, in the statement too
//   key <64 hex>                                its static key for ceremonies
//
//   candour-custodian-session/v1                the session; the digest is SHA-256 of this text
//   id <64 hex>                                 random
//   group <group>
//   threshold <k>
//   member <key name> <64 hex> <vkey>           custodian 1 to n: who gets a share
//   public-key <64 hex>                         resharing only: the key that is handed on, and
//   dealer <index> <64 hex> <key name> <64 hex> <vkey>   who hands it on: index and verification
//                                               key in the old group, then as in `member`
//
//   candour-custodian-round/v1                  a message, signed by its sender
//   session <64 hex>
//   round 1|2
//   name <key name>
//   message <base64>                            1: the dealing; 2: signature of the transcript
//
//   candour-custodian-round-set/v1              what the coordinator makes of all of a round
//   session <64 hex>
//   round 1|2
//   part <base64>                               of each message, in the session's order
//
// Values; functions are pure but for `random`, and thread-safe.
#pragma once

#include "warrant/open/reshare.h"

namespace candour::warrant {

struct CustodianCard {
  std::string name;
  identity::NoteKey key;
  crypto::Point static_key;

  /// To be signed by `key`.
  std::string print() const;
  /// note_malformed; signature_invalid unless its own key signed it.
  static Result<CustodianCard> verify(std::string_view note);
  bool operator==(const CustodianCard&) const = default;
};

struct CeremonyDealer {
  CustodianCard card;
  std::uint32_t index = 0;
  crypto::Point verification_key;
  bool operator==(const CeremonyDealer&) const = default;
};

/// A session that is known to be possible.
class Ceremony {
 public:
  /// input_invalid unless 2 <= threshold <= n <= kCustodiansMax and all keys and names differ.
  static Result<Ceremony> generate(std::string group, std::uint32_t threshold,
                                   std::vector<CustodianCard> members, Random& random);
  /// As generate(); also unless the dealers are as many members of `old_group` as its threshold.
  /// The new group has the old one's name.
  static Result<Ceremony> reshare(const identity::CustodianGroup& old_group,
                                  std::vector<CustodianCard> dealers, std::uint32_t threshold,
                                  std::vector<CustodianCard> members, Random& random);
  std::string print() const;
  static Result<Ceremony> parse(std::string_view text);
  Digest digest() const;

  const std::string& group() const { return group_; }
  std::uint32_t threshold() const { return threshold_; }
  const std::vector<CustodianCard>& members() const { return members_; }
  const std::vector<CeremonyDealer>& dealers() const { return dealers_; }
  bool reshares() const { return public_key_.has_value(); }
  /// Of the key that is handed on; nothing when one is generated.
  const std::optional<crypto::Point>& public_key() const { return public_key_; }
  bool receives(const crypto::Point& static_key) const;
  bool deals(const crypto::Point& static_key) const;
  /// Whose messages make round 1 or 2, in order.
  std::vector<CustodianCard> senders(std::uint32_t round) const;

  /// Round 1; `share` is what is handed on when reshares(), else not looked at.
  Result<Dealing> deal(const StaticKey& mine, const EscrowShare* share, Random& random) const;
  /// The dealings from the messages of round 1, in order; share_invalid names whose is malformed.
  Result<std::vector<Dealing>> decode_dealings(std::span<const Bytes> messages) const;
  /// Round 2: the share, once every dealing was checked. Not to be used before certify().
  Result<EscrowShare> finish(const StaticKey& mine, std::span<const Dealing> dealings) const;
  /// What who gets no share checks before it gives its own up: reshare_check. input_invalid when
  /// nobody hands a key on in this session.
  Status check_handed_on(std::span<const Dealing> dealings) const;
  /// What members sign; binds the session and every byte of every dealing.
  Bytes transcript(std::span<const Dealing> dealings) const;
  /// Round 3, from the messages of round 2.
  Status certify(std::span<const Dealing> dealings, std::span<const Bytes> signatures) const;
  /// The group as the statement is to list it.
  identity::CustodianGroup custodian_group(const ShareHeader& share) const;

 private:
  Ceremony() = default;
  Status check() const;
  DkgSession dkg() const;
  ReshareSession resharing() const;

  Digest id_;
  std::string group_;
  std::uint32_t threshold_ = 0;
  std::vector<CustodianCard> members_;
  std::optional<crypto::Point> public_key_;
  std::vector<CeremonyDealer> dealers_;
};

/// A message of round 1 or 2.
struct RoundMessage {
  std::uint32_t round = 0;
  std::string name;
  Bytes message;

  /// To be signed by the sender's key.
  std::string print(const Digest& session) const;
  /// note_malformed; input_invalid when it belongs to another session; not_found when its sender
  /// has no part in that round; signature_invalid.
  static Result<RoundMessage> verify(std::string_view note, const Ceremony& ceremony);
};

/// All messages of a round as one file. input_invalid names who is missing, doubled, or sent a
/// message of the other round; otherwise as RoundMessage::verify.
Result<std::string> collect_round(const Ceremony& ceremony, std::uint32_t round,
                                  const std::vector<std::string>& notes);
/// The messages of such a file in the order of senders(), every one checked again.
Result<std::vector<Bytes>> read_round(const Ceremony& ceremony, std::uint32_t round,
                                      std::string_view text);

}  // namespace candour::warrant
