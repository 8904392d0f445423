// Goal: a notice of an opening reads back as it was written, only the right roles can sign it, and
// whatever does not fit its kind is refused. Method: one good notice of each kind; then wrong
// signers, another organisation, and each field missing, doubled or malformed.
#include "identity/opening_notice.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "tests/identity/organisation.h"

namespace candour::identity {
namespace {

using namespace candour::tests;

constexpr KeyNumber kInvestigator = static_cast<KeyNumber>(100);
constexpr KeyNumber kAuthoriser = static_cast<KeyNumber>(101);

Statement statement() {
  Statement s = test_statement();
  s.roles.push_back({"investigator", "p-20", note_key("investigator-1", kInvestigator)});
  s.roles.push_back({"authoriser", "p-21", note_key("authoriser-1", kAuthoriser)});
  return s;
}

OpeningNotice notice_of(OpeningKind kind) {
  OpeningNotice n;
  n.organisation = "example-constabulary";
  n.kind = kind;
  n.entry = Bytes(kOpeningEntrySize, 0xAB);
  n.entry[0] = 1;
  n.entry[1] = 3;
  n.issued = TimeMs(1'769'846'400'000);
  n.sealed_until = TimeMs(n.issued.value + 90ull * 24 * 3600 * 1000);
  n.copies = {{"auditor", Digest()}, {"auditor-2", Digest()}};
  const bool counts = kind == OpeningKind::request || kind == OpeningKind::release;
  if (counts || kind == OpeningKind::warrant_revocation) n.about = Digest();
  if (counts) n.records = 12;
  return n;
}

constexpr OpeningKind kAll[] = {OpeningKind::warrant, OpeningKind::request, OpeningKind::release,
                                OpeningKind::warrant_revocation, OpeningKind::disposal};

TEST(OpeningNotice, ReadsBackAndIsSignedByTheRoleThatMayLogIt) {
  const Statement s = statement();
  for (const OpeningKind kind : kAll) {
    const OpeningNotice notice = notice_of(kind);
    const std::string text = notice.print();
    const auto read = OpeningNotice::parse(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value(), notice);
    const bool counts = kind == OpeningKind::request || kind == OpeningKind::release;
    const bool investigator = counts || kind == OpeningKind::warrant;
    EXPECT_EQ(
        bool(OpeningNotice::verify(signed_text(text, {{"investigator-1", kInvestigator}}), s)),
        investigator)
        << name_of(kind);
    EXPECT_EQ(bool(OpeningNotice::verify(signed_text(text, {{"authoriser-1", kAuthoriser}}), s)),
              !counts)
        << name_of(kind);
    EXPECT_EQ(code_of(OpeningNotice::verify(signed_text(text, {{"auditor", kAuditor}}), s)),
              ErrorCode::signature_invalid);
    EXPECT_EQ(code_of(OpeningNotice::verify(signed_text(text, {{"investigator-1", kStranger}}), s)),
              ErrorCode::signature_invalid);
  }
}

TEST(OpeningNotice, RefusesChangedTextAndOtherOrganisations) {
  Statement s = statement();
  const std::string text = notice_of(OpeningKind::request).print();
  const std::string note = signed_text(text, {{"investigator-1", kInvestigator}});
  ASSERT_TRUE(OpeningNotice::verify(note, s));
  EXPECT_EQ(code_of(OpeningNotice::verify(replaced(note, "records 12", "records 11"), s)),
            ErrorCode::signature_invalid);
  s.id = "another-constabulary";
  EXPECT_EQ(code_of(OpeningNotice::verify(note, s)), ErrorCode::foreign_certificate);
}

TEST(OpeningNotice, RefusesFieldsThatDoNotFitTheKind) {
  const std::string zero(64, '0');
  const std::string request = notice_of(OpeningKind::request).print();
  const std::string warrant = notice_of(OpeningKind::warrant).print();
  const auto malformed = [](const std::string& text) {
    EXPECT_EQ(code_of(OpeningNotice::parse(text)), ErrorCode::note_malformed) << text;
  };
  malformed(replaced(request, "about " + zero + "\n", ""));
  malformed(replaced(request, "about " + zero, "about 12"));
  malformed(replaced(request, "records 12\n", ""));
  malformed(replaced(request, "records 12", "records -1"));
  malformed(replaced(request, "records 12", "records 20001"));
  malformed(replaced(request, "records 12", "records 18446744073709551615"));
  malformed(replaced(request, "records 12\n", "records 12\nrecords 12\n"));
  malformed(replaced(request, "about " + zero, "about " + zero + "\nabout " + zero));
  malformed(replaced(warrant, "sealed-until", "records 1\nsealed-until"));
  malformed(replaced(warrant, "sealed-until", "about " + zero + "\nsealed-until"));
  malformed(replaced(warrant, "kind warrant", "kind wiretap"));
  malformed(replaced(warrant, "entry 0103", "entry 0102"));
  malformed(replaced(warrant, "entry 0103", "entry 03"));
  malformed(replaced(warrant, "copy auditor-2 ", "copy auditor "));
  malformed(replaced(warrant, "copy auditor-2 ", "copy "));
  malformed(replaced(warrant, "issued 2026", "issued 2036"));
  malformed(replaced(warrant, "issued 2026", "issued 2016"));
  malformed(replaced(warrant, "organisation example-constabulary\n", ""));
  malformed(warrant + "purpose none\n");
}

TEST(OpeningNotice, BoundsCopies) {
  OpeningNotice notice = notice_of(OpeningKind::warrant);
  notice.copies.clear();
  for (std::size_t i = 0; i < limits::kOversightCopiesMax; ++i) {
    notice.copies.emplace_back("auditor-" + std::to_string(i), Digest());
  }
  EXPECT_TRUE(OpeningNotice::parse(notice.print()));
  notice.copies.emplace_back("auditor-more", Digest());
  EXPECT_EQ(code_of(OpeningNotice::parse(notice.print())), ErrorCode::note_malformed);
}

}  // namespace
}  // namespace candour::identity
