// OpenSSL's record buffers, kept for the next use. An idle connection holds none
// (SSL_MODE_RELEASE_BUFFERS), so each read and write takes one of 17 KB and gives it back, which
// costs malloc a walk through its free lists each time.
#pragma once

namespace candour::net {

/// Once, before anything else uses OpenSSL; later it changes nothing. Each thread keeps a few
/// buffers until it ends.
void keep_tls_buffers();

}  // namespace candour::net
