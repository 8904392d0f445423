// Goal: signed notes are read and written exactly as C2SP signed-note says, and nothing else is
// accepted. Method: the specification's own examples, then each rule broken once.
#include "identity/note.h"

#include <gtest/gtest.h>

#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using tests::code_of;
using tests::replaced;
using tests::test_key;

constexpr const char* kSpecKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr const char* kSpecNote =
    "This is an example message.\n\n"
    "\xE2\x80\x94 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    "\n";
constexpr const char* kSpecTextWithEmptyLine =
    "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\xC3\xA8 subito "
    "sera.\n"
    "\n\xE2\x80\x94 quasimodo.example/salvatore "
    "NnugSzTjtVAewIS+Z/iJhUPeFDkO/"
    "5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

TEST(SignedNote, VerifiesTheExampleOfTheSpecification) {
  const auto key = NoteKey::parse(kSpecKey);
  ASSERT_TRUE(key);
  EXPECT_EQ(key.value().vkey(), kSpecKey);
  const auto note = SignedNote::parse(kSpecNote);
  ASSERT_TRUE(note);
  EXPECT_EQ(note.value().text, "This is an example message.\n");
  EXPECT_TRUE(note.value().signed_by(key.value()));
  EXPECT_EQ(note.value().print(), kSpecNote);
}

TEST(SignedNote, SplitsAtTheLastEmptyLine) {
  const auto note = SignedNote::parse(kSpecTextWithEmptyLine);
  ASSERT_TRUE(note);
  EXPECT_TRUE(note.value().text.ends_with("\xC3\xA8 subito sera.\n"));
  EXPECT_EQ(note.value().signatures.size(), 1u);
  EXPECT_EQ(note.value().signatures[0].name, "quasimodo.example/salvatore");
}

TEST(SignedNote, IgnoresUnknownSignersAndRejectsBadKnownOnes) {
  SignedNote note{"text\n", {}};
  sign_note(note, "known", test_key(1));
  sign_note(note, "unknown", test_key(2));
  note.signatures.push_back({"other", 7, Bytes(4000, 1)});  // a type we have no name for
  const NoteKey known{"known", NoteKeyType::ed25519, test_key(1).public_key()};
  const auto parsed = SignedNote::parse(note.print());
  ASSERT_TRUE(parsed);
  const auto signers = parsed.value().verify({known});
  ASSERT_TRUE(signers);
  EXPECT_EQ(signers.value().size(), 1u);

  SignedNote changed = parsed.value();
  changed.text = "texT\n";
  EXPECT_FALSE(changed.signed_by(known));
  EXPECT_EQ(code_of(changed.verify({known})), ErrorCode::signature_invalid);
  // The unknown line alone proves nothing, and does not disturb.
  const NoteKey absent{"absent", NoteKeyType::ed25519, test_key(3).public_key()};
  EXPECT_FALSE(parsed.value().signed_by(absent));
  EXPECT_TRUE(parsed.value().verify({absent}).value().empty());
}

TEST(SignedNote, OneBadLineOfAKeySpoilsItsGoodOne) {
  SignedNote note{"text\n", {}};
  sign_note(note, "known", test_key(1));
  NoteSignature bad = note.signatures[0];
  bad.signature[5] ^= 1;
  note.signatures.push_back(bad);
  EXPECT_FALSE(note.signed_by({"known", NoteKeyType::ed25519, test_key(1).public_key()}));
}

TEST(SignedNote, SameKeyUnderAnotherNameIsAnotherSigner) {
  SignedNote note{"text\n", {}};
  sign_note(note, "one", test_key(1));
  EXPECT_FALSE(note.signed_by({"two", NoteKeyType::ed25519, test_key(1).public_key()}));
}

TEST(SignedNote, AcceptsManySignatures) {
  SignedNote note{"text\n", {}};
  for (std::uint8_t i = 0; i < kNoteSignaturesMax; ++i) {
    sign_note(note, "key" + std::to_string(i), test_key(i));
  }
  EXPECT_TRUE(SignedNote::parse(note.print()));
  sign_note(note, "one-more", test_key(200));
  EXPECT_EQ(code_of(SignedNote::parse(note.print())), ErrorCode::note_malformed);
}

