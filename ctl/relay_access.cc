#include "ctl/relay_access.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <thread>

#include "ctl/organisation/notes.h"
#include "identity/note_text.h"

namespace candour::ctl {
namespace {

constexpr std::uint64_t kConnectTimeoutMs = 10'000;
constexpr int kRateAttempts = 60;
constexpr std::chrono::milliseconds kRatePause{500};

struct KindName {
  std::string_view format;
  std::string_view name;
  v1::ObjectKind kind;
};

constexpr KindName kKinds[] = {
    {"candour-organisation/v1", "statement", v1::STATEMENT},
    {"candour-device/v1", "certificate", v1::CERTIFICATE},
    {"candour-revocation/v1", "revocation", v1::REVOCATION},
    {"candour-policy/v1", "policy", v1::POLICY},
    {"candour-notice/v1", "notice", v1::NOTICE},
    {"candour-web/v1", "web bundle", v1::WEB_BUNDLE},
};

Result<net::Endpoint> endpoint_of(const RelayOptions& o) {
  const auto colon = o.relay.rfind(':');
  const auto port =
      colon == o.relay.npos ? std::nullopt : identity::parse_decimal(o.relay.substr(colon + 1));
  if (!port || *port == 0 || *port > 0xFFFF || colon == 0) {
    return error(ErrorCode::usage, "--relay takes HOST:PORT, not '" + o.relay + "'");
  }
  net::Endpoint endpoint;
  endpoint.host = o.relay.substr(0, colon);
  endpoint.port = static_cast<std::uint16_t>(*port);
  endpoint.tls_name = o.tls_name;
  endpoint.ca_file = o.ca;
  return endpoint;
}

}  // namespace

void add_relay_options(CLI::App& verb, RelayOptions& o) {
  verb.add_option("--relay", o.relay, "HOST:PORT of the relay")->required();
  verb.add_option("--ca", o.ca, "PEM file: the only trust anchor for TLS")->required();
  verb.add_option("--tls-name", o.tls_name, "Name in its certificate (default localhost)");
  verb.add_option("--root", o.root, ".vkey file of the organisation's root")->required();
  verb.add_option("--key", o.key, "Key file of the role to act as")->required();
  verb.add_option("--name", o.key_name, "The key's name (default: of the .vkey beside it)");
  verb.add_option("--statement", o.statement, "Statement file: pins the log before the login");
}

Result<std::unique_ptr<RelaySession>> RelaySession::open(const Context& context,
                                                         const RelayOptions& o) {
  CANDOUR_TRY(auto endpoint, endpoint_of(o));
  CANDOUR_TRY(auto root, load_vkey(o.root));
  CANDOUR_TRY(auto key, load_named_key(o.key, o.key_name));
  client::LoginOptions login;
  if (!o.statement.empty()) {
    CANDOUR_TRY(auto statement, load_statement(o.statement, o.root));
    login.log_origin = statement.log.name;
  }
  std::unique_ptr<RelaySession> session(
      new RelaySession(std::move(key), std::move(root), context.clock));
  login.as = client::RoleLogin{session->key_.verifier.name, &session->key_.key};
  login.client_build = "candourctl/" CANDOUR_VERSION;
  login.timeout_ms = kConnectTimeoutMs;
  CANDOUR_TRY(session->connection_, client::Connection::open(session->io_, endpoint, login));
  return session;
}

RelaySession::~RelaySession() {
  if (connection_) connection_->close();
  // Before the network thread it runs on.
  connection_.reset();
}

Result<v1::ServerFrame> RelaySession::request(v1::ClientFrame frame) {
  auto answer = connection_->request(frame);
  // The relay takes so many objects a second from one key; a long list of them has to wait.
  for (int i = 0; i < kRateAttempts && !answer && answer.error().code == ErrorCode::rate_limited;
       ++i) {
    std::this_thread::sleep_for(kRatePause);
    answer = connection_->request(frame);
  }
  return answer;
}

Result<v1::Done> RelaySession::publish(v1::ObjectKind kind, std::string_view note) {
  v1::ClientFrame frame;
  frame.mutable_publish()->set_kind(kind);
  frame.mutable_publish()->set_object(std::string(note));
  CANDOUR_TRY(auto answer, request(std::move(frame)));
  if (!answer.has_done()) {
    return error(ErrorCode::frame_malformed, "the relay answered a publication with another frame");
  }
  return answer.done();
}

Result<client::Trust*> RelaySession::directory() {
  if (!trust_) {
    CANDOUR_TRY(trust_, client::Trust::load(root_, store_, clock_));
  }
  CANDOUR_TRY(trust_->refresh(*connection_));
  if (trust_->statement() == nullptr) {
    return error(ErrorCode::not_found, "the relay's directory holds no organisation statement");
  }
  return trust_.get();
}

Result<std::string> RelaySession::statement_note() {
  CANDOUR_TRY(auto entries, objects());
  std::string found;
  for (const client::DirectoryEntry& entry : entries) {
    if (entry.kind != v1::STATEMENT) continue;
    const std::string note(as_text(entry.object));
    const auto statement = identity::Statement::verify(note, root_);
    if (statement && trust_ && trust_->statement() != nullptr &&
        statement.value().version == trust_->statement()->version) {
      found = note;
    }
  }
  if (found.empty()) {
    return error(ErrorCode::not_found, "the relay's directory holds no organisation statement");
  }
  return found;
}

Result<v1::ObjectKind> object_kind(std::string_view note) {
  const std::string format = first_line(note);
  for (const KindName& known : kKinds) {
    if (format == known.format) return known.kind;
  }
  return error(ErrorCode::input_invalid,
               "'" + format.substr(0, 80) + "' is no first line of an object for the directory");
}

std::string_view kind_name(v1::ObjectKind kind) {
  for (const KindName& known : kKinds) {
    if (kind == known.kind) return known.name;
  }
  return "unknown";
}

}  // namespace candour::ctl
