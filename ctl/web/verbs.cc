#include "ctl/verbs.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "base/files.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "ctl/organisation/notes.h"
#include "ctl/relay_access.h"
#include "identity/note_text.h"
#include "identity/web_bundle.h"
#include "tlog/leaf.h"
#include "transport/net/client.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
using identity::WebBundle;
using identity::WebFile;

constexpr std::uint64_t kHttpTimeoutMs = 30'000;
constexpr std::uint16_t kHttpsPort = 443;
constexpr std::size_t kNameSizeMax = 200;
constexpr std::string_view kScheme = "https://";

struct Make {
  std::string folder;
  std::string organisation;
  std::uint64_t version = 0;
  std::string out;
};

Result<std::vector<WebFile>> files_of(const fs::path& folder) {
  std::vector<WebFile> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code unknown;
    if (fs::is_directory(at->symlink_status(unknown))) continue;
    WebFile file{.path = at->path().lexically_relative(folder).generic_string()};
    if (!fs::is_regular_file(at->symlink_status(unknown)) || !identity::valid_web_path(file.path)) {
      return error(ErrorCode::input_invalid, at->path().string() +
                                                 ": is no plain file with a name of letters, "
                                                 "digits, '.', '_' and '-'");
    }
    CANDOUR_TRY(const auto bytes, read_file(at->path(), limits::kWebFileSizeMax));
    file.size = bytes.size();
    file.sha256 = crypto::sha256(bytes);
    files.push_back(std::move(file));
  }
  if (failed) return error(ErrorCode::not_found, folder.string() + ": " + failed.message());
  std::sort(files.begin(), files.end(),
            [](const WebFile& a, const WebFile& b) { return a.path < b.path; });
  return files;
}

Result<int> make(const Context& context, const Make& o) {
  if (!identity::valid_identifier(o.organisation) || o.version == 0) {
    return error(ErrorCode::usage, "--id takes an organisation's id, --version a number from 1");
  }
  WebBundle bundle{.organisation = o.organisation, .version = o.version};
  bundle.issued = context.clock.now();
  CANDOUR_TRY(bundle.files, files_of(o.folder));
  CANDOUR_TRY(WebBundle::parse(bundle.print()));
  CANDOUR_TRY(write_file(o.out, as_bytes(bundle.print())));
  JsonLine line;
  line.text("file", o.out).number("version", o.version).number("files", bundle.files.size());
  context.print(line, o.out + ": " + std::to_string(bundle.files.size()) +
                          " files, not signed yet; two registrars sign it with candourctl sign, "
                          "candourctl publish logs it");
  return 0;
}

struct Verify {
  RelayOptions relay;
  std::string url;
  std::string ca;
};

/// "https://host[:port][/]".
Result<net::Endpoint> endpoint_of(const Verify& o) {
  std::string_view rest(o.url);
  const auto wrong = error(ErrorCode::usage, "'" + o.url +
                                                 "' is not https://HOST or "
                                                 "https://HOST:PORT");
  if (!rest.starts_with(kScheme)) return wrong;
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  net::Endpoint out{.port = kHttpsPort, .ca_file = o.ca.empty() ? o.relay.ca : o.ca};
  const auto colon = rest.rfind(':');
  if (colon != rest.npos && !rest.ends_with(']')) {
    const auto port = identity::parse_decimal(rest.substr(colon + 1));
    if (!port || *port == 0 || *port > 0xFFFF) return wrong;
    out.port = static_cast<std::uint16_t>(*port);
    rest = rest.substr(0, colon);
  }
  if (rest.empty() || rest.find('/') != rest.npos) return wrong;
  out.host = out.tls_name = rest;
  return out;
}

struct Logged {
  WebBundle bundle;
  std::uint64_t leaf_index = 0;
};

/// The newest bundle of the directory, proven to be in a witnessed checkpoint.
Result<Logged> logged_bundle(RelaySession& session) {
  CANDOUR_TRY(auto trust, session.directory());
  CANDOUR_TRY(const auto objects, session.objects());
  std::optional<Logged> newest;
  Digest leaf;
  for (const client::DirectoryEntry& entry : objects) {
    if (entry.kind != v1::WEB_BUNDLE) continue;
    auto bundle = WebBundle::verify(as_text(entry.object), *trust->statement());
    if (!bundle || (newest && bundle.value().version <= newest->bundle.version)) continue;
    CANDOUR_TRY(const auto opening, tlog::LeafOpening::decode(entry.opening));
    leaf = tlog::leaf_hash(opening.entry(tlog::LeafClass::directory));
    newest = Logged{std::move(bundle.value()), entry.leaf_index};
  }
  if (!newest) {
    return error(ErrorCode::not_found,
                 "the log holds no web bundle signed by two registrars of the statement in force");
  }
  CANDOUR_TRY(const auto proof, trust->prove_leaf(leaf, session.connection()));
  newest->leaf_index = proof.index;
  return std::move(*newest);
}

/// What is wrong with one file as it is served; empty when nothing is.
std::string compare(net::IoThread& io, const net::Endpoint& site, const std::string& target,
                    const WebFile& file) {
  const auto reply =
      net::http_request(io, site, "GET", target, {}, kHttpTimeoutMs, limits::kWebFileSizeMax + 1);
  if (!reply) return reply.error().message;
  if (reply.value().status != 200) {
    return "answered with status " + std::to_string(reply.value().status);
  }
  const Bytes& body = reply.value().body;
  if (body.size() == file.size && crypto::sha256(body) == file.sha256) return {};
  return "is not the logged file: " + std::to_string(body.size()) + " bytes with SHA-256 " +
         crypto::sha256(body).hex() + ", logged are " + std::to_string(file.size) +
         " bytes with SHA-256 " + file.sha256.hex();
}

