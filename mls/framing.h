// Message framing (RFC 9420 section 6): the structures, without their protection
// (mls/message_protection.h).
#pragma once

#include "mls/key_package.h"
#include "mls/suite.h"
#include "mls/types.h"
#include "mls/wire.h"

namespace candour::mls {

enum class SenderType : std::uint8_t {
  member = 1,
  external = 2,
  new_member_proposal = 3,
  new_member_commit = 4,
};

struct Sender {
  SenderType type = SenderType::member;
  std::uint32_t index = 0;  // leaf_index or sender_index

  static Sender member(LeafIndex leaf) { return {SenderType::member, leaf.value}; }
  bool is_member() const { return type == SenderType::member; }
  bool operator==(const Sender&) const = default;
  LeafIndex leaf() const { return LeafIndex(index); }
};

struct FramedContent {
  Bytes group_id;
  Epoch epoch;
  Sender sender;
  Bytes authenticated_data;
  ContentType content_type = ContentType::application;
  /// The application data itself, or the encoded Proposal or Commit.
  SecretBytes body;

  void write(SecretWriter& w) const;
  static FramedContent read(Reader& r);
  FramedContent clone() const;
};

/// AuthenticatedContent with its FramedContentAuthData.
struct AuthenticatedContent {
  WireFormat wire_format = WireFormat::private_message;
  FramedContent content;
  Bytes signature;
  Bytes confirmation_tag;  // commits only

  /// FramedContentTBS (section 6.1); `group_context` encoded, empty for senders outside.
  SecretBytes to_be_signed(ByteView group_context) const;
  void sign(const crypto::SigningKey& key, ByteView group_context);
  bool signature_fits(ByteView public_key, ByteView group_context) const;
  /// wire_format, content and signature (section 8.2).
  SecretBytes confirmed_transcript_input() const;

  void write_auth(SecretWriter& w) const;
  void read_auth(Reader& r);
  SecretBytes encoded() const;
  static AuthenticatedContent read(Reader& r);
};

/// The body alone, as it stands in FramedContent and PrivateMessageContent.
void write_body(SecretWriter& w, ContentType type, ByteView body);
SecretBytes read_body(Reader& r, ContentType type);

struct PublicMessage {
  AuthenticatedContent content;
  Bytes membership_tag;  // members only

  SecretBytes encoded() const;
  static PublicMessage read(Reader& r);
};

struct PrivateMessage {
  Bytes group_id;
  Epoch epoch;
  ContentType content_type = ContentType::application;
  Bytes authenticated_data;
  Bytes encrypted_sender_data;
  Bytes ciphertext;

  void write(Writer& w) const;
  static PrivateMessage read(Reader& r);
};

/// Reads a ContentType; fails for a value that has no meaning.
ContentType read_content_type(Reader& r);

/// An MLSMessage of the given wire format around an encoded body.
Bytes wrap_message(WireFormat wire_format, ByteView body);

struct RawMessage {
  WireFormat wire_format;
  ByteView body;
};
/// Takes version and wire format off; the body is a view into `message`.
Result<RawMessage> unwrap_message(ByteView message);
/// An MLSMessage(KeyPackage) of matching versions.
Result<KeyPackage> unwrap_key_package(ByteView message);

}  // namespace candour::mls
