// Goal: what travels between station, custodians, relay and auditors comes out as it went in, or
// not at all. Method: round trips; then each byte of the binary forms changed or cut, and each note
// presented for something it was not made for.
#include "warrant/open/notes.h"

#include "tests/warrant/world.h"
#include "warrant/open/approval.h"
#include "warrant/open/package.h"

namespace candour::tests {
namespace {

using warrant::RequestPackage;
namespace wo = candour::warrant;

TEST(Package, ComesOutAsItWentIn) {
  World world;
  const auto package = world.package();
  const Bytes bytes = package.encode();
  const auto decoded = RequestPackage::decode(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded.value().encode(), bytes);
  EXPECT_EQ(decoded.value().warrant.note, package.warrant.note);
  EXPECT_EQ(decoded.value().records[3].sealed, package.records[3].sealed);
  EXPECT_TRUE(wo::check_request(decoded.value(), world.context()));
}

TEST(Package, CutOrLengthenedIsRefused) {
  World world;
  const Bytes bytes = world.package().encode();
  for (std::size_t size = 0; size < bytes.size(); size += size < 2000 ? 1 : 97) {
    EXPECT_FALSE(RequestPackage::decode(ByteView(bytes).first(size))) << size;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_EQ(code_of(RequestPackage::decode(longer)), ErrorCode::input_invalid);
  Bytes other = bytes;
  other[0] = 2;
  EXPECT_EQ(code_of(RequestPackage::decode(other)), ErrorCode::input_invalid);
}

// No bit of a package is without meaning: each change is found, by the decoder or by the checks.
TEST(Package, EveryChangedByteIsFound) {
  World world;
  world.chosen = {0};
  const Bytes bytes = world.package().encode();
  const auto context = world.context();
  std::size_t decoded_count = 0;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    Bytes changed = bytes;
    changed[at] ^= 0x01;
    const auto decoded = RequestPackage::decode(changed);
    if (!decoded) continue;
    ++decoded_count;
    EXPECT_FALSE(wo::check_request(decoded.value(), context)) << "byte " << at;
  }
  EXPECT_GT(decoded_count, 1000u);
}

TEST(RequestNote, PrintsWhatItParses) {
  wo::Request r;
  r.organisation = "ex";
  r.records = 3;
  r.purpose = "second tranche";
  r.issued = TimeMs(kNow);
  const auto parsed = wo::Request::parse(r.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value(), r);
  EXPECT_EQ(code_of(wo::Request::parse(replaced(r.print(), "records 3", "records 0"))),
            ErrorCode::note_malformed);
  EXPECT_EQ(code_of(wo::Request::parse(replaced(r.print(), "records 3", "records 20001"))),
            ErrorCode::note_malformed);
  EXPECT_EQ(code_of(wo::Request::parse(replaced(r.print(), "records 3", "records 03"))),
            ErrorCode::note_malformed);
}

class ApprovalNote : public testing::Test {
 protected:
  World world;
  wo::Request request =
      wo::Request::parse(identity::SignedNote::parse(world.package().request.note).value().text)
          .value();
  wo::Approval approval{"example-constabulary", request.digest(), "custodian-2", "internal", 2,
                        request.records,        Digest(),         TimeMs(kNow)};
  Bytes parts = Bytes(100, 7);

