// Goal: secrets leak only with effort: they do not copy, compare, print or format, and are wiped.
// Method: what must not compile is asserted at compile time; memory is looked at after a wipe.
#include "base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "base/log.h"

namespace candour {
namespace {

template <class T>
concept EqualityComparable = requires(const T& a, const T& b) {
  a == b;
};
template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Loggable = requires(const T& value) {
  log::Field("name", value);
};

template <class T>
constexpr bool kGuarded =
    !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> &&
    std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
    !EqualityComparable<T> && !Streamable<T> && !fmt::is_formattable<T>::value && !Loggable<T> &&
    !std::is_convertible_v<T, std::string> && !std::is_convertible_v<T, std::string_view> &&
    !std::is_convertible_v<T, ByteView>;

static_assert(kGuarded<SecretBytes>);
static_assert(kGuarded<SecretText>);
static_assert(kGuarded<Secret<32>>);
static_assert(!Loggable<std::string>);
static_assert(!Loggable<std::string_view>);
// The concepts themselves tell the difference.
static_assert(EqualityComparable<Bytes> && Streamable<int> && Loggable<GroupId>);

TEST(Secret, CloneIsACopyAndAMovedFromSecretIsWiped) {
  Secret<4> a = Secret<4>::copy_of(std::array<std::uint8_t, 4>{1, 2, 3, 4});
  const Secret<4> b = a.clone();
  EXPECT_TRUE(same(a.view(), b.view()));
  const Secret<4> c = std::move(a);
  EXPECT_TRUE(same(c.view(), b.view()));
  EXPECT_TRUE(same(a.view(), Bytes(4, 0)));  // NOLINT: looking at what is left is the point
}

TEST(Secret, WipeOverwritesAll) {
  Bytes bytes(100, 0xaa);
  wipe(bytes.data(), bytes.size());
  EXPECT_TRUE(std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; }));
}

TEST(Secret, DestructorLeavesNothing) {
  alignas(Secret<32>) std::array<std::uint8_t, sizeof(Secret<32>)> memory{};
  auto* secret = new (memory.data()) Secret<32>();
  std::fill_n(secret->mutable_view().begin(), 32, std::uint8_t{0xaa});
  EXPECT_EQ(std::count(memory.begin(), memory.end(), 0xaa), 32);
  secret->~Secret();
  EXPECT_EQ(std::count(memory.begin(), memory.end(), 0xaa), 0);
}

TEST(SecretText, ExposesWhatItWasGiven) {
  const SecretText text = SecretText::copy_of("said in confidence");
  EXPECT_EQ(text.expose(), "said in confidence");
  EXPECT_EQ(text.clone().expose(), text.expose());
  EXPECT_EQ(text.size(), 18u);
  EXPECT_TRUE(SecretText().empty());
}

}  // namespace
}  // namespace candour
