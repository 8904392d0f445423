#include "tests/net/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>

#include "base/assert.h"

namespace candour::testing {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "candour-test-XXXXXX").string();
  CANDOUR_ASSERT(mkdtemp(pattern.data()) != nullptr);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File create(const std::string& path) {
  File file(std::fopen(path.c_str(), "w"), &std::fclose);
  CANDOUR_ASSERT(file != nullptr);
  return file;
}

void add_extension(X509* certificate, int nid, const std::string& value) {
  std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()), &X509_EXTENSION_free);
  CANDOUR_ASSERT(extension != nullptr);
  X509_add_ext(certificate, extension.get(), -1);
}

}  // namespace

CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& stem,
                                  const std::string& name) {
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  CANDOUR_ASSERT(key && certificate);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  add_extension(certificate.get(), NID_subject_alt_name, "DNS:" + name + ",IP:127.0.0.1");
  add_extension(certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  CANDOUR_ASSERT(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);

  CertificateFiles files{(folder / (stem + ".crt")).string(), (folder / (stem + ".key")).string()};
  CANDOUR_ASSERT(PEM_write_X509(create(files.certificate).get(), certificate.get()) == 1);
  CANDOUR_ASSERT(PEM_write_PrivateKey(create(files.key).get(), key.get(), nullptr, nullptr, 0,
                                      nullptr, nullptr) == 1);
  return files;
}

}  // namespace candour::testing
