// Every bound of the system, in one place. Units last in the name; sizes in bytes, durations in
// milliseconds. What an operator may change is in config/; these are the outer walls.
#pragma once

#include <cstddef>
#include <cstdint>

namespace candour::limits {

// Frames and messages.
inline constexpr std::size_t kFrameSizeMax = 1024 * 1024;
inline constexpr std::size_t kContentSizeMax = 16 * 1024;
inline constexpr std::size_t kCiphertextSizeMax = 64 * 1024;
inline constexpr std::size_t kCommitSizeMax = 512 * 1024;
inline constexpr std::size_t kWelcomeSizeMax = 900 * 1024;
inline constexpr std::size_t kKeyPackageSizeMax = 4 * 1024;
inline constexpr std::size_t kNoteSizeMax = 64 * 1024;
inline constexpr std::size_t kRecordSizeMax = 256 * 1024;
inline constexpr std::size_t kMailSizeMax = 64 * 1024;

// The browser app, as far as a relay serves it: files, and the size of one.
inline constexpr std::size_t kWebFilesMax = 256;
inline constexpr std::size_t kWebFileSizeMax = 8 * 1024 * 1024;

// Fixed sizes, the same for every message so that they tell nothing.
inline constexpr std::size_t kBotFieldPlaintextSize = 2560;
inline constexpr std::size_t kReplyPlaintextSize = 2048;
inline constexpr std::size_t kAnswerPlaintextSize = 2816;

// People and groups.
inline constexpr std::size_t kGroupMembersMax = 1024;
inline constexpr std::size_t kGroupNameSizeMax = 128;
// Each desk gets the whole of an appealed message, and all of them in one frame.
inline constexpr std::size_t kAppealContentSizeMax = 4 * 1024;
inline constexpr std::size_t kJustificationCodePointsMin = 10;
inline constexpr std::size_t kJustificationCodePointsMax = 500;

// Openings under warrant.
inline constexpr std::size_t kReleaseRecordsMax = 20'000;  // in one request to the custodians
inline constexpr std::size_t kRequestSizeMax = 64u << 20;  // a request file, all in
inline constexpr std::size_t kOversightCopiesMax = 16;
inline constexpr std::uint64_t kSealedUntilMaxMs = 5ull * 366 * 24 * 3600 * 1000;

// Queues.
inline constexpr std::size_t kPendingPerGroupMax = 1024;
inline constexpr std::size_t kSessionQueueFramesMax = 1024;
inline constexpr std::size_t kSessionQueueSizeMax = 64u << 20;
inline constexpr std::size_t kGroupsMax = 1'000'000;
inline constexpr std::size_t kMessagesKeptPerGroupMax = 10'000'000;
inline constexpr std::size_t kKeyPackagesPerDeviceMax = 64;
inline constexpr std::size_t kKeyPackagesPerDeviceGoal = 16;
inline constexpr std::size_t kSessionsMax = 20000;
inline constexpr std::size_t kSubmitsPerSecondMax = 200;

// MLS (the same on every client).
inline constexpr std::size_t kPastEpochsMax = 4;
inline constexpr std::uint32_t kRatchetForwardStepsMax = 200;
inline constexpr std::size_t kSkippedGenerationsMax = 200;
inline constexpr std::size_t kWithheldGenerationsMax = 100;

// Time.
inline constexpr std::uint64_t kLoginTimeoutMs = 10'000;
inline constexpr std::uint64_t kIdleTimeoutMs = 60'000;
inline constexpr std::uint64_t kDrainMs = 5'000;
inline constexpr std::uint64_t kCheckpointTickMs = 1'000;
inline constexpr std::uint64_t kCheckpointLatestMs = 10'000;
inline constexpr std::uint64_t kBotAbsentNoticeMs = 2'000;
inline constexpr std::uint64_t kBotSilentMs = 3'000;  // asked for so long and not a frame: absent
inline constexpr std::uint64_t kWarningLifetimeMs = 24ull * 3600 * 1000;
inline constexpr std::uint64_t kApprovalLifetimeMs = 24ull * 3600 * 1000;
inline constexpr std::uint64_t kClockSkewMs = 5ull * 60 * 1000;

}  // namespace candour::limits
