#include "warrant/open/ceremony.h"

#include <algorithm>
#include <set>

#include "base/assert.h"
#include "base/codec.h"
#include "crypto/hash.h"
#include "identity/note_text.h"
#include "warrant/open/dkg_signature.h"
#include "warrant/seal/key_text.h"

namespace candour::warrant {
namespace {

using crypto::Point;
using identity::NoteFields;

constexpr std::string_view kCard = "candour-custodian/v1";
constexpr std::string_view kSession = "candour-custodian-session/v1";
constexpr std::string_view kExtensionLabel = "candour custodian shares v1";

Error invalid(const std::string& what) { return error(ErrorCode::input_invalid, what); }
Error malformed(const std::string& what) { return error(ErrorCode::note_malformed, what); }

Result<Point> point_of(std::string_view hex) {
  const auto bytes = hex_decode(hex);
  const auto point = bytes ? Point::decode(*bytes) : std::nullopt;
  if (!point || hex_encode(*bytes) != hex) {
    return malformed("'" + std::string(hex.substr(0, 80)) + "' is not a canonical point in hex");
  }
  return *point;
}

Result<CustodianCard> card_of(std::string_view name, std::string_view static_key,
                              std::string_view vkey) {
  CustodianCard card;
  card.name = name;
  CANDOUR_TRY(card.static_key, point_of(static_key));
  CANDOUR_TRY(card.key, identity::NoteKey::parse(vkey));
  if (card.key.name != name || card.key.type != identity::NoteKeyType::ed25519) {
    return malformed("the verifier key of custodian '" + card.name + "' has another name or type");
  }
  return card;
}

std::string card_words(const CustodianCard& card) {
  return card.name + " " + hex_encode(card.static_key.encoded()) + " " + card.key.vkey();
}

Participant participant(const CustodianCard& card) { return {card.name, card.static_key}; }

}  // namespace

std::string CustodianCard::print() const {
  return std::string(kCard) + "\nname " + name + "\nvkey " + key.vkey() + "\nkey " +
         hex_encode(static_key.encoded()) + "\n";
}

Result<CustodianCard> CustodianCard::verify(std::string_view note) {
  CANDOUR_TRY(const auto parsed, identity::SignedNote::parse(note));
  CANDOUR_TRY(const auto fields, NoteFields::parse(parsed.text, kCard, {"name", "vkey", "key"}));
  CANDOUR_TRY(const auto name, fields.one("name"));
  CANDOUR_TRY(const auto vkey, fields.one("vkey"));
  CANDOUR_TRY(const auto key, fields.one("key"));
  CANDOUR_TRY(auto card, card_of(name, key, vkey));
  if (!parsed.signed_by(card.key)) {
    return error(ErrorCode::signature_invalid,
                 "the card of custodian '" + name + "' is not signed by its own key");
  }
  return card;
}

Result<Ceremony> Ceremony::generate(std::string group, std::uint32_t threshold,
                                    std::vector<CustodianCard> members, Random& random) {
  Ceremony out;
  out.id_ = random.id<Digest>();
  out.group_ = std::move(group);
  out.threshold_ = threshold;
  out.members_ = std::move(members);
  CANDOUR_TRY(out.check());
  return out;
}

Result<Ceremony> Ceremony::reshare(const identity::CustodianGroup& old_group,
                                   std::vector<CustodianCard> dealers, std::uint32_t threshold,
                                   std::vector<CustodianCard> members, Random& random) {
  Ceremony out;
  out.id_ = random.id<Digest>();
  out.group_ = old_group.name;
  out.threshold_ = threshold;
  out.members_ = std::move(members);
  const auto public_key = Point::decode(old_group.public_key);
  if (!public_key) return invalid("the group's public key is not a canonical point");
  out.public_key_ = *public_key;
  if (dealers.size() != old_group.threshold) {
    return invalid("exactly " + std::to_string(old_group.threshold) + " custodians of '" +
                   old_group.name + "' hand its key on, not " + std::to_string(dealers.size()));
  }
  for (CustodianCard& card : dealers) {
    const auto member =
        std::find_if(old_group.members.begin(), old_group.members.end(),
                     [&](const auto& candidate) { return candidate.key_name == card.name; });
    const auto key =
        member == old_group.members.end() ? std::nullopt : Point::decode(member->verification_key);
    if (!key) return invalid("'" + card.name + "' is no custodian of '" + old_group.name + "'");
    out.dealers_.push_back({std::move(card), member->index, *key});
  }
  CANDOUR_TRY(out.check());
  return out;
}

Status Ceremony::check() const {
  if (!identity::valid_identifier(group_)) return invalid("an impossible group name");
  if (threshold_ < 2) {
    return invalid("with a threshold of " + std::to_string(threshold_) +
                   " one custodian could open records alone; it must be at least 2");
  }
  std::set<std::string> names;
  std::set<SigningPublicKey> keys;
  for (const CustodianCard& card : members_) {
    if (!names.insert(card.name).second || !keys.insert(card.key.public_key).second) {
      return invalid("custodian '" + card.name + "' takes part twice");
    }
  }
  for (const CeremonyDealer& dealer : dealers_) {
    // Who deals and receives is the same in both lists.
    const auto twin = std::find_if(members_.begin(), members_.end(), [&](const auto& member) {
      return member.name == dealer.card.name || member.static_key == dealer.card.static_key;
    });
    if (twin != members_.end() && !(*twin == dealer.card)) {
      return invalid("custodian '" + dealer.card.name + "' takes part with two cards");
    }
  }
  return reshares() ? resharing().check() : dkg().check();
}

std::string Ceremony::print() const {
  std::string out = std::string(kSession) + "\nid " + id_.hex() + "\ngroup " + group_ +
                    "\nthreshold " + std::to_string(threshold_) + "\n";
  for (const CustodianCard& member : members_) out += "member " + card_words(member) + "\n";
  if (public_key_) out += "public-key " + hex_encode(public_key_->encoded()) + "\n";
  for (const CeremonyDealer& dealer : dealers_) {
    out += "dealer " + std::to_string(dealer.index) + " " +
           hex_encode(dealer.verification_key.encoded()) + " " + card_words(dealer.card) + "\n";
  }
  return out;
}

Result<Ceremony> Ceremony::parse(std::string_view text) {
  CANDOUR_TRY(const auto fields,
              NoteFields::parse(text, kSession,
                                {"id", "group", "threshold", "member", "public-key", "dealer"}));
  Ceremony out;
  CANDOUR_TRY(const auto id, fields.one("id"));
  const auto digest = Digest::from_hex(id);
  if (!digest) return malformed("the session's id is not 64 hex digits");
  out.id_ = *digest;
  CANDOUR_TRY(out.group_, fields.one("group"));
  CANDOUR_TRY(const auto threshold, fields.one("threshold"));
  out.threshold_ = small_number(threshold).value_or(0);
  for (const std::string& value : fields.all("member")) {
    const auto words = words_of(value);
    if (words.size() != 3) return malformed("'member' reads <key name> <key hex> <vkey>");
    CANDOUR_TRY(auto card, card_of(words[0], words[1], words[2]));
    out.members_.push_back(std::move(card));
  }
  if (const auto key = fields.maybe("public-key")) {
    CANDOUR_TRY(out.public_key_, point_of(*key));
  }
  for (const std::string& value : fields.all("dealer")) {
    const auto words = words_of(value);
    const auto index = words.size() == 5 ? small_number(words[0]) : std::nullopt;
    if (!index) {
      return malformed("'dealer' reads <index> <verification key> <key name> <key hex> <vkey>");
    }
    CeremonyDealer dealer;
    dealer.index = *index;
    CANDOUR_TRY(dealer.verification_key, point_of(words[1]));
    CANDOUR_TRY(dealer.card, card_of(words[2], words[3], words[4]));
    out.dealers_.push_back(std::move(dealer));
  }
  if (!out.public_key_ && !out.dealers_.empty()) {
    return malformed("somebody hands a key on, but it is not said which");
  }
  CANDOUR_TRY(out.check());
  if (out.print() != text) return malformed("the session is not written as it is always written");
  return out;
}

Digest Ceremony::digest() const { return crypto::sha256(as_bytes(print())); }

DkgSession Ceremony::dkg() const {
  DkgSession session;
  session.threshold = threshold_;
  for (const CustodianCard& member : members_) session.members.push_back(participant(member));
  session.context = dkg_context(digest().view(), session.members);
  return session;
}

ReshareSession Ceremony::resharing() const {
  CANDOUR_ASSERT(public_key_.has_value());
  ReshareSession session;
  session.session_id = to_bytes(digest().view());
  session.public_key = *public_key_;
  for (const CeremonyDealer& dealer : dealers_) {
    session.dealers.push_back({participant(dealer.card), dealer.index, dealer.verification_key});
  }
  session.threshold = threshold_;
  for (const CustodianCard& member : members_) session.receivers.push_back(participant(member));
  return session;
}

std::vector<CustodianCard> Ceremony::senders(std::uint32_t round) const {
  if (round != 1 || !reshares()) return members_;
  std::vector<CustodianCard> out;
  for (const CeremonyDealer& dealer : dealers_) out.push_back(dealer.card);
  return out;
}

bool Ceremony::receives(const Point& static_key) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& card) { return card.static_key == static_key; });
}

