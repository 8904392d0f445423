// Self-signed TLS certificates for tests, made on the spot.
#pragma once

#include <filesystem>
#include <string>

namespace candour::testing {

/// A folder of its own that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

/// P-256, valid for a day, for the DNS name `name` and 127.0.0.1; files `<stem>.crt`, `<stem>.key`.
CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& stem,
                                  const std::string& name = "localhost");

}  // namespace candour::testing
