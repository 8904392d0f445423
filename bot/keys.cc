#include "bot/keys.h"

#include "base/files.h"
#include "base/limits.h"
#include "base/private_folder.h"
#include "identity/key_file.h"

namespace candour::bot {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSigningFile = "bot.key";
constexpr const char* kSealingFile = "bot-sealing.key";
constexpr const char* kWitnessFile = "bot-witness.key";
constexpr const char* kWitnessPublicFile = "bot-witness.vkey";
constexpr const char* kStateFile = "bot-state.key";
constexpr const char* kCertificateFile = "certificate.note";

Result<Secret<32>> read_key(const fs::path& path) {
  auto key = identity::read_key_file(path);
  if (key || key.error().code != ErrorCode::not_found) return key;
  return error(ErrorCode::not_found,
               path.string() + " is missing; run candour-bot init --state DIR first");
}

}  // namespace

Result<std::string> init_keys(const fs::path& state, const InitRequest& request, Random& random) {
  if (request.organisation.empty() || request.person.empty() || request.name.empty()) {
    return error(ErrorCode::usage, "init needs --organisation, --person and --name");
  }
  std::error_code failed;
  if (fs::exists(state / kSigningFile, failed)) {
    return error(ErrorCode::already_exists,
                 state.string() + " already holds the keys of a bot; take another directory");
  }
  CANDOUR_TRY(make_private_folder(state));

  const auto signing = crypto::SigningKey::generate(random);
  const auto sealing = crypto::SealingKey::generate(random);
  const auto witness = crypto::SigningKey::generate(random);
  const auto state_key = random.secret<32>();

  identity::NoteKey witness_key;
  witness_key.name =
      request.witness_name.empty() ? request.organisation + "/bot-witness" : request.witness_name;
  witness_key.type = identity::NoteKeyType::cosignature;
  witness_key.public_key = witness.public_key();
  if (!identity::NoteKey::parse(witness_key.vkey())) {
    return error(ErrorCode::usage,
                 "\"" + witness_key.name + "\" cannot name a witness: no spaces, no '+'");
  }

  identity::Enrolment enrolment;
  enrolment.organisation = request.organisation;
  enrolment.signing_key = signing.public_key();
  enrolment.sealing_key = sealing.public_key();
  enrolment.person = request.person;
  enrolment.name = request.name;
  enrolment.role = "bot";
  enrolment.unit = request.unit.empty() ? "compliance" : request.unit;
  const std::string note = identity::make_enrolment(enrolment, signing);
  if (auto checked = identity::Enrolment::verify(note); !checked) {
    return error(ErrorCode::usage, "these names do not make a request: " + checked.error().message);
  }

  CANDOUR_TRY(identity::write_key_file(state / kSealingFile, sealing.private_key().view()));
  CANDOUR_TRY(identity::write_key_file(state / kWitnessFile, witness.seed().view()));
  CANDOUR_TRY(write_file(state / kWitnessPublicFile, as_bytes(witness_key.vkey() + "\n")));
  CANDOUR_TRY(identity::write_key_file(state / kStateFile, state_key.view()));
  // Last, because its presence says that the directory is complete.
  CANDOUR_TRY(identity::write_key_file(state / kSigningFile, signing.seed().view()));
  return note;
}

Status store_certificate(const fs::path& state, std::string_view note) {
  CANDOUR_TRY(const Keys keys, load_keys(state));
  CANDOUR_TRY(const identity::SignedNote parsed, identity::SignedNote::parse(note));
  CANDOUR_TRY(const identity::Certificate certificate, identity::Certificate::parse(parsed.text));
  if (certificate.device() != keys.device || certificate.subject.role != "bot") {
    return error(ErrorCode::certificate_invalid,
                 "the certificate is not for the bot whose keys are in " + state.string());
  }
  return write_file(state / kCertificateFile, as_bytes(note));
}

Result<Keys> load_keys(const fs::path& state) {
  CANDOUR_TRY(const auto signing, read_key(state / kSigningFile));
  CANDOUR_TRY(auto sealing, read_key(state / kSealingFile));
  CANDOUR_TRY(const auto witness, read_key(state / kWitnessFile));
  CANDOUR_TRY(auto state_key, read_key(state / kStateFile));
  CANDOUR_TRY(const identity::NoteKey witness_key, identity::load_vkey(state / kWitnessPublicFile));

  Keys keys{crypto::SigningKey::from_seed(signing),
            crypto::SealingKey::from_private(std::move(sealing)),
            crypto::SigningKey::from_seed(witness),
            witness_key.name,
            std::move(state_key),
            DeviceId()};
  keys.device = identity::device_id(keys.signing.public_key());
  if (keys.witness.public_key() != witness_key.public_key ||
      witness_key.type != identity::NoteKeyType::cosignature) {
    return error(ErrorCode::state_damaged,
                 (state / kWitnessPublicFile).string() + " does not belong to " + kWitnessFile);
  }
  return keys;
}

Result<Bytes> load_certificate(const fs::path& state) {
  auto note = read_file(state / kCertificateFile, limits::kNoteSizeMax);
  if (!note && note.error().code == ErrorCode::not_found) {
    return error(ErrorCode::not_found,
                 (state / kCertificateFile).string() +
                     " is missing; run candour-bot init --state DIR --certificate FILE");
  }
  return note;
}

}  // namespace candour::bot
