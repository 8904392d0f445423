// Goal: a record comes back from its bytes as it was, and nothing else is taken for one. Method:
// round trip of a record with every field set; every truncation and forbidden value is refused.
#include "tests/seal/fixtures.h"

namespace candour::warrant {
namespace {

using namespace testing_only;

TEST(Record, ComesBackAsItWas) {
  const Record in = make_record();
  const SecretBytes bytes = in.encode();
  auto decoded = Record::decode(bytes.view());
  ASSERT_TRUE(decoded.has_value()) << decoded.error().message;
  const Record& out = decoded.value();
  EXPECT_TRUE(same(out.encode().view(), bytes.view()));
  EXPECT_EQ(out.kind, tlog::LeafKind::attempt);
  EXPECT_EQ(out.submission, Submission(4));
  EXPECT_EQ(out.bot_time, TimeMs(kNow));
  EXPECT_TRUE(same(out.evidence.view(), as_bytes("signed content")));
  ASSERT_EQ(out.findings.size(), 2u);
  EXPECT_EQ(out.findings[0].category, "misogyny");
  EXPECT_EQ(out.findings[0].end, 9u);
  EXPECT_EQ(out.verdict, RecordVerdict::block);
  EXPECT_EQ(out.remark.type, RemarkType::dispute);
  EXPECT_EQ(out.remark.reason.expose(), "this warning is wrong");
  EXPECT_EQ(out.previous_of_group, in.previous_of_group);
  EXPECT_EQ(out.previous_of_sender, in.previous_of_sender);
}

TEST(Record, I12EveryTruncationAndExtensionIsRefused) {
  const SecretBytes bytes = make_record().encode();
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    const auto cut = Record::decode(bytes.view().first(n));
    ASSERT_FALSE(cut.has_value()) << n;
    EXPECT_EQ(cut.error().code, ErrorCode::input_invalid);
  }
  SecretBytes longer = bytes.clone();
  longer.resize(bytes.size() + 1);
  EXPECT_FALSE(Record::decode(longer.view()).has_value());
}

TEST(Record, I12UnknownVersionKindAndSeverityAreRefused) {
  SecretBytes bytes = make_record().encode();
  bytes.mutable_view()[0] = 2;
  EXPECT_FALSE(Record::decode(bytes.view()).has_value());
  for (const std::uint8_t kind : {0, 7, 16, 33, 255}) {
    bytes = make_record().encode();
    bytes.mutable_view()[1] = kind;
    EXPECT_FALSE(Record::decode(bytes.view()).has_value()) << int{kind};
  }
  Record bad = make_record();
  bad.findings[0].severity = 4;
  EXPECT_FALSE(Record::decode(bad.encode().view()).has_value());
  bad = make_record();
  bad.findings[0].start = 10;
  EXPECT_FALSE(Record::decode(bad.encode().view()).has_value());
}

}  // namespace
}  // namespace candour::warrant
