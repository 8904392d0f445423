// Conversations as examples of a rule write them, played through an engine.
//
//   ana: they are all scum          ana says it; when it is warned of, she withdraws it
//   ana!: they are all scum         she sends it although it is warned of
//   ben>: proper scum               ben replies to the line before; ben>>: to the line before that
//   cal+: <emoji>                   cal reacts to the line before
//
// A minute passes between lines. The last line is the message that is asked about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "policy/engine.h"

namespace candour::policy {

struct TalkLine {
  std::string text;
  std::uint64_t sender = 0;  // the same number for the same name
  ContentKind kind = ContentKind::text;
  std::size_t answers = 0;  // how many lines back; 0: none
  bool sent_anyway = false;
};

inline constexpr std::size_t kTalkLinesMax = 64;

/// policy_invalid names the line that has no speaker, or answers a line that is not there.
Result<std::vector<TalkLine>> parse_talk(std::string_view talk);

/// The judgement of the last line, after all before it. `lines` is not empty (asserted).
Judgement judge_talk(const Engine& engine, const std::vector<TalkLine>& lines,
                     const std::string& group_class = {});

}  // namespace candour::policy
