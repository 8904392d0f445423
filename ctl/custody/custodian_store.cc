#include "ctl/custody/custodian_store.h"

#include <algorithm>

#include "base/files.h"
#include "base/private_folder.h"
#include "ctl/organisation/notes.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPassphraseSizeMax = 4096;
constexpr std::size_t kFileSizeMax = 4 << 20;
constexpr const char* kShare = "share.txt";
constexpr const char* kStaticKey = "dealing.key";
constexpr const char* kSessions = "sessions";

Status storage_failed(const fs::path& path, const std::error_code& failed) {
  return error(ErrorCode::storage_failed, path.string() + ": " + failed.message());
}

Status remove_tree(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  return failed ? storage_failed(path, failed) : ok();
}

Result<std::string> read_text(const fs::path& file) {
  CANDOUR_TRY(const auto bytes, read_secret_file(file, kFileSizeMax));
  return std::string(as_text(bytes.view()));
}

fs::path card_file_of(const fs::path& dir, std::string name) {
  std::replace(name.begin(), name.end(), '/', '-');
  return dir / (name + ".custodian");
}

Status write_static_key(const fs::path& dir, const NamedKey& key, const SecretText& passphrase,
                        Random& random, bool replace) {
  const auto static_key = warrant::StaticKey::generate(random);
  CANDOUR_TRY(const auto text, warrant::seal_static_key(static_key, passphrase, random));
  CANDOUR_TRY(write_secret_file(dir / kStaticKey, as_bytes(text), replace));
  const warrant::CustodianCard card{key.verifier.name, key.verifier, static_key.public_key};
  identity::SignedNote note{card.print(), {}};
  CANDOUR_TRY(add_signature(note, key));
  return write_file(card_file_of(dir, key.verifier.name), as_bytes(note.print()));
}

}  // namespace

Result<SecretText> read_passphrase(const fs::path& file) {
  CANDOUR_TRY(auto bytes, read_secret_file(file, kPassphraseSizeMax));
  while (!bytes.empty() && (bytes.view().back() == '\n' || bytes.view().back() == '\r')) {
    bytes.resize(bytes.size() - 1);
  }
  if (bytes.empty()) return error(ErrorCode::usage, file.string() + ": the passphrase is empty");
  return SecretText(std::move(bytes));
}

Result<CustodianStore> CustodianStore::create(const fs::path& dir, const std::string& name,
                                              const SecretText& passphrase, Random& random) {
  CANDOUR_TRY(make_private_folder(dir));
  CANDOUR_TRY(auto lock, FolderLock::take(dir));
  CANDOUR_TRY(make_key(dir, "custodian", name, identity::NoteKeyType::ed25519, random));
  CANDOUR_TRY(auto key, load_named_key(dir / "custodian.key", ""));
  CANDOUR_TRY(write_static_key(dir, key, passphrase, random, false));
  return CustodianStore(dir, std::move(lock), std::move(key));
}

Result<CustodianStore> CustodianStore::open(const fs::path& dir) {
  if (!fs::exists(dir / "custodian.key")) {
    return error(ErrorCode::not_found,
                 dir.string() + ": not a custodian's folder; make one with 'custodian init'");
  }
  CANDOUR_TRY(auto lock, FolderLock::take(dir));
  CANDOUR_TRY(auto key, load_named_key(dir / "custodian.key", ""));
  return CustodianStore(dir, std::move(lock), std::move(key));
}

Result<warrant::StaticKey> CustodianStore::static_key(const SecretText& passphrase) const {
  CANDOUR_TRY(const auto text, read_text(dir_ / kStaticKey));
  return warrant::open_static_key(text, passphrase);
}

Status CustodianStore::renew_static_key(const SecretText& passphrase, Random& random) {
  CANDOUR_TRY(static_key(passphrase));  // the same passphrase for everything in the folder
  return write_static_key(dir_, key_, passphrase, random, true);
}

fs::path CustodianStore::card_file() const { return card_file_of(dir_, key_.verifier.name); }

Result<warrant::CustodianCard> CustodianStore::card() const {
  CANDOUR_TRY(const auto text, read_note_file(card_file()));
  return warrant::CustodianCard::verify(text);
}

bool CustodianStore::has_share() const { return fs::exists(dir_ / kShare); }

Result<warrant::ShareHeader> CustodianStore::share_header() const {
  CANDOUR_TRY(const auto text, read_text(dir_ / kShare));
  return warrant::read_share_header(text);
}

Result<warrant::EscrowShare> CustodianStore::share(const SecretText& passphrase) const {
  CANDOUR_TRY(const auto text, read_text(dir_ / kShare));
  return warrant::open_share(text, passphrase);
}

Status CustodianStore::write_share(const warrant::EscrowShare& share, const SecretText& passphrase,
                                   Random& random) {
  CANDOUR_TRY(const auto text, warrant::seal_share(share, passphrase, random));
  return write_secret_file(dir_ / kShare, as_bytes(text), true);
}

Status CustodianStore::forget_share() {
  CANDOUR_TRY(remove_tree(dir_ / kSessions));
  return remove_tree(dir_ / kShare);
}

Status CustodianStore::forget_sessions_but(const Digest& session) {
  std::error_code failed;
  std::vector<fs::path> others;
  for (const auto& entry : fs::directory_iterator(dir_ / kSessions, failed)) {
    if (entry.path().filename() != session.hex()) others.push_back(entry.path());
  }
  for (const fs::path& other : others) {
    CANDOUR_TRY(remove_tree(other));
  }
  return ok();
}

fs::path CustodianStore::session_dir(const Digest& session) const {
  return dir_ / kSessions / session.hex();
}

Result<std::string> CustodianStore::read_session_file(const Digest& session,
                                                      const char* name) const {
  return read_text(session_dir(session) / name);
}

bool CustodianStore::has_session_file(const Digest& session, const char* name) const {
  return fs::exists(session_dir(session) / name);
}

Status CustodianStore::write_session_file(const Digest& session, const char* name,
                                          const std::string& text, bool replace) {
  CANDOUR_TRY(make_private_folder(dir_ / kSessions));
  CANDOUR_TRY(make_private_folder(session_dir(session)));
  return write_secret_file(session_dir(session) / name, as_bytes(text), replace);
}

Status CustodianStore::write_journal(const JsonLine& line) {
  return append_journal(dir_ / "journal.jsonl", line);
}

}  // namespace candour::ctl
