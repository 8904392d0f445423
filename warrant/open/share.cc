#include "warrant/open/share.h"

#include "base/assert.h"
#include "identity/note_text.h"
#include "warrant/open/polynomial.h"
#include "warrant/open/static_key.h"
#include "warrant/seal/key_text.h"
#include "warrant/seal/seal.h"

namespace candour::warrant {
namespace {

using crypto::Point;

constexpr std::string_view kFormat = "candour-custodian-share/v1";

Error damaged(std::size_t line, const std::string& what) {
  return error(ErrorCode::share_invalid,
               "custodian share, line " + std::to_string(line) + ": " + what);
}

Error unfit(const std::string& what) {
  return error(ErrorCode::share_invalid, "custodian share: " + what);
}

// The lines of the file with what stands in them; each read names the line it is at.
class Lines {
 public:
  static Result<Lines> open(std::string_view text) {
    auto lines = lines_of(text);
    if (!lines || lines->front() != kFormat) {
      return damaged(1, "must be '" + std::string(kFormat) + "', and the last line must end");
    }
    Lines out;
    out.lines_ = std::move(*lines);
    return out;
  }

  /// The words of the next line after `key`.
  Result<std::vector<std::string_view>> next(std::string_view key, std::size_t words) {
    ++at_;
    if (at_ >= lines_.size()) return damaged(at_ + 1, "the file is cut off");
    auto out = words_of(lines_[at_]);
    if (out.size() != words + 1 || out[0] != key) {
      return damaged(at_ + 1, "must be '" + std::string(key) + "' and " + std::to_string(words) +
                                  (words == 1 ? " value" : " values"));
    }
    out.erase(out.begin());
    return out;
  }
  Result<std::uint32_t> number(std::string_view key) {
    CANDOUR_TRY(const auto words, next(key, 1));
    const auto value = small_number(words[0]);
    if (!value) return wrong("not a number");
    return *value;
  }
  Result<Point> point(std::string_view hex) const {
    const auto bytes = hex_decode(hex);
    const auto point = bytes ? Point::decode(*bytes) : std::nullopt;
    if (!point || hex != hex_encode(*bytes)) return wrong("not a canonical point as 64 hex digits");
    return *point;
  }
  Error wrong(const std::string& what) const { return damaged(at_ + 1, what); }
  bool at_end() const { return at_ + 1 == lines_.size(); }

 private:
  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

Result<ShareHeader> read_header(Lines& lines) {
  CANDOUR_TRY(const auto suite, lines.number("suite"));
  if (suite != kSealSuite) return lines.wrong("this program knows suite 1");
  ShareHeader share;
  CANDOUR_TRY(const auto group, lines.next("group", 1));
  if (!identity::valid_identifier(group[0])) return lines.wrong("an impossible group name");
  share.group = group[0];
  CANDOUR_TRY(share.threshold, lines.number("threshold"));
  CANDOUR_TRY(share.count, lines.number("count"));
  if (share.threshold < 1 || share.threshold > share.count || share.count > kCustodiansMax) {
    return lines.wrong("threshold and count do not fit");
  }
  CANDOUR_TRY(share.index, lines.number("index"));
  if (share.index < 1 || share.index > share.count) return lines.wrong("no such index");
  CANDOUR_TRY(const auto key, lines.next("public-key", 1));
  CANDOUR_TRY(share.public_key, lines.point(key[0]));
  for (std::uint32_t i = 1; i <= share.count; ++i) {
    CANDOUR_TRY(const auto words, lines.next("verification-key", 2));
    if (small_number(words[0]) != i) return lines.wrong("must be of index " + std::to_string(i));
    CANDOUR_TRY(const auto point, lines.point(words[1]));
    share.verification_keys.push_back(point);
  }
  return share;
}

std::string header_text(const ShareHeader& share) {
  std::string out(kFormat);
  out += "\nsuite " + std::to_string(kSealSuite) + "\ngroup " + share.group + "\nthreshold " +
         std::to_string(share.threshold) + "\ncount " + std::to_string(share.count) + "\nindex " +
         std::to_string(share.index) + "\npublic-key " + hex_encode(share.public_key.encoded()) +
         "\n";
  for (std::size_t i = 0; i < share.verification_keys.size(); ++i) {
    out += "verification-key " + std::to_string(i + 1) + " " +
           hex_encode(share.verification_keys[i].encoded()) + "\n";
  }
  return out;
}

// Sum of coefficient times verification key over the given indices; the key, when they fit.
std::optional<Point> interpolate(const std::vector<Point>& keys,
                                 std::span<const std::uint32_t> indices) {
  std::optional<Point> sum;
  for (const std::uint32_t index : indices) {
    const auto term = keys[index - 1].times(lagrange_at_zero(indices, index));
    if (!term) return std::nullopt;
    sum = sum ? sum->plus(*term) : term;
    if (!sum) return std::nullopt;
  }
  return sum;
}

// The first threshold - 1 keys and the public key fix the polynomial; every further key must lie
// on it.
bool on_one_polynomial(const ShareHeader& share) {
  std::vector<std::uint32_t> indices(share.threshold);
  for (std::uint32_t i = 0; i < share.threshold; ++i) indices[i] = i + 1;
  for (std::uint32_t last = share.threshold; last <= share.count; ++last) {
    indices.back() = last;
    const auto key = interpolate(share.verification_keys, indices);
    if (!key || !(*key == share.public_key)) return false;
  }
  return true;
}

}  // namespace

Status ShareHeader::check() const {
  if (threshold < 1 || threshold > count || count > kCustodiansMax || index < 1 || index > count ||
      verification_keys.size() != count) {
    return unfit("threshold, count and index do not fit");
  }
  if (!on_one_polynomial(*this)) {
    return unfit("the verification keys do not belong to the public key");
  }
  return ok();
}

Status EscrowShare::check() const {
  CANDOUR_TRY(ShareHeader::check());
  const auto mine = value.times_base();
  if (!mine || !(*mine == verification_keys[index - 1])) {
    return unfit("the share does not fit its verification key");
  }
  return ok();
}

identity::CustodianGroup custodian_group(const ShareHeader& share,
                                         const std::vector<std::string>& key_names) {
  CANDOUR_ASSERT(key_names.size() == share.count && share.verification_keys.size() == share.count);
  identity::CustodianGroup group{
      share.group, share.threshold, share.count, kSealSuite, to_bytes(share.public_key.encoded()),
      {}};
  for (std::uint32_t i = 1; i <= share.count; ++i) {
    group.members.push_back(
        {i, key_names[i - 1], to_bytes(share.verification_keys[i - 1].encoded())});
  }
  return group;
}

Result<std::string> seal_share(const EscrowShare& share, const SecretText& passphrase,
                               Random& random) {
  return seal_scalar(header_text(share), "share", share.value, passphrase, random);
}

Result<ShareHeader> read_share_header(std::string_view text) {
  CANDOUR_TRY(auto lines, Lines::open(text));
  return read_header(lines);
}

Result<EscrowShare> open_share(std::string_view text, const SecretText& passphrase) {
  CANDOUR_TRY(auto lines, Lines::open(text));
  CANDOUR_TRY(auto header, read_header(lines));
  CANDOUR_TRY(lines.next("salt", 1));
  CANDOUR_TRY(lines.next("share", 1));
  if (!lines.at_end()) return lines.wrong("must be the last line");
  CANDOUR_TRY(auto value, open_scalar(text, "share", passphrase));
  EscrowShare share{std::move(header), std::move(value)};
  CANDOUR_TRY(share.check());
  return share;
}

}  // namespace candour::warrant
