// One judgement as bytes in and bytes out, for a caller that is not C++: the browser app. The same
// code runs natively in tests, so that both sides can be compared byte for byte.
//
//   request   u8 1, vec<class of group>, u8 kind, u8 talk, [talk], vec<text>
//   talk      only when `talk` is 1: u64 sender, u64 now, u64 answers, vec<salt>, u16 n,
//             n times the messages before, oldest first: u64 sender, u64 time, u64 tag,
//             u8 delivered, vec<features>
//   answer    u8 1, u8 verdict, u8 alert, u8 n, n findings, vec<features>
//   finding   vec<rule>, vec<category>, u8 severity, u32 start, u32 end, vec<standard>,
//             vec<message>, vec<advice>, u8 of the conversation
//
// Lengths are those of base/codec.h; enumerators are numbered as in policy/rule.h; features are
// those of policy/conversation.h. `answers` is the tag of a message before, 0: none. Tags are not
// 0.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "policy/engine.h"

namespace candour::policy {

/// input_invalid when `request` is not one. What is answered holds nothing of the text.
Result<Bytes> judge_request(const Engine& engine, ByteView request);

}  // namespace candour::policy