bool Ceremony::deals(const Point& static_key) const {
  const auto all = senders(1);
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& card) { return card.static_key == static_key; });
}

Result<Dealing> Ceremony::deal(const StaticKey& mine, const EscrowShare* share,
                               Random& random) const {
  if (!reshares()) return dkg_deal(dkg(), mine, {}, random);
  if (share == nullptr) return error(ErrorCode::not_found, "there is no share to hand on");
  if (share->group != group_) {
    return error(ErrorCode::share_invalid, "the share kept here is of group '" + share->group +
                                               "', the session is about '" + group_ + "'");
  }
  return reshare_deal(resharing(), mine, *share, random);
}

Result<std::vector<Dealing>> Ceremony::decode_dealings(std::span<const Bytes> messages) const {
  const auto all = senders(1);
  if (messages.size() != all.size()) return invalid("round 1 is not complete");
  std::vector<Dealing> dealings;
  for (std::size_t i = 0; i < all.size(); ++i) {
    CANDOUR_TRY(auto dealing,
                Dealing::decode(messages[i], threshold_, members_.size(), all[i].name));
    dealings.push_back(std::move(dealing));
  }
  return dealings;
}

Status Ceremony::check_handed_on(std::span<const Dealing> dealings) const {
  if (!reshares()) return invalid("nobody hands a key on in this session");
  return reshare_check(resharing(), dealings);
}

