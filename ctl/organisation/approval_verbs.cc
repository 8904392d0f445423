#include <CLI/CLI.hpp>

#include "base/files.h"
#include "base/limits.h"
#include "ctl/organisation/notes.h"
#include "ctl/verbs.h"
#include "identity/certificate.h"
#include "identity/signers.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;
using identity::Certificate;
using identity::Enrolment;
using identity::RoleKey;
using identity::SignedNote;
using identity::Statement;

constexpr std::uint64_t kDayMs = 24ull * 3600 * 1000;

Result<int> show_enrolment(const Context& context, const std::string& file) {
  CANDOUR_TRY(auto text, read_note_file(file));
  CANDOUR_TRY(auto e, Enrolment::verify(text));
  JsonLine line;
  line.text("device", e.device().hex())
      .text("organisation", e.organisation)
      .text("person", e.person)
      .text("name", e.name)
      .text("role", e.role)
      .text("unit", e.unit);
  context.print(line, e.print() + "(signed by the device itself)\n");
  return 0;
}

struct Approve {
  std::string key;
  std::string key_name;
  std::string request;
  std::string certificate;
  std::string statement;
  std::string root;
  std::uint64_t days = 365;
};

/// The entry of the statement that makes this key a registrar's.
Result<RoleKey> registrar_of(const Statement& statement, const crypto::SigningKey& key,
                             const std::string& name) {
  for (const RoleKey& entry : statement.roles) {
    if (entry.role == "registrar" && entry.key.public_key == key.public_key() &&
        (name.empty() || entry.key.name == name)) {
      return entry;
    }
  }
  return error(ErrorCode::not_permitted, "this key is not a registrar's in version " +
                                             std::to_string(statement.version) +
                                             " of the statement of '" + statement.id + "'");
}

/// The certificate as the first registrar left it, checked against the request.
Result<SignedNote> second_look(const Approve& o, const Enrolment& request,
                               const Statement& statement, const RoleKey& registrar) {
  CANDOUR_TRY(auto text, read_note_file(o.certificate));
  CANDOUR_TRY(auto note, SignedNote::parse(text));
  CANDOUR_TRY(auto certificate, Certificate::parse(note.text));
  if (certificate.subject.print() != request.print()) {
    return error(ErrorCode::certificate_invalid,
                 o.certificate + ": is for another device or person than " + o.request);
  }
  const std::uint64_t lifetime_ms = certificate.not_after.value - certificate.not_before.value;
  if (lifetime_ms > (o.days + 1) * kDayMs) {
    return error(ErrorCode::certificate_invalid, o.certificate + ": is valid for longer than the " +
                                                     std::to_string(o.days) + " days of --days");
  }
  CANDOUR_TRY(auto signers, identity::signers_of(note, statement, "registrar"));
  if (signers.empty()) {
    return error(ErrorCode::signature_invalid,
                 o.certificate + ": carries no registrar's signature; remove it and approve anew");
  }
  for (const RoleKey& signer : signers) {
    if (signer.person == registrar.person) {
      return error(ErrorCode::not_permitted, o.certificate + ": is signed by '" + signer.person +
                                                 "' already; another registrar must be the second");
    }
  }
  return note;
}

Result<SignedNote> first_look(const Context& context, const Approve& o, const Enrolment& request) {
  Certificate certificate;
  certificate.subject = request;
  // A little before now, so that clocks that differ do not turn a fresh certificate away.
  certificate.not_before = TimeMs(context.clock.now().value - limits::kClockSkewMs);
  certificate.not_after = TimeMs(context.clock.now().value + o.days * kDayMs);
  return SignedNote{certificate.print(), {}};
}

Result<int> approve(const Context& context, const Approve& o) {
  CANDOUR_TRY(auto statement, load_statement(o.statement, o.root));
  CANDOUR_TRY(auto request_text, read_note_file(o.request));
  CANDOUR_TRY(auto request, Enrolment::verify(request_text));
  if (request.organisation != statement.id) {
    return error(ErrorCode::foreign_certificate, o.request + ": is for organisation '" +
                                                     request.organisation + "', not for '" +
                                                     statement.id + "'");
  }
  CANDOUR_TRY(auto key, load_key(o.key));
  CANDOUR_TRY(auto registrar, registrar_of(statement, key, o.key_name));
  if (registrar.person == request.person) {
    return error(ErrorCode::not_permitted, "registrars do not approve devices of their own");
  }
  const bool second = fs::exists(o.certificate);
  CANDOUR_TRY(auto note, second ? second_look(o, request, statement, registrar)
                                : first_look(context, o, request));
  CANDOUR_TRY(add_signature(note, NamedKey{std::move(key), registrar.key}));
  CANDOUR_TRY(write_file(o.certificate, as_bytes(note.print())));
  const bool complete = Certificate::verify(note.print(), statement).has_value();
  const std::string device = request.device().hex();
  JsonLine line;
  line.text("device", device)
      .text("certificate", o.certificate)
      .number("signatures", note.signatures.size())
      .boolean("complete", complete);
  context.print(line, note.text + (complete ? "(approved by two registrars)\n"
                                            : "(one more registrar must approve it)\n"));
  return 0;
}

}  // namespace

void add_approval_verbs(CLI::App& program, Context& context) {
  CLI::App& family = add_family(program, "enrol", "Requests for new devices");
  add_verb(family, context, "show", "Check and print an enrolment request",
           [&](CLI::App& verb) -> Run {
             auto file = std::make_shared<std::string>();
             verb.add_option("FILE", *file)->required();
             return [&context, file] { return show_enrolment(context, *file); };
           });
  add_verb(program, context, "approve", "Sign a device's certificate as one of two registrars",
           [&](CLI::App& verb) -> Run {
             auto o = std::make_shared<Approve>();
             verb.add_option("--key", o->key, "The registrar's key file")->required();
             verb.add_option("--name", o->key_name, "Its name, when the key has several roles");
             verb.add_option("--request", o->request, "Enrolment request")->required();
             verb.add_option("--certificate", o->certificate,
                             "Certificate: made by the first registrar, completed by the second")
                 ->required();
             verb.add_option("--statement", o->statement, "The organisation statement")->required();
             verb.add_option("--root", o->root, ".vkey file of the root")->required();
             verb.add_option("--days", o->days, "Validity, at most (default 365)")
                 ->check(CLI::Range(1, 3650));
             return [&context, o] { return approve(context, *o); };
           });
}

}  // namespace candour::ctl
