// Goal: the files of a ceremony say one thing only, in one spelling, and are believed from nobody
// but their signer. Method: whole ceremonies in memory, then one change at a time; every changed
// character of a session gives another digest or is refused.
#include "warrant/open/ceremony.h"

#include "tests/seal/fixtures.h"
#include "warrant/open/dkg_signature.h"
#include "warrant/open/static_key.h"

namespace candour::warrant {
namespace {

using namespace testing_only;

struct Person {
  explicit Person(const std::string& name, Random& random)
      : key(crypto::SigningKey::generate(random)), static_key(StaticKey::generate(random)) {
    card = {name, {name, identity::NoteKeyType::ed25519, key.public_key()}, static_key.public_key};
  }
  std::string sign(const std::string& text) const {
    identity::SignedNote note{text, {}};
    identity::sign_note(note, card.name, key);
    return note.print();
  }
  crypto::SigningKey key;
  StaticKey static_key;
  CustodianCard card;
};

class Ceremonies : public testing::Test {
 protected:
  Ceremonies() : random_(77) {
    for (int i = 1; i <= 4; ++i) people_.emplace_back("c" + std::to_string(i), random_);
  }
  std::vector<CustodianCard> cards(std::initializer_list<std::size_t> which) const {
    std::vector<CustodianCard> out;
    for (const std::size_t i : which) out.push_back(people_[i].card);
    return out;
  }
  Ceremony begin() { return Ceremony::generate("internal", 2, cards({0, 1, 2}), random_).value(); }
  std::string round1(const Ceremony& ceremony, std::size_t who,
                     const EscrowShare* share = nullptr) {
    const auto dealing = ceremony.deal(people_[who].static_key, share, random_);
    EXPECT_TRUE(dealing.has_value());
    const RoundMessage message{1, people_[who].card.name, dealing.value().encode()};
    return people_[who].sign(message.print(ceremony.digest()));
  }

  SeededRandom random_;
  std::vector<Person> people_;
};

TEST_F(Ceremonies, CardIsBelievedFromItsOwnerOnly) {
  const Person& person = people_[0];
  const std::string good = person.sign(person.card.print());
  const auto card = CustodianCard::verify(good);
  ASSERT_TRUE(card.has_value()) << card.error().message;
  EXPECT_EQ(card.value(), person.card);
  EXPECT_EQ(CustodianCard::verify(people_[1].sign(person.card.print())).error().code,
            ErrorCode::signature_invalid);
  CustodianCard other = person.card;
  other.name = "c2";
  EXPECT_FALSE(CustodianCard::verify(person.sign(other.print())).has_value());
  std::string identity_key = person.card.print();
  identity_key.replace(identity_key.find("\nkey ") + 5, 64, std::string(64, '0'));
  EXPECT_FALSE(CustodianCard::verify(person.sign(identity_key)).has_value());
}

TEST_F(Ceremonies, I12SessionHasOneSpellingAndEveryCharacterCounts) {
  const Ceremony ceremony = begin();
  const std::string good = ceremony.print();
  const auto parsed = Ceremony::parse(good);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed.value().digest(), ceremony.digest());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '2' ? '3' : '2';
    const auto other = Ceremony::parse(bad);
    EXPECT_TRUE(!other || other.value().digest() != ceremony.digest()) << i;
    // A session cut off after a whole line is another one, with fewer members.
    const auto shorter = Ceremony::parse(good.substr(0, i));
    EXPECT_TRUE(!shorter || shorter.value().digest() != ceremony.digest()) << i;
  }
  EXPECT_NE(begin().digest(), ceremony.digest());
}

TEST_F(Ceremonies, ImpossibleSessionsAreRefused) {
  const auto code = [&](const Result<Ceremony>& result) {
    return result ? ErrorCode::internal : result.error().code;
  };
  const auto invalid = ErrorCode::input_invalid;
  EXPECT_EQ(code(Ceremony::generate("internal", 1, cards({0, 1}), random_)), invalid);
  EXPECT_EQ(code(Ceremony::generate("internal", 3, cards({0, 1}), random_)), invalid);
  EXPECT_EQ(code(Ceremony::generate("internal", 2, cards({0, 1, 1}), random_)), invalid);
  EXPECT_EQ(code(Ceremony::generate("in ternal", 2, cards({0, 1}), random_)), invalid);
  auto same_key = cards({0, 1});
  same_key[1].static_key = same_key[0].static_key;
  EXPECT_EQ(code(Ceremony::generate("internal", 2, same_key, random_)), invalid);

  const DealtKey dealt = deal(2, "internal", {"c1", "c2", "c3"}, random_);
  const auto reshare = [&](std::initializer_list<std::size_t> dealers) {
    return code(Ceremony::reshare(dealt.custodians, cards(dealers), 2, cards({0, 1, 3}), random_));
  };
  EXPECT_EQ(reshare({0, 2}), ErrorCode::internal);  // possible
  EXPECT_EQ(reshare({0}), invalid);
  EXPECT_EQ(reshare({0, 1, 2}), invalid);
  EXPECT_EQ(reshare({0, 0}), invalid);
  EXPECT_EQ(reshare({0, 3}), invalid);
  // One person with two cards could pass for two.
  auto dealers = cards({0, 2});
  dealers[0].static_key = people_[3].card.static_key;
  EXPECT_EQ(code(Ceremony::reshare(dealt.custodians, dealers, 2, cards({0, 1, 3}), random_)),
            invalid);
}

