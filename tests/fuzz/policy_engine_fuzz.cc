// The engine with the default pack: any bytes as text, in any context, give findings whose spans
// lie within the text on borders of characters, and the same bytes give the same findings. The
// first bytes of the input choose the context; the rest is cut at '\x1e' into the messages of a
// conversation.
#include <array>
#include <cstdio>
#include <string_view>

#include "policy/pack.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/policy/borders.h"
#include "tests/policy/judgements.h"

namespace {

using namespace candour;
using namespace candour::policy;

const Engine& engine() {
  static const auto pack = load_draft(CANDOUR_SOURCE_DIR "/config/policy/default");
  if (!pack) std::fprintf(stderr, "%s\n", pack.error().message.c_str());
  fuzz::require(bool(pack), "the default pack does not load");
  return *pack.value()->engine;
}

void check(std::string_view text, const Judgement& judgement) {
  fuzz::require(judgement.findings.size() <= kFindingsMax, "too many findings");
  for (const Finding& f : judgement.findings) {
    fuzz::require(f.start < f.end && f.end <= text.size(), "a span outside the text");
    fuzz::require(is_border(text, f.start) && is_border(text, f.end), "a span within a character");
  }
  const auto features = decode_features(encode_features(judgement.features));
  fuzz::require(features && features.value() == judgement.features, "features do not survive");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array<std::uint8_t, kShingleSaltSize> kSalt = {7};
  const char* const classes[] = {"", "team", "statement", "training"};
  std::string_view rest = as_text({data + 2, size - 2});
  History history;
  Conversation talk{.past = &history, .salt = kSalt};
  for (std::uint64_t i = 0; i < 16 && !rest.empty(); ++i) {
    const std::string_view text = rest.substr(0, rest.find('\x1e'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    talk.sender = (data[0] >> (i % 8)) & 1;
    talk.now = TimeMs(1000 + i * 30'000);
    talk.answers = std::nullopt;
    if ((data[1] >> (i % 8) & 1) != 0) talk.answers = i;  // maybe beyond the history
    const Context context{classes[data[0] % 4], static_cast<ContentKind>(data[1] % 6), &talk};
    const Judgement judgement = engine().judge(text, context);
    check(text, judgement);
    fuzz::require(describe(judgement) == describe(engine().judge(text, context)),
                  "another judgement of the same bytes");
    history.add({judgement.features, talk.sender, talk.now, (data[1] & 0x40) != 0, i});
  }
  return 0;
}
