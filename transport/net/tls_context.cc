#include "transport/net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string_view>

#include "transport/net/server.h"

namespace candour::net {

namespace {

constexpr std::string_view kExporterLabel = "EXPORTER-candour-login-v1";
constexpr std::size_t kChannelBindingSize = 32;
// Left to itself OpenSSL also offers ffdhe8192, with which anybody could make the server work for
// milliseconds a handshake.
constexpr const char* kGroups = "X25519:P-256";
// All three of TLS 1.3, the one that costs least first: what the groups above protect is as strong.
constexpr const char* kCiphers =
    "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";

Result<SslContextPtr> new_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set1_groups_list(context.get(), kGroups) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), kCiphers) != 1) {
    return error(ErrorCode::internal, "OpenSSL cannot set up TLS 1.3: " + take_ssl_error());
  }
  // Idle connections give their buffers back; partial writes let a slow peer be suspended; the
  // moving buffer is needed because unsent bytes may be moved between two attempts.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_CIPHER_SERVER_PREFERENCE);
  return context;
}

}  // namespace

std::string take_ssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection was cut";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

Result<SslContextPtr> server_context(const std::string& certificate_file,
                                     const std::string& private_key_file) {
  ERR_clear_error();
  CANDOUR_TRY(auto context, new_context(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1) {
    return error(ErrorCode::config_invalid, "the TLS certificate " + certificate_file +
                                                " cannot be used: " + take_ssl_error());
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), private_key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return error(ErrorCode::config_invalid, "the TLS private key " + private_key_file +
                                                " cannot be used with the certificate " +
                                                certificate_file + ": " + take_ssl_error());
  }
  // One ticket saves a device that comes back the certificate's signature; nothing is kept here for
  // it, and no early data is taken. The login that follows is bound to the new connection.
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Takes what the socket has in one system call, not header and body of each record in two.
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Result<SslContextPtr> client_context(const std::string& ca_file) {
  ERR_clear_error();
  CANDOUR_TRY(auto context, new_context(TLS_client_method()));
  if (SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    return error(ErrorCode::config_invalid, "the trusted certificate file " + ca_file +
                                                " cannot be used: " + take_ssl_error());
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  return context;
}

SslPtr new_ssl(SSL_CTX* context, int descriptor) {
  SslPtr ssl(SSL_new(context));
  if (ssl && SSL_set_fd(ssl.get(), descriptor) != 1) ssl.reset();
  return ssl;
}

void expect_name(SSL* ssl, const std::string& name) {
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, name.c_str());
  // What SSL_set_tlsext_host_name does, without its C cast.
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(name.c_str()));
}

std::string verify_failure(const SSL* ssl) {
  const long result = SSL_get_verify_result(ssl);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

Result<TimeMs> certificate_expiry(const std::string& certificate_file) {
  CANDOUR_TRY(auto context, new_context(TLS_server_method()));
  std::tm end{};
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate_file.c_str()) != 1 ||
      ASN1_TIME_to_tm(X509_get0_notAfter(SSL_CTX_get0_certificate(context.get())), &end) != 1) {
    return error(ErrorCode::config_invalid, "the TLS certificate " + certificate_file +
                                                " cannot be read: " + take_ssl_error());
  }
  return TimeMs(static_cast<std::uint64_t>(timegm(&end)) * 1000);
}

Result<Bytes> export_channel_binding(SSL* ssl) {
  Bytes binding(kChannelBindingSize);
  if (SSL_export_keying_material(ssl, binding.data(), binding.size(), kExporterLabel.data(),
                                 kExporterLabel.size(), nullptr, 0, 0) != 1) {
    return error(ErrorCode::internal, "OpenSSL exports no channel binding: " + take_ssl_error());
  }
  return binding;
}

}  // namespace candour::net