TEST(SignedNote, RefusesEverythingElse) {
  const std::string good = kSpecNote;
  const std::string cases[] = {
      "",
      "\n",
      "text without signature\n",
      "text\n\n",
      good.substr(0, good.size() - 1),  // no final newline
      good + "\n",                      // empty line after the signatures
      replaced(good, "\n\n", "\n"),     // no empty line
      replaced(good, "example message", "example\tmessage"),
      replaced(good, "example message", "example\r\nmessage"),
      replaced(good, "example message", "example \xFF message"),
      replaced(good, "example message", "example \xC0\xAF message"),      // overlong '/'
      replaced(good, "example message", "example \xED\xA0\x80 message"),  // surrogate
      replaced(good, "\xE2\x80\x94 ", "- "),
      replaced(good, "example.com/foo ", "example.com/foo"),
      replaced(good, "example.com/foo", ""),
      replaced(good, "example.com/foo", "example+foo"),
      replaced(good, "IneyaQM=", "IneyaQM"),   // base64 without padding
      replaced(good, "IneyaQM=", "IneyaQN="),  // base64 with bits that mean nothing
      replaced(good,
               "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu7"
               "2IneyaQM=",
               "Uw2QOg=="),
  };
  for (const std::string& text : cases) {
    EXPECT_EQ(code_of(SignedNote::parse(text)), ErrorCode::note_malformed) << text;
  }
}

TEST(NoteKey, RefusesWhatDoesNotFit) {
  const std::string good = kSpecKey;
  EXPECT_FALSE(NoteKey::parse(""));
  EXPECT_FALSE(NoteKey::parse("name"));
  EXPECT_FALSE(NoteKey::parse("name+00000000"));
  EXPECT_FALSE(NoteKey::parse(replaced(good, "530d903a", "530d903b")));
  EXPECT_FALSE(NoteKey::parse(replaced(good, "530d903a", "530D903A")));
  EXPECT_FALSE(NoteKey::parse(replaced(good, "example.com/foo", "example.com/fop")));
  EXPECT_FALSE(NoteKey::parse(replaced(good, "example.com", "example com")));
  EXPECT_FALSE(NoteKey::parse(good + "A"));
  EXPECT_FALSE(NoteKey::parse("+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"));
}

TEST(Cosignature, VerifiesAndCarriesItsTime) {
  SignedNote note{"example.org/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", {}};
  cosign_note(note, "witness", test_key(9), 1'679'315'147);
  const NoteKey witness{"witness", NoteKeyType::cosignature, test_key(9).public_key()};
  EXPECT_TRUE(note.signed_by(witness));
  EXPECT_EQ(cosignature_time_s(note.signatures[0]), 1'679'315'147u);
  // The same key as a plain signer is someone else, and the time is part of what is signed.
  EXPECT_FALSE(note.signed_by({"witness", NoteKeyType::ed25519, test_key(9).public_key()}));
  note.signatures[0].signature[7] ^= 1;
  EXPECT_FALSE(note.signed_by(witness));
}

TEST(NoteFields, ReadsWhatItKnowsAndRefusesTheRest) {
  const auto parse = [](std::string_view text) {
    return NoteFields::parse(text, "f/v1", {"a", "b"});
  };
  const auto fields = parse("f/v1\na one\nb x y\nb z\n");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields.value().one("a").value(), "one");
  EXPECT_EQ(fields.value().all("b"), (std::vector<std::string>{"x y", "z"}));
  EXPECT_EQ(fields.value().maybe("c"), std::nullopt);
  EXPECT_EQ(code_of(fields.value().one("b")), ErrorCode::note_malformed);
  EXPECT_EQ(code_of(fields.value().one("c")), ErrorCode::note_malformed);
  for (const char* text : {"", "f/v1", "f/v1\n", "f/v2\na one\n", "f/v1\na\n", "f/v1\nc one\n",
                           "f/v1\n\na one\n", "f/v1\na one", "f/v1\na\tone\n", " f/v1\na one\n"}) {
    EXPECT_EQ(code_of(parse(text)), ErrorCode::note_malformed) << text;
  }
}

}  // namespace
}  // namespace candour::identity
