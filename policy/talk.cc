#include "policy/talk.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/assert.h"

namespace candour::policy {
namespace {

constexpr std::uint64_t kBetweenLinesMs = 60'000;
constexpr std::uint64_t kFirstLineMs = 1'000'000;
// Any salt does: shingles are compared within one talk and thrown away.
constexpr std::array<std::uint8_t, kShingleSaltSize> kSalt = {};

bool is_name(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

Error bad_line(std::size_t number, const std::string& what) {
  return error(ErrorCode::policy_invalid,
               "line " + std::to_string(number) + " of the conversation " + what);
}

// Reads the signs between a name and its colon.
Status read_marks(std::string_view marks, std::size_t number, TalkLine& line) {
  for (const char mark : marks) {
    if (mark == '!') {
      line.sent_anyway = true;
    } else if (mark == '>' || mark == '+') {
      line.kind = mark == '>' ? ContentKind::reply : ContentKind::reaction;
      ++line.answers;
    } else {
      return bad_line(number, "has '" + std::string(1, mark) + "' where !, > or + may stand");
    }
  }
  if (line.answers >= number) return bad_line(number, "answers a line that is not there");
  return ok();
}

}  // namespace

Result<std::vector<TalkLine>> parse_talk(std::string_view talk) {
  std::vector<TalkLine> lines;
  std::vector<std::string> names;
  while (!talk.empty()) {
    const std::size_t end = std::min(talk.find('\n'), talk.size());
    const std::string_view whole = talk.substr(0, end);
    talk.remove_prefix(std::min(end + 1, talk.size()));
    if (whole.empty()) continue;
    const std::size_t number = lines.size() + 1;
    const std::size_t colon = whole.find(": ");
    const std::string_view head = whole.substr(0, colon == std::string_view::npos ? 0 : colon);
    const std::size_t name_end = std::min(head.find_first_of("!>+"), head.size());
    const std::string name(head.substr(0, name_end));
    if (!is_name(name)) return bad_line(number, "does not begin with a name and ': '");
    if (number > kTalkLinesMax) return bad_line(number, "is one too many");
    TalkLine line;
    CANDOUR_TRY(read_marks(head.substr(name_end), number, line));
    line.text = std::string(whole.substr(colon + 2));
    auto known = std::find(names.begin(), names.end(), name);
    if (known == names.end()) known = names.insert(names.end(), name);
    line.sender = static_cast<std::uint64_t>(known - names.begin()) + 1;
    lines.push_back(std::move(line));
  }
  if (lines.empty()) return bad_line(1, "is missing");
  return lines;
}

Judgement judge_talk(const Engine& engine, const std::vector<TalkLine>& lines,
                     const std::string& group_class) {
  CANDOUR_ASSERT(!lines.empty());
  History history;
  Conversation talk{.past = &history, .salt = kSalt};
  Judgement judgement;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const TalkLine& line = lines[i];
    talk.sender = line.sender;
    talk.now = TimeMs(kFirstLineMs + i * kBetweenLinesMs);
    talk.answers = std::nullopt;
    if (line.answers != 0) talk.answers = i - line.answers;
    judgement = engine.judge(line.text, {group_class, line.kind, &talk});
    const bool delivered = judgement.verdict == Verdict::release || line.sent_anyway;
    history.add({judgement.features, line.sender, talk.now, delivered, i});
  }
  return judgement;
}

}  // namespace candour::policy
