// OpenSSL set up the one way this system uses it: TLS 1.3 only. For transport/net only.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace candour::net {

struct SslContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextFree>;
using SslPtr = std::unique_ptr<SSL, SslFree>;

/// config_invalid when the files are missing, not PEM or do not belong together.
Result<SslContextPtr> server_context(const std::string& certificate_file,
                                     const std::string& private_key_file);
/// Trusts `ca_file` and nothing else; config_invalid when it cannot be read.
Result<SslContextPtr> client_context(const std::string& ca_file);

/// One connection's state. `descriptor` stays owned by the caller.
SslPtr new_ssl(SSL_CTX* context, int descriptor);
/// Makes a client demand that the server's certificate carries `name`.
void expect_name(SSL* ssl, const std::string& name);
/// The oldest error OpenSSL queued on this thread, as text; clears the queue.
std::string take_ssl_error();
/// Why the certificate of the peer was not accepted, or empty.
std::string verify_failure(const SSL* ssl);
/// 32 bytes bound to this connection (RFC 5705), label "EXPORTER-candour-login-v1".
Result<Bytes> export_channel_binding(SSL* ssl);

}  // namespace candour::net
