// The form of Received::signed_content (mls/message.h), a format of our own.
#pragma once

#include "base/secret.h"

namespace candour::mls {

inline constexpr std::uint8_t kSignedContentVersion = 1;

/// FramedContentTBS and the signature on it.
SecretBytes signed_content_of(ByteView to_be_signed, ByteView signature);

}  // namespace candour::mls
