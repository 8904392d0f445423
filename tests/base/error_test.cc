// Goal: error codes are contract: each has one name, the names of the interface are all there, and
// each ends a program with a status the interface knows. Method: walk the whole enum and compare
// with the published list.
#include "base/error.h"

#include <gtest/gtest.h>

#include <set>

#include "base/result.h"

namespace candour {
namespace {

constexpr int kCodes = static_cast<int>(ErrorCode::shutting_down) + 1;

TEST(ErrorCode, EachHasItsOwnNameAndComesBackFromIt) {
  std::set<std::string_view> names;
  for (int i = 0; i < kCodes; ++i) {
    const auto code = static_cast<ErrorCode>(i);
    const std::string_view name = code_name(code);
    EXPECT_FALSE(name.empty()) << i;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(code_from_name(name), code) << name;
  }
  EXPECT_EQ(code_from_name("no_such_code"), ErrorCode::internal);
}

TEST(ErrorCode, ThePublishedOnesAreThere) {
  for (const char* name : {"unknown_device",
                           "device_revoked",
                           "wrong_root_key",
                           "foreign_certificate",
                           "certificate_expired",
                           "client_build_unlisted",
                           "login_replayed",
                           "notice_unacknowledged",
                           "frame_too_large",
                           "frame_malformed",
                           "rate_limited",
                           "queue_full",
                           "group_unknown",
                           "not_a_member",
                           "epoch_stale",
                           "epoch_pending",
                           "message_id_reused",
                           "token_missing",
                           "token_invalid",
                           "bot_absent",
                           "policy_invalid",
                           "config_invalid",
                           "warrant_signature_missing",
                           "warrant_signature_invalid",
                           "warrant_same_person",
                           "warrant_conflict",
                           "warrant_expired",
                           "warrant_not_logged",
                           "warrant_not_witnessed",
                           "out_of_scope",
                           "custodians_too_few",
                           "partial_proof_invalid",
                           "record_disposed",
                           "log_inconsistent"}) {
    EXPECT_EQ(code_name(code_from_name(name)), name);
  }
}

TEST(ErrorCode, EndsAProgramWithAKnownStatus) {
  for (int i = 0; i < kCodes; ++i) {
    const int status = exit_status(static_cast<ErrorCode>(i));
    EXPECT_GE(status, 1) << i;
    EXPECT_LE(status, 5) << i;
  }
  EXPECT_EQ(exit_status(ErrorCode::config_invalid), 2);
  EXPECT_EQ(exit_status(ErrorCode::cannot_connect), 3);
  EXPECT_EQ(exit_status(ErrorCode::rate_limited), 4);
  EXPECT_EQ(exit_status(ErrorCode::state_damaged), 5);
}

Result<int> half(int n) {
  if (n % 2 != 0) return error(ErrorCode::input_invalid, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  CANDOUR_TRY(const int h, half(n));
  return half(h);
}

TEST(Result, TryHandsTheErrorOn) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(3).error().message, "odd");
  EXPECT_EQ(quarter(6).error().code, ErrorCode::input_invalid);
}

TEST(ResultDeathTest, ReadingTheValueOfAFailureEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(half(1).value()), "");
}

}  // namespace
}  // namespace candour
