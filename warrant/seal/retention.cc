#include "warrant/seal/retention.h"

#include <algorithm>

#include "base/files.h"
#include "crypto/hash.h"
#include "warrant/seal/key_text.h"

namespace candour::warrant {
namespace {

constexpr std::string_view kFormat = "candour-retention-keys/v1";
constexpr std::string_view kPartLabel = "candour retention part v1";
constexpr std::size_t kFileSizeMax = 256 * 1024;
constexpr std::uint8_t kZero[] = {0};

bool valid_class(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool valid_period(std::string_view period) {
  return period.size() == 4 &&
         std::all_of(period.begin(), period.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Error damaged(std::size_t line, const std::string& what) {
  return error(ErrorCode::state_damaged,
               "retention keys, line " + std::to_string(line) + ": " + what);
}

}  // namespace

std::string period_of(TimeMs time) { return time_encode(time.value).substr(0, 4); }

Secret<32> retention_part(const RetentionKey& key, const RecordId& record) {
  return crypto::hmac_sha256(key.key.view(), {as_bytes(kPartLabel), kZero, record.view()});
}

Status RetentionKeys::add_missing(const std::vector<std::string>& classes,
                                  const std::vector<std::string>& periods, Random& random) {
  for (const std::string& name : classes) {
    if (!valid_class(name)) {
      return error(ErrorCode::input_invalid,
                   "retention class '" + name + "' must be 1 to 32 of a-z, 0-9 and '-'");
    }
  }
  for (const std::string& period : periods) {
    if (!valid_period(period)) {
      return error(ErrorCode::input_invalid,
                   "retention period '" + period + "' must be a year such as 2026");
    }
  }
  for (const std::string& period : periods) {
    for (const std::string& name : classes) {
      if (lookup(name, period) == nullptr) {
        keys_.push_back({name, period, random.secret<32>()});
      }
    }
  }
  return ok();
}

Result<RetentionKeys> RetentionKeys::read(const std::filesystem::path& path) {
  CANDOUR_TRY(auto text, read_secret_file(path, kFileSizeMax));
  auto keys = parse(text.view());
  if (!keys) return error(keys.error().code, path.string() + ": " + keys.error().message);
  return keys;
}

Status RetentionKeys::write(const std::filesystem::path& path, bool replace) const {
  return write_secret_file(path, print().view(), replace);
}

Result<RetentionKeys> RetentionKeys::parse(ByteView text) {
  const auto lines = lines_of(as_text(text));
  if (!lines || lines->front() != kFormat) {
    return damaged(1, "must be '" + std::string(kFormat) + "', and the last line must end");
  }
  RetentionKeys keys;
  for (std::size_t i = 1; i < lines->size(); ++i) {
    const auto words = words_of((*lines)[i]);
    if (words.size() != 4 || words[0] != "key" || !valid_class(words[1]) ||
        !valid_period(words[2])) {
      return damaged(i + 1, "must be 'key <class> <period> <64 hex>'");
    }
    auto secret = secret_from_hex(words[3]);
    if (!secret) return damaged(i + 1, "the key must be 64 lower-case hex digits");
    if (keys.lookup(words[1], words[2]) != nullptr) {
      return damaged(i + 1, "this class and period has a key already");
    }
    keys.keys_.push_back({std::string(words[1]), std::string(words[2]), std::move(*secret)});
  }
  return keys;
}

SecretBytes RetentionKeys::print() const {
  SecretBytes::Buffer out;
  append_text(out, kFormat);
  append_text(out, "\n");
  for (const RetentionKey& key : keys_) {
    append_text(out, "key " + key.retention_class + " " + key.period + " ");
    append_hex(out, key.key.view());
    append_text(out, "\n");
  }
  return SecretBytes(std::move(out));
}

Result<const RetentionKey*> RetentionKeys::find(std::string_view retention_class,
                                                TimeMs time) const {
  const std::string period = period_of(time);
  const RetentionKey* key = lookup(retention_class, period);
  if (key == nullptr) {
    return error(ErrorCode::not_found, "no retention key for class '" +
                                           std::string(retention_class) + "' in " + period +
                                           "; make one on the bot and the keeper first");
  }
  return key;
}

const RetentionKey* RetentionKeys::lookup(std::string_view retention_class,
                                          std::string_view period) const {
  for (const RetentionKey& key : keys_) {
    if (key.retention_class == retention_class && key.period == period) return &key;
  }
  return nullptr;
}

}  // namespace candour::warrant
