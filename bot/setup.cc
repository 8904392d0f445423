#include "bot/setup.h"

#include <arpa/inet.h>

#include "base/files.h"
#include "base/limits.h"
#include "client/messages/group_request.h"
#include "identity/key_file.h"

namespace candour::bot {

bool is_loopback(std::string_view host) {
  in_addr parsed{};  // a name such as 127.example.org is no address
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && inet_pton(AF_INET, std::string(host).c_str(), &parsed) == 1);
}

Result<Organisation> load_organisation(const config::BotConfig& config) {
  Organisation organisation;
  CANDOUR_TRY(organisation.root, identity::load_vkey(config.root_vkey_file));
  CANDOUR_TRY(const Bytes note, read_file(config.statement_file, limits::kNoteSizeMax));
  CANDOUR_TRY(organisation.statement,
              identity::Statement::verify(as_text(note), organisation.root));
  if (organisation.statement.example && !is_loopback(config.relay.host)) {
    return error(ErrorCode::config_invalid,
                 "the organisation is an example, so the relay must be on this machine: relay.host "
                 "is \"" +
                     config.relay.host + "\", use 127.0.0.1");
  }
  return organisation;
}

Result<std::shared_ptr<const policy::Pack>> load_pack_at(const std::filesystem::path& path) {
  std::error_code unreadable;  // load_pack says why
  if (!std::filesystem::is_regular_file(path, unreadable)) return policy::load_pack(path);
  CANDOUR_TRY(const Bytes bytes, read_file(path, policy::kCompiledPackSizeMax));
  auto pack = policy::load_compiled(bytes);
  if (pack) return pack;
  return error(pack.error().code, path.string() + ": " + pack.error().message);
}

Result<std::shared_ptr<const policy::Pack>> load_policy(const config::BotConfig& config,
                                                        const identity::Statement& statement) {
  CANDOUR_TRY(auto pack, load_pack_at(config.policy_pack_dir));
  const Status signed_by_both = check_signatures(*pack, statement);
  if (signed_by_both) return pack;
  return error(signed_by_both.error().code,
               config.policy_pack_dir.string() + ": " + signed_by_both.error().message);
}

namespace {

// A disk that fails in new ways must not end a bot that has a policy in force.
Result<std::shared_ptr<const policy::Pack>> load_whatever_happens(
    const std::filesystem::path& path) {
  try {
    return load_pack_at(path);
  } catch (const std::exception& failed) {
    return error(ErrorCode::policy_invalid, path.string() + ": " + failed.what());
  }
}

}  // namespace

Policies::Loader policy_loader(const config::BotConfig& config) {
  return [path = config.policy_pack_dir] {
    return std::async(std::launch::async, [path] { return load_whatever_happens(path); });
  };
}

Result<warrant::RetentionKeys> load_retention(const config::BotConfig& config, TimeMs now) {
  CANDOUR_TRY(auto keys, warrant::RetentionKeys::read(config.retention_keys_file));
  for (const std::string_view group_class : messages::kGroupClasses) {
    if (const auto key = keys.find(group_class, now); !key) {
      return error(ErrorCode::config_invalid,
                   config.retention_keys_file.string() + ": " + key.error().message);
    }
  }
  return keys;
}

}  // namespace candour::bot