  wo::ApprovalFile sealed(std::uint8_t key = kCustodian2) {
    return wo::seal_approval(approval, request.reply_key, parts, test_key(key), world.random)
        .value();
  }
};

TEST_F(ApprovalNote, ReachesTheStationOnly) {
  const auto file = wo::ApprovalFile::decode(sealed().encode());
  ASSERT_TRUE(file);
  const auto verified = wo::verify_approval(file.value(), world.statement, request);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_EQ(verified.value().custodian, "custodian-2");
  const auto opened = wo::open_approval(file.value(), verified.value(), world.reply_key);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(same(opened.value().view(), parts));
  EXPECT_EQ(code_of(wo::open_approval(file.value(), verified.value(), test_sealing_key(99))),
            ErrorCode::decryption_failed);
  // The parts travel sealed.
  const Bytes bytes = sealed().encode();
  EXPECT_EQ(std::search(bytes.begin(), bytes.end(), parts.begin(), parts.begin() + 16),
            bytes.end());
}

TEST_F(ApprovalNote, OfAnotherPlaceKeyOrRequestIsRefused) {
  const auto code = [&](const wo::ApprovalFile& file) {
    return code_of(wo::verify_approval(file, world.statement, request));
  };
  EXPECT_EQ(code(sealed(kCustodian3)), ErrorCode::signature_invalid);
  const wo::Approval right = approval;
  approval.index = 3;
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval.index = 4;
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval = right;
  approval.group = "elsewhere";
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval = right;
  approval.index = 0;  // as a keeper
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval = right;
  approval.records += 1;
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval = right;
  approval.request.mutable_view()[0] ^= 1;
  EXPECT_EQ(code(sealed()), ErrorCode::input_invalid);
  approval = right;
  auto file = sealed();
  file.sealed.back() ^= 1;
  EXPECT_EQ(code(file), ErrorCode::input_invalid);
  Bytes cut = sealed().encode();
  cut.pop_back();
  EXPECT_EQ(code_of(wo::ApprovalFile::decode(cut)), ErrorCode::input_invalid);
}

TEST_F(ApprovalNote, KeeperIsNoCustodian) {
  approval.custodian = "keeper-1";
  approval.group = wo::kKeeperGroup;
  approval.index = 0;
  const auto verified = wo::verify_approval(sealed(kKeeper), world.statement, request);
  ASSERT_TRUE(verified) << verified.error().message;
  EXPECT_TRUE(verified.value().by_keeper());
  approval.group = "internal";
  EXPECT_FALSE(wo::verify_approval(sealed(kKeeper), world.statement, request));
}

TEST(Oversight, AuditorSeesExactlyWhatWasLogged) {
  World world;
  const std::string note = world.warrant_note();
  const wo::OversightCopy copy{note,
                               wo::make_note_opening(tlog::LeafKind::warrant, note, world.random)};
  const auto auditor = test_sealing_key(kAuditor);
  const Bytes entry = copy.opening.entry(tlog::LeafClass::opening);
  const auto sealed = wo::seal_oversight_copy(copy, auditor.public_key(), world.random);
  ASSERT_TRUE(sealed);
  const auto opened = wo::open_oversight_copy(sealed.value(), entry, auditor);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened.value().object, note);
  EXPECT_TRUE(wo::check_note_opening(opened.value().opening, tlog::LeafKind::warrant, note));
  EXPECT_FALSE(wo::check_note_opening(opened.value().opening, tlog::LeafKind::request, note));

  EXPECT_EQ(code_of(wo::open_oversight_copy(sealed.value(), entry, test_sealing_key(1))),
            ErrorCode::decryption_failed);
  Bytes other_entry = entry;
  other_entry.back() ^= 1;
  EXPECT_EQ(code_of(wo::open_oversight_copy(sealed.value(), other_entry, auditor)),
            ErrorCode::decryption_failed);
  // A copy of another note than the one that was logged, rightly sealed for this entry.
  const wo::OversightCopy false_copy{replaced(note, "PSD-2026-0117", "PSD-2026-0118"),
                                     copy.opening};
  const auto lie = wo::seal_oversight_copy(false_copy, auditor.public_key(), world.random);
  EXPECT_EQ(code_of(wo::open_oversight_copy(lie.value(), entry, auditor)),
            ErrorCode::log_inconsistent);
}

TEST(Revocation, IsAnAuthorisersWord) {
  World world;
  const wo::WarrantRevocation r{world.statement.id, world.warrant.digest(), "withdrawn",
                                TimeMs(kNow)};
  const auto verify = [&](const std::string& name, std::uint8_t key) {
    return wo::WarrantRevocation::verify(World::sign(r.print(), {{name, key}}), world.statement);
  };
  const auto good = verify("authoriser-1", kAuthoriser);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good.value().warrant, world.warrant.digest());
  EXPECT_EQ(code_of(verify("investigator-1", kInvestigator)), ErrorCode::warrant_signature_missing);
  const std::string note = World::sign(r.print(), {{"authoriser-1", kAuthoriser}});
  EXPECT_EQ(code_of(wo::WarrantRevocation::verify(replaced(note, "withdrawn", "mistaken"),
                                                  world.statement)),
            ErrorCode::warrant_signature_invalid);
}

TEST(Release, CertificateIsOfItsRequest) {
  World world;
  const auto package = world.package();
  const auto request = wo::Request::verify(package.request.note, world.statement, world.warrant);
  ASSERT_TRUE(request);
  wo::ReleaseCertificate c{world.statement.id,
                           world.warrant.digest(),
                           request.value().digest(),
                           {"custodian-1", "custodian-3"},
                           "keeper-1",
                           3,
                           1,
                           request.value().records_digest,
                           Digest(),
                           TimeMs(kNow)};
  const auto verify = [&](std::uint8_t key) {
    return wo::ReleaseCertificate::verify(World::sign(c.print(), {{"investigator-1", key}}),
                                          world.statement, world.warrant, request.value());
  };
  const auto good = verify(kInvestigator);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good.value().print(), c.print());
  EXPECT_EQ(code_of(verify(kOtherInvestigator)), ErrorCode::warrant_signature_missing);
  c.opened = 4;  // 5 of 4 records
  EXPECT_EQ(code_of(verify(kInvestigator)), ErrorCode::warrant_invalid);
}

}  // namespace
}  // namespace candour::tests
