// How candourctl reaches the relay: as a role key of the statement, trusting nothing but the pinned
// root.
#pragma once

#include <memory>
#include <string>

#include "client/connection.h"
#include "client/trust.h"
#include "ctl/context.h"
#include "ctl/keys.h"
#include "identity/statement.h"

namespace candour::ctl {

struct RelayOptions {
  std::string relay;  // HOST:PORT
  std::string ca;
  std::string tls_name = "localhost";
  std::string root;
  std::string key;
  std::string key_name;
  std::string statement;  // optional: pins the log before the first login
};

void add_relay_options(CLI::App& verb, RelayOptions& options);

/// An open session and what the relay's directory says, checked. Closes itself.
class RelaySession {
 public:
  static Result<std::unique_ptr<RelaySession>> open(const Context& context,
                                                    const RelayOptions& options);
  ~RelaySession();

  /// The answer to one request; a Failure becomes an Error with the relay's code.
  Result<v1::ServerFrame> request(v1::ClientFrame frame);
  /// Publishes a signed note: leaf index, and whether it was there before.
  Result<v1::Done> publish(v1::ObjectKind kind, std::string_view note);
  /// Fetches and checks the directory and the newest checkpoint.
  Result<client::Trust*> directory();
  /// Every object of the directory as it was accepted; after `directory`.
  Result<std::vector<client::DirectoryEntry>> objects() { return store_.directory_entries(); }
  /// The signed note of the statement in force; after `directory`.
  Result<std::string> statement_note();
  client::Connection& connection() { return *connection_; }
  const NamedKey& key() const { return key_; }

 private:
  RelaySession(NamedKey key, identity::NoteKey root, const Clock& clock)
      : key_(std::move(key)), root_(std::move(root)), clock_(clock) {}

  NamedKey key_;
  identity::NoteKey root_;
  const Clock& clock_;
  net::IoThread io_;
  client::MemoryTrustStore store_;
  std::unique_ptr<client::Trust> trust_;
  std::unique_ptr<client::Connection> connection_;
};

/// Which kind of directory object a note is, by its first line; input_invalid when it is none.
Result<v1::ObjectKind> object_kind(std::string_view note);
std::string_view kind_name(v1::ObjectKind kind);

}  // namespace candour::ctl