Result<EscrowShare> Ceremony::finish(const StaticKey& mine,
                                     std::span<const Dealing> dealings) const {
  auto outcome =
      reshares() ? reshare_finish(resharing(), mine, dealings) : dkg_finish(dkg(), mine, dealings);
  if (!outcome) return outcome.error();
  EscrowShare share = std::move(outcome.value()).share(group_, threshold_);
  CANDOUR_TRY(share.check());
  return share;
}

Bytes Ceremony::transcript(std::span<const Dealing> dealings) const {
  if (reshares()) return reshare_transcript(resharing(), dealings, {});
  // The specification's transcript leaves out the encrypted shares; the extension binds them, so
  // that nobody can say later that it was dealt something else.
  Writer all;
  all.raw(as_bytes(kExtensionLabel));
  all.u8(0);
  for (const Dealing& dealing : dealings) all.vec(dealing.encode());
  return dkg_transcript(dkg(), dealings, crypto::sha512({all.view()}).view());
}

Status Ceremony::certify(std::span<const Dealing> dealings,
                         std::span<const Bytes> signatures) const {
  std::vector<Participant> receivers;
  for (const CustodianCard& member : members_) receivers.push_back(participant(member));
  return dkg_certify(receivers, transcript(dealings), signatures);
}

identity::CustodianGroup Ceremony::custodian_group(const ShareHeader& share) const {
  std::vector<std::string> names;
  for (const CustodianCard& member : members_) names.push_back(member.name);
  return warrant::custodian_group(share, names);
}

}  // namespace candour::warrant
