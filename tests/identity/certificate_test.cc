// Goal: a device is believed only with the signatures of two registrars who are two people of this
// organisation. Method: a good certificate, then one thing wrong at a time.
#include "identity/certificate.h"

#include <gtest/gtest.h>

#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using namespace candour::tests;

Certificate good_certificate() {
  return {test_enrolment(), TimeMs(1'769'846'400'000), TimeMs(1'801'382'400'000)};
}

std::string two_registrars(const std::string& text) {
  return signed_text(text, {{"registrar-1", kRegistrar1}, {"registrar-2", kRegistrar2}});
}

TEST(Certificate, NeedsTwoRegistrarsWhoAreTwoPeople) {
  const Statement statement = test_statement();
  const std::string text = good_certificate().print();
  const auto verified = Certificate::verify(two_registrars(text), statement);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().print(), text);
  EXPECT_EQ(verified.value().device(), device_id(test_key(kDevice).public_key()));

  const auto code = [&](const std::string& note) {
    return code_of(Certificate::verify(note, statement));
  };
  const auto invalid = ErrorCode::certificate_invalid;
  EXPECT_EQ(code(signed_text(text, {{"registrar-1", kRegistrar1}})), invalid);
  EXPECT_EQ(code(signed_text(text, {{"registrar-1", kRegistrar1}, {"registrar-1", kRegistrar1}})),
            invalid);
  EXPECT_EQ(code(signed_text(
                text, {{"registrar-1", kRegistrar1}, {"registrar-1-spare", kRegistrar1Spare}})),
            invalid);
  EXPECT_EQ(code(signed_text(text, {{"registrar-1", kRegistrar1}, {"stranger", kStranger}})),
            invalid);
  EXPECT_EQ(code(signed_text(text, {{"registrar-1", kRegistrar1}, {"auditor", kAuditor}})),
            invalid);
  EXPECT_EQ(code(signed_text(text, {{"registrar-1", kRegistrar1}, {"registrar-2", kStranger}})),
            invalid);
  // An unknown signer besides two good ones does no harm.
  EXPECT_TRUE(Certificate::verify(signed_text(text, {{"stranger", kStranger},
                                                     {"registrar-1", kRegistrar1},
                                                     {"registrar-2", kRegistrar2}}),
                                  statement));
}

// Points of low order in their encodings, the canonical ones and two others.
constexpr const char* kLowOrderKeys[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    // The top bit is ignored by X25519.
    "0100000000000000000000000000000000000000000000000000000000000080"};

TEST(Certificate, SealingKeyOfLowOrderIsRefused_I12) {
  for (const char* hex : kLowOrderKeys) {
    Certificate c = good_certificate();
    c.subject.sealing_key = *SealingPublicKey::from_hex(hex);
    EXPECT_EQ(code_of(Certificate::verify(two_registrars(c.print()), test_statement())),
              ErrorCode::certificate_invalid)
        << hex;
    EXPECT_EQ(code_of(Enrolment::verify(make_enrolment(c.subject, test_key(kDevice)))),
              ErrorCode::certificate_invalid)
        << hex;
  }
}

TEST(Certificate, OfAnotherOrganisationIsForeign) {
  Certificate c = good_certificate();
  c.subject.organisation = "other-constabulary";
  EXPECT_EQ(code_of(Certificate::verify(two_registrars(c.print()), test_statement())),
            ErrorCode::foreign_certificate);
}

TEST(Certificate, EveryByteCounts) {
  const Statement statement = test_statement();
  const std::string note = two_registrars(good_certificate().print());
  const std::size_t text_size = good_certificate().print().size();
  for (std::size_t i = 0; i < text_size; ++i) {
    std::string changed = note;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(Certificate::verify(changed, statement)) << "byte " << i;
  }
}

TEST(Certificate, RefusesContradictions) {
  const Statement statement = test_statement();
  const std::string good = good_certificate().print();
  const std::string device = good_certificate().device().hex();
  for (const std::string& text :
       {replaced(good, device, DeviceId().hex()), replaced(good, "role officer", "role emperor"),
        replaced(good, "unit team-a", "unit team a"),
        replaced(good, "PC Amy", "PC\xE2\x80\xAE Amy"),
        replaced(good, "not-after 2027", "not-after 2025"), replaced(good, "person p-1042\n", ""),
        good + "role supervisor\n", good + "shoe-size 42\n"}) {
    EXPECT_EQ(code_of(Certificate::verify(two_registrars(text), statement)),
              ErrorCode::certificate_invalid)
        << text;
  }
}

TEST(Certificate, HasATime) {
  const Certificate c = good_certificate();
  EXPECT_TRUE(c.valid_at(c.not_before));
  EXPECT_TRUE(c.valid_at(c.not_after));
  EXPECT_EQ(code_of(c.valid_at(TimeMs(c.not_before.value - 1))), ErrorCode::certificate_expired);
  EXPECT_EQ(code_of(c.valid_at(TimeMs(c.not_after.value + 1))), ErrorCode::certificate_expired);
}

TEST(Enrolment, IsSignedByTheDeviceItself) {
  const std::string note = make_enrolment(test_enrolment(), test_key(kDevice));
  const auto verified = Enrolment::verify(note);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().print(), test_enrolment().print());
  EXPECT_EQ(code_of(Enrolment::verify(make_enrolment(test_enrolment(), test_key(kStranger)))),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(Enrolment::verify(replaced(note, "p-1042", "p-1043"))),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(Enrolment::verify("nothing")), ErrorCode::note_malformed);
}

TEST(Revocation, NeedsOneRegistrar) {
  const Statement statement = test_statement();
  const Revocation r{"example-constabulary", good_certificate().device(), "lost on duty",
                     TimeMs(1'769'846'400'000)};
  const auto verified =
      Revocation::verify(signed_text(r.print(), {{"registrar-2", kRegistrar2}}), statement);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().device, r.device);
  EXPECT_EQ(verified.value().reason, "lost on duty");
  EXPECT_EQ(code_of(Revocation::verify(signed_text(r.print(), {{"auditor", kAuditor}}), statement)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(code_of(Revocation::verify(
                replaced(signed_text(r.print(), {{"registrar-2", kRegistrar2}}), "lost", "cost"),
                statement)),
            ErrorCode::signature_invalid);
  Revocation foreign = r;
  foreign.organisation = "other";
  EXPECT_EQ(code_of(Revocation::verify(signed_text(foreign.print(), {{"registrar-2", kRegistrar2}}),
                                       statement)),
            ErrorCode::foreign_certificate);
  Revocation silent = r;
  silent.reason = "";
  EXPECT_EQ(code_of(Revocation::verify(signed_text(silent.print(), {{"registrar-2", kRegistrar2}}),
                                       statement)),
            ErrorCode::note_malformed);
}

}  // namespace
}  // namespace candour::identity
