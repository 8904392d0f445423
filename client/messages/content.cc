#include "client/messages/content.h"

#include "base/assert.h"
#include "base/limits.h"
#include "client/messages/utf8.h"
#include "crypto/hash.h"

namespace candour::messages {
namespace {

constexpr std::uint8_t kVersion = 1;

Error bad_content(const std::string& what) {
  return error(ErrorCode::input_invalid, "the content of the message is malformed: " + what);
}

// Text of a person that must not be empty, of at most `size_max` bytes.
Result<SecretText> read_text(Reader& in, std::size_t size_max, const char* field) {
  const ByteView bytes = in.vec(size_max);
  if (!in.ok()) {
    return bad_content(std::string(field) + " is cut off or longer than " +
                       std::to_string(size_max) + " bytes");
  }
  if (bytes.empty()) return bad_content(std::string(field) + " is empty");
  if (!is_utf8(as_text(bytes))) return bad_content(std::string(field) + " is not UTF-8");
  return SecretText(SecretBytes::copy_of(bytes));
}

Status decode_text(Reader& in, Content& content) {
  CANDOUR_TRY(content.text, read_text(in, limits::kContentSizeMax, "text"));
  const ByteView reply_to = in.vec(MessageId::kSize);
  if (!reply_to.empty()) {
    content.about = MessageId::from(reply_to);
    if (!content.about) return bad_content("'reply to' is not 16 bytes");
  }
  const std::size_t mentions = in.u8();
  for (std::size_t i = 0; i < mentions && in.ok(); ++i) {
    const std::string_view person = as_text(in.vec(kPersonIdSizeMax));
    if (!in.ok() || person.empty() || !is_utf8(person)) return bad_content("a mention");
    content.mentions.emplace_back(person);
  }
  if (mentions > kMentionsMax) {
    return bad_content("more than " + std::to_string(kMentionsMax) + " mentions");
  }
  return ok();
}

Status decode_poll(Reader& in, Content& content) {
  CANDOUR_TRY(content.text, read_text(in, limits::kContentSizeMax, "question"));
  const std::size_t count = in.u8();
  if (in.ok() && (count < kPollOptionsMin || count > kPollOptionsMax)) {
    return bad_content("a poll has " + std::to_string(kPollOptionsMin) + " to " +
                       std::to_string(kPollOptionsMax) + " options");
  }
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    CANDOUR_TRY(auto option, read_text(in, kPollOptionSizeMax, "an option of the poll"));
    if (!shows_as_written(option.expose())) {
      return bad_content("an option of the poll has control characters or nothing to see");
    }
    for (const SecretText& other : content.options) {
      if (other.expose() == option.expose()) return bad_content("two options are alike");
    }
    content.options.push_back(std::move(option));
  }
  return ok();
}

Status decode_body(Reader& in, Content& content) {
  switch (content.type) {
    case ContentType::text:
      return decode_text(in, content);
    case ContentType::reaction: {
      content.about = in.id<MessageId>();
      CANDOUR_TRY(content.text, read_text(in, kEmojiSizeMax, "emoji"));
      if (!shows_as_written(content.text.expose())) {
        return bad_content("the emoji has control characters or nothing to see");
      }
      return ok();
    }
    case ContentType::edit: {
      content.about = in.id<MessageId>();
      CANDOUR_TRY(content.text, read_text(in, limits::kContentSizeMax, "text"));
      return ok();
    }
    case ContentType::deletion:
      content.about = in.id<MessageId>();
      return ok();
    case ContentType::poll:
      return decode_poll(in, content);
    case ContentType::vote:
      content.about = in.id<MessageId>();
      content.option = in.u8();
      return ok();
    case ContentType::parcel:
      content.parcel = to_bytes(in.vec());
      return ok();
    case ContentType::attachment_reserved:
      return error(ErrorCode::input_invalid, "attachments are not supported in this version");
  }
  return bad_content("unknown type");
}

void write_about(SecretWriter& out, const Content& content) {
  CANDOUR_ASSERT(content.about.has_value());
  out.id(*content.about);
}

}  // namespace