Result<int> verify(const Context& context, const Verify& o) {
  CANDOUR_TRY(const auto site, endpoint_of(o));
  CANDOUR_TRY(auto session, RelaySession::open(context, o.relay));
  CANDOUR_TRY(const auto logged, logged_bundle(*session));
  net::IoThread io;
  JsonArray different;
  std::string plain;
  std::size_t wrong = 0;
  const auto check = [&](const std::string& target, const WebFile& file) {
    const std::string why = compare(io, site, target, file);
    if (why.empty()) return;
    ++wrong;
    plain += target + " " + why + "\n";
    JsonLine line;
    different.add(line.text("path", target).text("reason", why));
  };
  for (const WebFile& file : logged.bundle.files) {
    check("/" + file.path, file);
    if (file.path == "index.html") check("/", file);  // what people really load
  }
  JsonLine line;
  line.boolean("ok", wrong == 0)
      .text("url", o.url)
      .number("version", logged.bundle.version)
      .number("files", logged.bundle.files.size())
      .number("leaf_index", logged.leaf_index)
      .raw("different", different.str());
  context.print(line, plain + o.url + (wrong == 0 ? ": serves" : ": does NOT serve") +
                          " web bundle " + std::to_string(logged.bundle.version) + ", " +
                          std::to_string(logged.bundle.files.size()) + " files, log leaf " +
                          std::to_string(logged.leaf_index));
  return wrong == 0 ? 0 : 1;
}

struct Invite {
  std::string site;
  std::string relay;
  std::string root;
  std::string organisation;
  std::string person;
  std::string name;
  std::string role = "officer";
  std::string unit;
};

/// RFC 4648 section 5, without padding.
std::string base64url(std::string_view text) {
  std::string out = base64_encode(as_bytes(text));
  out.erase(std::min(out.find('='), out.size()));
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}

/// What the browser app reads (web/src/core/offer.ts). All of it public: the person compares the
/// root's fingerprint with the one on paper.
Result<int> invite(const Context& context, const Invite& o) {
  CANDOUR_TRY(const auto root, load_vkey(o.root));
  for (const std::string& id : {o.organisation, o.person, o.unit}) {
    if (!identity::valid_identifier(id)) {
      return error(ErrorCode::usage,
                   "--id, --person and --unit take 1 to 128 characters of A-Z a-z 0-9 -_./@:");
    }
  }
  if (!identity::valid_line(o.name, kNameSizeMax)) {
    return error(ErrorCode::usage, "--name takes one readable line of at most 200 bytes");
  }
  const std::string offer = "candour-enrolment-offer/v1\nrelay wss://" + o.relay + "\nroot " +
                            root.vkey() + "\norganisation " + o.organisation + "\nperson " +
                            o.person + "\nname " + o.name + "\nrole " + o.role + "\nunit " +
                            o.unit + "\n";
  const std::string link = o.site + "/#enrol=" + base64url(offer);
  const std::string fingerprint = crypto::sha256(root.public_key.view()).hex();
  JsonLine line;
  line.text("link", link).text("offer", offer).text("root_fingerprint", fingerprint);
  context.print(line, link + "\n\nOn paper, to compare: root key " + fingerprint + "\n");
  return 0;
}

}  // namespace

void add_web_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "web", "The browser app: what is signed, what is served");
  add_verb(family, context, "make", "List the files of a built app, to be signed by two registrars",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Make>();
             verb.add_option("DIR", o->folder, "The built app (web/dist)")->required();
             verb.add_option("--id", o->organisation, "Identifier of the organisation")->required();
             verb.add_option("--version", o->version, "Grows with each bundle")->required();
             verb.add_option("--out", o->out, "File to write")->required();
             return [&context, o] { return make(context, *o); };
           });
  add_verb(family, context, "verify",
           "Compare what a site serves with the newest web bundle in the log",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Verify>();
             verb.add_option("URL", o->url, "https://HOST[:PORT] of the app")->required();
             add_relay_options(verb, o->relay);
             verb.add_option("--web-ca", o->ca, "Trust anchor for the URL (default: --ca)");
             return [&context, o] { return verify(context, *o); };
           });
  CLI::App& enrol = add_family(program, "enrol", "Requests for new devices");
  add_verb(
      enrol, context, "invite", "Make the link with which a person enrols a browser",
      [&](CLI::App& verb) -> Run {
        auto o = std::make_shared<Invite>();
        verb.add_option("--site", o->site, "https://HOST[:PORT] of the browser app")->required();
        verb.add_option("--relay", o->relay, "HOST[:PORT] of the relay")->required();
        verb.add_option("--root", o->root, ".vkey file of the root")->required();
        verb.add_option("--id", o->organisation, "Identifier of the organisation")->required();
        verb.add_option("--person", o->person, "Identifier of the person")->required();
        verb.add_option("--name", o->name, "Name, as others will see it")->required();
        verb.add_option("--role", o->role, "Default officer")
            ->check(CLI::IsMember({"officer", "supervisor", "investigator"}));
        verb.add_option("--unit", o->unit, "Unit")->required();
        return [&context, o] { return invite(context, *o); };
      });
}

}  // namespace candour::ctl
