#include "tests/bench/relay_world.h"

#include <cstdio>

#include "base/clock.h"
#include "base/files.h"
#include "config/relay_config.h"
#include "crypto/hpke.h"
#include "identity/certificate.h"
#include "identity/notice.h"
#include "tests/net/certificates.h"

namespace candour::bench {

namespace {

constexpr std::uint32_t kFirstDevice = 1'000;
constexpr std::uint64_t kDayMs = 86'400'000;
constexpr const char* kOrganisation = "bench-constabulary";

crypto::SigningKey key_of(std::uint32_t number) {
  crypto::SigningSeed seed;
  for (std::size_t i = 0; i < 4; ++i) {
    seed.mutable_view()[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  seed.mutable_view()[31] = 0xB6;
  return crypto::SigningKey::from_seed(seed);
}

identity::NoteKey note_key(const std::string& name, Party party,
                           identity::NoteKeyType type = identity::NoteKeyType::ed25519) {
  return {name, type, party_key(party).public_key()};
}

crypto::SealingKey sealing_key() {
  const std::array<std::uint8_t, 32> seed{7};
  return crypto::SealingKey::derive(seed);
}

std::string signed_text(const std::string& text,
                        std::initializer_list<std::pair<const char*, Party>> signers) {
  identity::SignedNote note{text, {}};
  for (const auto& [name, party] : signers) identity::sign_note(note, name, party_key(party));
  return note.print();
}

identity::Statement statement(TimeMs issued) {
  identity::Statement s;
  s.name = "Bench Constabulary";
  s.id = kOrganisation;
  s.issued = issued;
  s.example = true;
  s.log = note_key(kBenchLog, Party::log);
  s.witnesses = {note_key("bot", Party::bot, identity::NoteKeyType::cosignature)};
  s.quorum = 1;
  s.bots = {party_id(Party::bot)};
  s.custodians = {{"internal",
                   2,
                   2,
                   1,
                   Bytes(32, 0x11),
                   {{1, "custodian-1", Bytes(32, 0x21)}, {2, "custodian-2", Bytes(32, 0x22)}}}};
  s.roles = {{"registrar", "p-1", note_key("registrar-1", Party::registrar_1)},
             {"registrar", "p-2", note_key("registrar-2", Party::registrar_2)},
             {"policy-author", "p-3", note_key("author", Party::author)},
             {"policy-approver", "p-4", note_key("approver", Party::approver)},
             {"custodian",
              "p-5",
              {"custodian-1", identity::NoteKeyType::ed25519, key_of(101).public_key()}},
             {"custodian",
              "p-6",
              {"custodian-2", identity::NoteKeyType::ed25519, key_of(102).public_key()}}};
  s.client_builds = {kBenchClient};
  return s;
}

std::string certificate(const crypto::SigningKey& key, const std::string& person,
                        const std::string& role, TimeMs from) {
  identity::Certificate out;
  out.subject = {.organisation = kOrganisation,
                 .signing_key = key.public_key(),
                 .sealing_key = sealing_key().public_key(),
                 .person = person,
                 .name = "Officer " + person,
                 .role = role,
                 .unit = "bench"};
  out.not_before = from;
  out.not_after = TimeMs(from.value + 30 * kDayMs);
  return signed_text(out.print(),
                     {{"registrar-1", Party::registrar_1}, {"registrar-2", Party::registrar_2}});
}

Status write_text(const std::filesystem::path& file, const std::string& text) {
  return write_file(file, as_bytes(text));
}

/// Thousands of certificates: no fsync for each, this is no state of anybody's. Their names in
/// `files` are short, because a configuration file is bounded.
Status write_certificates(const std::filesystem::path& folder, std::uint32_t devices, TimeMs from,
                          std::vector<std::filesystem::path>& files) {
  std::filesystem::create_directories(folder / "d");
  for (std::uint32_t i = 0; i < devices; ++i) {
    files.push_back("d/" + std::to_string(i));
    const std::filesystem::path file = folder / files.back();
    const std::string text =
        certificate(device_key(i), "p-" + std::to_string(100 + i), "officer", from);
    std::FILE* out = std::fopen(file.c_str(), "w");
    if (out == nullptr) return error(ErrorCode::not_found, file.string() + " cannot be written");
    std::fwrite(text.data(), 1, text.size(), out);
    std::fclose(out);
  }
  return ok();
}

}  // namespace

Result<RelayWorldSize> RelayWorldSize::load(const std::filesystem::path& folder) {
  CANDOUR_TRY(const auto text, read_file(folder / "world.txt", 1024));
  RelayWorldSize size;
  if (std::sscanf(std::string(as_text(text)).c_str(), "%u %u %u", &size.devices, &size.groups,
                  &size.members) != 3) {
    return error(ErrorCode::input_invalid, "world.txt does not hold three numbers");
  }
  return size;
}

crypto::SigningKey party_key(Party party) { return key_of(static_cast<std::uint32_t>(party)); }
crypto::SigningKey device_key(std::uint32_t number) { return key_of(kFirstDevice + number); }
DeviceId party_id(Party party) { return identity::device_id(party_key(party).public_key()); }

GroupId group_id(std::uint32_t group) {
  GroupId id;
  id.mutable_view()[0] = 0xB6;
  for (std::size_t i = 0; i < 4; ++i) {
    id.mutable_view()[12 + i] = static_cast<std::uint8_t>(group >> (8 * i));
  }
  return id;
}

std::uint32_t member_of(const RelayWorldSize& size, std::uint32_t group, std::uint32_t member) {
  // Strides without a common factor with thousands of devices: other neighbours in each round.
  static constexpr std::uint32_t kStrides[] = {1, 3, 7, 9, 11, 13, 17, 19, 21, 23};
  const std::uint32_t place = group * size.members + member;
  const std::uint32_t stride = kStrides[place / size.devices % std::size(kStrides)];
  return place % size.devices * stride % size.devices;
}

Status write_relay_world(const std::filesystem::path& folder, const RelayWorldSize& size,
                         std::uint16_t port) {
  std::filesystem::create_directories(folder);
  const TimeMs issued(system_clock().now().value - 60'000);
  const auto tls = testing::make_certificate(folder, "tls");
  CANDOUR_TRY(write_text(folder / "root.vkey", note_key("root", Party::root).vkey() + "\n"));
  CANDOUR_TRY(write_secret_file(
      folder / "log.key", as_bytes(hex_encode(party_key(Party::log).seed().view()) + "\n"), true));
  CANDOUR_TRY(write_text(folder / "statement.note",
                         signed_text(statement(issued).print(), {{"root", Party::root}})));
  const identity::Notice notice{.organisation = kOrganisation,
                                .version = 1,
                                .issued = issued,
                                .lines = {"This service is monitored."}};
  CANDOUR_TRY(write_text(
      folder / "notice.note",
      signed_text(notice.print(), {{"author", Party::author}, {"approver", Party::approver}})));
  CANDOUR_TRY(
      write_text(folder / "bot.note", certificate(party_key(Party::bot), "bot-1", "bot", issued)));
  config::RelayConfig config;
  config.state_dir = folder / "state";
  config.log_level = "warning";
  config.listen = {"127.0.0.1", port};
  config.admin = {"127.0.0.1", 0};
  config.tls_certificate_file = tls.certificate;
  config.tls_private_key_file = tls.key;
  config.root_vkey_file = folder / "root.vkey";
  config.log_key_file = folder / "log.key";
  config.bootstrap = {folder / "statement.note", folder / "notice.note", folder / "bot.note"};
  config.limits.submits_per_second = 200;
  CANDOUR_TRY(write_certificates(folder, size.devices, issued, config.bootstrap));
  CANDOUR_TRY(write_text(folder / "relay.toml", config::show(config, false)));
  return write_text(folder / "world.txt", std::to_string(size.devices) + " " +
                                              std::to_string(size.groups) + " " +
                                              std::to_string(size.members) + "\n");
}

Result<Digest> notice_digest(const std::filesystem::path& folder) {
  CANDOUR_TRY(const auto text, read_file(folder / "notice.note", 64 * 1024));
  CANDOUR_TRY(const auto note, identity::SignedNote::parse(as_text(text)));
  return identity::note_digest(note);
}

}  // namespace candour::bench