TEST_F(Ceremonies, MessagesAreBelievedFromTheirSenderInTheirSessionOnly) {
  const Ceremony ceremony = begin();
  const std::vector<std::string> good{round1(ceremony, 0), round1(ceremony, 1),
                                      round1(ceremony, 2)};
  const auto all = collect_round(ceremony, 1, {good[2], good[0], good[1]});
  ASSERT_TRUE(all.has_value()) << all.error().message;
  const auto messages = read_round(ceremony, 1, all.value());
  ASSERT_TRUE(messages.has_value()) << messages.error().message;
  EXPECT_TRUE(ceremony.decode_dealings(messages.value()).has_value());

  EXPECT_FALSE(collect_round(ceremony, 1, {good[0], good[1]}).has_value());
  EXPECT_FALSE(collect_round(ceremony, 1, {good[0], good[1], good[1]}).has_value());
  EXPECT_FALSE(
      collect_round(ceremony, 1, {good[0], good[1], good[2], round1(ceremony, 2)}).has_value());
  EXPECT_FALSE(collect_round(ceremony, 2, good).has_value());
  EXPECT_FALSE(collect_round(begin(), 1, good).has_value());
  EXPECT_FALSE(read_round(ceremony, 2, all.value()).has_value());
  EXPECT_FALSE(read_round(begin(), 1, all.value()).has_value());

  const RoundMessage forged{1, "c1", to_bytes(as_bytes("anything"))};
  EXPECT_EQ(
      RoundMessage::verify(people_[1].sign(forged.print(ceremony.digest())), ceremony).error().code,
      ErrorCode::signature_invalid);
  const RoundMessage stranger{1, "c4", to_bytes(as_bytes("anything"))};
  EXPECT_EQ(RoundMessage::verify(people_[3].sign(stranger.print(ceremony.digest())), ceremony)
                .error()
                .code,
            ErrorCode::not_found);
  const auto swapped = collect_round(ceremony, 1, good).value();
  const auto first = swapped.find("part ");
  const auto second = swapped.find("part ", first + 1);
  const auto third = swapped.find("part ", second + 1);
  const std::string disordered = swapped.substr(0, first) + swapped.substr(second, third - second) +
                                 swapped.substr(first, second - first) + swapped.substr(third);
  EXPECT_FALSE(read_round(ceremony, 1, disordered).has_value());
}

TEST_F(Ceremonies, TranscriptBindsEveryEncryptedShare) {
  const Ceremony ceremony = begin();
  std::vector<Dealing> dealings;
  for (std::size_t i = 0; i < 3; ++i) {
    dealings.push_back(ceremony.deal(people_[i].static_key, nullptr, random_).value());
  }
  const Bytes before = ceremony.transcript(dealings);
  std::vector<Bytes> signatures;
  for (std::size_t i = 0; i < 3; ++i) {
    signatures.push_back(dkg_sign(people_[i].static_key.secret, before));
    EXPECT_TRUE(ceremony.finish(people_[i].static_key, dealings).has_value());
  }
  EXPECT_TRUE(ceremony.certify(dealings, signatures).has_value());
  dealings[2].ciphertexts[1][0] = static_cast<std::uint8_t>(dealings[2].ciphertexts[1][0] ^ 1u);
  EXPECT_NE(ceremony.transcript(dealings), before);
  EXPECT_FALSE(ceremony.certify(dealings, signatures).has_value());
}

TEST_F(Ceremonies, KeyIsHandedOnThroughTheSameFiles) {
  const DealtKey dealt = deal(2, "internal", {"c1", "c2", "c3"}, random_);
  const Ceremony made =
      Ceremony::reshare(dealt.custodians, cards({0, 2}), 2, cards({1, 3}), random_).value();
  const Ceremony ceremony = Ceremony::parse(made.print()).value();
  EXPECT_EQ(ceremony.digest(), made.digest());
  EXPECT_TRUE(ceremony.deals(people_[0].card.static_key));
  EXPECT_FALSE(ceremony.deals(people_[1].card.static_key));
  EXPECT_TRUE(ceremony.receives(people_[3].card.static_key));
  EXPECT_FALSE(ceremony.deal(people_[0].static_key, nullptr, random_).has_value());
  EscrowShare elsewhere{dealt.shares[0], dealt.shares[0].value.clone()};
  elsewhere.group = "independent";
  EXPECT_EQ(ceremony.deal(people_[0].static_key, &elsewhere, random_).error().code,
            ErrorCode::share_invalid);
  const auto all = collect_round(
      ceremony, 1, {round1(ceremony, 0, &dealt.shares[0]), round1(ceremony, 2, &dealt.shares[2])});
  ASSERT_TRUE(all.has_value()) << all.error().message;
  const auto dealings =
      ceremony.decode_dealings(read_round(ceremony, 1, all.value()).value()).value();
  const auto share = ceremony.finish(people_[3].static_key, dealings);
  ASSERT_TRUE(share.has_value()) << share.error().message;
  EXPECT_EQ(share.value().public_key, dealt.shares[0].public_key);
  EXPECT_EQ(ceremony.custodian_group(share.value()).members[1].key_name, "c4");
}

TEST_F(Ceremonies, StaticKeyFileOpensUnderItsPassphraseOnly) {
  const SecretText passphrase = SecretText::copy_of("correct horse");
  const std::string text = seal_static_key(people_[0].static_key, passphrase, random_).value();
  const auto key = open_static_key(text, passphrase);
  ASSERT_TRUE(key.has_value()) << key.error().message;
  EXPECT_TRUE(same(key.value().secret.encoded(), people_[0].static_key.secret.encoded()));
  EXPECT_EQ(open_static_key(text, SecretText::copy_of("wrong")).error().code,
            ErrorCode::decryption_failed);
  for (std::size_t i = 0; i < text.size(); i += 17) {
    std::string bad = text;
    bad[i] = bad[i] == '1' ? '2' : '1';
    EXPECT_FALSE(open_static_key(bad, passphrase).has_value()) << i;
  }
}

}  // namespace
}  // namespace candour::warrant
