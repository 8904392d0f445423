// Goal: leaf kinds keep their numbers and names, and those of opening leaves are the same numbers
// in the notice that the relay reads. Method: the numbers written out once more; every opening read
// back; every number that names no kind refused.
#include "tlog/leaf.h"

#include <gtest/gtest.h>

#include <set>

#include "identity/opening_notice.h"

namespace candour::tlog {
namespace {

constexpr std::pair<LeafKind, int> kNumbers[] = {
    {LeafKind::message, 1},
    {LeafKind::commit, 2},
    {LeafKind::attempt, 3},
    {LeafKind::alert_step, 4},
    {LeafKind::group_change, 5},
    {LeafKind::alert_dismissal, 6},
    {LeafKind::statement, 16},
    {LeafKind::certificate, 17},
    {LeafKind::revocation, 18},
    {LeafKind::policy, 19},
    {LeafKind::notice, 20},
    {LeafKind::notice_ack, 21},
    {LeafKind::succession, 22},
    {LeafKind::web_bundle, 23},
    {LeafKind::warrant, 32},
    {LeafKind::release, 33},
    {LeafKind::disposal, 34},
    {LeafKind::request, 35},
    {LeafKind::warrant_revocation, 36},
};

TEST(LeafKinds, KeepTheirNumbersAndHaveNames) {
  std::set<std::string_view> names;
  std::set<int> numbers;
  for (const auto& [kind, number] : kNumbers) {
    EXPECT_EQ(static_cast<int>(kind), number);
    EXPECT_TRUE(names.insert(name_of(kind)).second);
    numbers.insert(number);
    LeafOpening opening;
    opening.kind = kind;
    const auto read = LeafOpening::decode(opening.encode());
    ASSERT_TRUE(read) << name_of(kind);
    EXPECT_EQ(read.value().kind, kind);
  }
  EXPECT_EQ(names.count("unknown"), 0u);
  Bytes encoded = LeafOpening().encode();
  for (int number = 0; number < 256; ++number) {
    encoded[1] = static_cast<std::uint8_t>(number);
    EXPECT_EQ(bool(LeafOpening::decode(encoded)), numbers.count(number) != 0) << number;
  }
}

TEST(LeafKinds, AreTheNumbersOfOpeningNotices) {
  using identity::OpeningKind;
  const std::pair<OpeningKind, LeafKind> same[] = {
      {OpeningKind::warrant, LeafKind::warrant},
      {OpeningKind::release, LeafKind::release},
      {OpeningKind::disposal, LeafKind::disposal},
      {OpeningKind::request, LeafKind::request},
      {OpeningKind::warrant_revocation, LeafKind::warrant_revocation},
  };
  for (const auto& [notice, leaf] : same) {
    EXPECT_EQ(static_cast<int>(notice), static_cast<int>(leaf));
  }
  EXPECT_EQ(identity::kOpeningEntrySize, kEntrySize);
}

}  // namespace
}  // namespace candour::tlog
