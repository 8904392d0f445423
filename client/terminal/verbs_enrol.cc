#include <charconv>

#include "base/files.h"
#include "client/terminal/passphrase.h"
#include "client/terminal/text_io.h"
#include "client/terminal/verbs.h"
#include "crypto/hash.h"
#include "identity/certificate.h"
#include "identity/key_file.h"

namespace candour::terminal {
namespace {

Result<net::Endpoint> relay_of(const Options& options) {
  net::Endpoint endpoint;
  const std::size_t colon = options.relay.rfind(':');
  const char* end = options.relay.data() + options.relay.size();
  if (colon != std::string::npos) {
    endpoint.host = options.relay.substr(0, colon);
    const auto parsed = std::from_chars(options.relay.data() + colon + 1, end, endpoint.port);
    if (parsed.ec == std::errc() && parsed.ptr == end && endpoint.port != 0 &&
        !endpoint.host.empty()) {
      endpoint.tls_name = options.tls_name;
      endpoint.ca_file = std::filesystem::absolute(options.ca_file).string();
      return endpoint;
    }
  }
  return error(ErrorCode::usage, "--relay must be HOST:PORT, for example 127.0.0.1:8443");
}

Status request_certificate(const Options& options, const World& world) {
  for (const std::string* given :
       {&options.relay, &options.organisation, &options.person, &options.name, &options.unit}) {
    if (given->empty()) {
      return error(
          ErrorCode::usage,
          "enrol needs --relay, --ca, --root, --organisation, --person, --name, --unit and "
          "--request (or --certificate FILE to finish)");
    }
  }
  if (options.root_file.empty() || options.ca_file.empty() || options.request_file.empty()) {
    return error(ErrorCode::usage, "enrol needs the files --root, --ca and --request");
  }
  client::Profile profile;
  CANDOUR_TRY(profile.relay, relay_of(options));
  CANDOUR_TRY(profile.root, identity::load_vkey(options.root_file));
  profile.organisation = options.organisation;
  profile.person = options.person;
  profile.name = options.name;
  profile.role = options.role;
  profile.unit = options.unit;

  CANDOUR_TRY(SecretText passphrase, get_passphrase(options.passphrase_file, true));
  CANDOUR_TRY(auto store, client::Store::create(options.state, passphrase, profile, world.random));
  identity::Enrolment request;
  request.organisation = profile.organisation;
  request.signing_key = store->keys().signing.public_key();
  request.sealing_key = store->keys().sealing.public_key();
  request.person = profile.person;
  request.name = profile.name;
  request.role = profile.role;
  request.unit = profile.unit;
  const std::string note = identity::make_enrolment(request, store->keys().signing);
  CANDOUR_TRY(write_file(options.request_file, as_bytes(note)));

  const std::string device = store->keys().device.hex();
  const std::string root = crypto::sha256(profile.root.public_key.view()).hex();
  if (options.json) {
    JsonLine line(world.out);
    line.text("event", "enrolled").text("device", device).text("root", root);
    line.text("request", options.request_file.string());
  } else {
    world.out << "device " << device << "\nroot " << root << "\nrequest "
              << options.request_file.string()
              << "\nRead the device id and the root fingerprint to your registrars over another "
                 "channel; then finish with: candour enrol --certificate FILE";
  }
  world.out << '\n';
  return ok();
}

Status finish(const Options& options, const World& world) {
  CANDOUR_TRY(Bytes note, read_file(options.certificate_file, limits::kNoteSizeMax));
  CANDOUR_TRY(auto parsed, identity::SignedNote::parse(as_text(note)));
  CANDOUR_TRY(auto certificate, identity::Certificate::parse(parsed.text));
  CANDOUR_TRY(SecretText passphrase, get_passphrase(options.passphrase_file, false));
  CANDOUR_TRY(auto store, client::Store::open(options.state, passphrase, world.random));
  if (certificate.subject.signing_key != store->keys().signing.public_key() ||
      certificate.subject.sealing_key != store->keys().sealing.public_key()) {
    return error(ErrorCode::certificate_invalid, "the certificate " +
                                                     options.certificate_file.string() +
                                                     " is not for the keys of this device");
  }
  if (certificate.subject.organisation != store->profile().organisation) {
    return error(ErrorCode::foreign_certificate,
                 "the certificate is of organisation \"" + certificate.subject.organisation +
                     "\", this device of \"" + store->profile().organisation + "\"");
  }
  CANDOUR_TRY(certificate.valid_at(world.clock.now()));
  CANDOUR_TRY(store->put_certificate(note));
  if (options.json) {
    JsonLine line(world.out);
    line.text("event", "certified").id("device", store->keys().device);
    line.time("not_after", certificate.not_after);
  } else {
    world.out << "certified until " << time_encode(certificate.not_after.value);
  }
  world.out << '\n';
  return ok();
}

}  // namespace

Status enrol(const Options& options, const World& world) {
  return options.certificate_file.empty() ? request_certificate(options, world)
                                          : finish(options, world);
}

}  // namespace candour::terminal
