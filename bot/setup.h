// What the bot loads and checks before it connects to anything: organisation, policy, retention
// keys. Each failure names the file and what to do.
#pragma once

#include <memory>

#include "base/clock.h"
#include "bot/policies.h"
#include "config/bot_config.h"
#include "identity/statement.h"
#include "warrant/seal/retention.h"

namespace candour::bot {

struct Organisation {
  identity::NoteKey root;  // pinned
  identity::Statement statement;
};

/// The statement under the pinned root. Under an example root only a loopback relay is allowed
/// (config_invalid).
Result<Organisation> load_organisation(const config::BotConfig& config);

/// The pack in a folder, or in the file that `candourctl policy compile` made of one:
/// policy_invalid with the place.
Result<std::shared_ptr<const policy::Pack>> load_pack_at(const std::filesystem::path& path);

/// The pack, compiled, and signed by a policy-author and a policy-approver of the statement:
/// policy_invalid otherwise.
Result<std::shared_ptr<const policy::Pack>> load_policy(const config::BotConfig& config,
                                                        const identity::Statement& statement);

/// Loads the pack as it is on disk, on a thread of its own.
Policies::Loader policy_loader(const config::BotConfig& config);

/// The retention keys; config_invalid when the present year lacks one for a class of groups.
Result<warrant::RetentionKeys> load_retention(const config::BotConfig& config, TimeMs now);

/// Whether a host name or address is this machine's loopback.
bool is_loopback(std::string_view host);

}  // namespace candour::bot
