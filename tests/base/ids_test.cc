// Goal: ids and numbers of different kinds cannot be mixed up, and come back from their text.
// Method: what must not compile is asserted at compile time.
#include "base/ids.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "base/random.h"

namespace candour {
namespace {

static_assert(!std::is_convertible_v<GroupId, MessageId>);
static_assert(!std::is_constructible_v<GroupId, MessageId>);
static_assert(!std::is_convertible_v<Seq, Submission>);
static_assert(!std::is_convertible_v<std::uint64_t, Seq>);
static_assert(!std::is_convertible_v<Seq, std::uint64_t>);

template <class A, class B>
concept Comparable = requires(A a, B b) {
  a == b;
};
static_assert(Comparable<GroupId, GroupId>);
static_assert(!Comparable<GroupId, MessageId>);
static_assert(!Comparable<DeviceId, Digest>);
static_assert(!Comparable<Seq, Epoch>);

TEST(Id, ComesBackFromBytesAndHexOfTheRightLengthOnly) {
  const auto id = system_random().id<GroupId>();
  EXPECT_EQ(GroupId::from(id.view()), id);
  EXPECT_EQ(GroupId::from_hex(id.hex()), id);
  EXPECT_FALSE(GroupId::from(Bytes(15)));
  EXPECT_FALSE(GroupId::from(Bytes(17)));
  EXPECT_FALSE(GroupId::from_hex(id.hex() + "00"));
  EXPECT_FALSE(GroupId::from_hex(id.hex().substr(1) + "g"));
  EXPECT_TRUE(GroupId().is_zero());
  EXPECT_FALSE(id.is_zero());
}

TEST(Id, HashesAndOrders) {
  std::unordered_set<MessageId> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(system_random().id<MessageId>()).second);
  EXPECT_LT(Seq(1), Seq(2));
  EXPECT_EQ(Seq(1).next(), Seq(2));
}

}  // namespace
}  // namespace candour