SecretBytes Content::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.u8(static_cast<std::uint8_t>(type));
  switch (type) {
    case ContentType::text:
      CANDOUR_ASSERT(mentions.size() <= 255);
      out.vec(text.view());
      out.vec(about ? about->view() : ByteView());
      out.u8(static_cast<std::uint8_t>(mentions.size()));
      for (const std::string& person : mentions) out.vec(person);
      break;
    case ContentType::reaction:
    case ContentType::edit:
      write_about(out, *this);
      out.vec(text.view());
      break;
    case ContentType::deletion:
      write_about(out, *this);
      break;
    case ContentType::poll:
      CANDOUR_ASSERT(options.size() <= 255);
      out.vec(text.view());
      out.u8(static_cast<std::uint8_t>(options.size()));
      for (const SecretText& o : options) out.vec(o.view());
      break;
    case ContentType::vote:
      write_about(out, *this);
      out.u8(option);
      break;
    case ContentType::parcel:
      out.vec(parcel);
      break;
    case ContentType::attachment_reserved:
      CANDOUR_ASSERT(type != ContentType::attachment_reserved);
  }
  return SecretBytes(out.take());
}

Result<Content> Content::decode(ByteView bytes) {
  Reader in(bytes);
  if (in.u8() != kVersion) return bad_content("not version 1");
  const std::uint8_t type = in.u8();
  const bool parcel = type == static_cast<std::uint8_t>(ContentType::parcel);
  const std::size_t size_max = parcel ? kParcelContentSizeMax : limits::kContentSizeMax;
  if (bytes.size() > size_max) {
    return bad_content("longer than " + std::to_string(size_max) + " bytes");
  }
  if (type < 1 || type > 8) return bad_content("unknown type " + std::to_string(type));
  Content content;
  content.type = static_cast<ContentType>(type);
  CANDOUR_TRY(decode_body(in, content));
  if (!in.finish()) return bad_content("cut off, or followed by more bytes");
  return content;
}

SecretText Content::checkable() const {
  SecretBytes::Buffer all(text.view().begin(), text.view().end());
  for (const SecretText& o : options) {
    all.push_back('\n');
    all.insert(all.end(), o.view().begin(), o.view().end());
  }
  return SecretText(SecretBytes(std::move(all)));
}

SecretBytes Inner::encode() const {
  SecretWriter out;
  out.u8(kVersion);
  out.vec(content.view());
  out.u64(counter);
  out.number(time);
  out.vec(checkpoint.origin);
  out.u64(checkpoint.size);
  out.id(checkpoint.root);
  out.raw(commitment_key.view());
  return SecretBytes(out.take());
}

Result<Inner> Inner::decode(ByteView bytes) {
  Reader in(bytes);
  const bool version_known = in.u8() == kVersion;
  Inner inner;
  inner.content = SecretBytes::copy_of(in.vec(kParcelContentSizeMax));
  inner.counter = in.u64();
  inner.time = in.number<TimeMs>();
  inner.checkpoint.origin = as_text(in.vec(kOriginSizeMax));
  inner.checkpoint.size = in.u64();
  inner.checkpoint.root = in.id<Digest>();
  const ByteView key = in.raw(CommitmentKey::kSize);
  if (!version_known || !in.finish()) {
    return error(ErrorCode::input_invalid,
                 "the inside of the message is malformed: not version 1, cut off, or over limits");
  }
  if (inner.counter > kNumberMax || inner.checkpoint.size > kNumberMax || inner.time > kTimeMax) {
    return error(ErrorCode::input_invalid,
                 "the inside of the message has a counter, a time or a checkpoint size that is too "
                 "large");
  }
  if (!is_utf8(inner.checkpoint.origin)) {
    return error(ErrorCode::input_invalid,
                 "the inside of the message names a log with what is not UTF-8");
  }
  inner.commitment_key = CommitmentKey::copy_of(key.first<CommitmentKey::kSize>());
  return inner;
}

Digest Inner::commitment() const { return content_commitment(commitment_key, content.view()); }

Digest content_commitment(const CommitmentKey& key, ByteView content) {
  return crypto::hmac_sha256_tag(key.view(), {content});
}

}  // namespace candour::messages
