// New keys of this device in a group, when the bot asks for them: a key package made now, whose
// private part exists nowhere else, goes to the bot, signed; the bot removes this device and adds
// it with that package in one commit. The old keys are gone with the welcome.
#include "client/conversation.h"
#include "client/error_kinds.h"

namespace candour::client {

Status Client::renew_keys() {
  while (!renewals_due_.empty()) {
    const GroupId group = *renewals_due_.begin();
    renewals_due_.erase(renewals_due_.begin());
    const GroupSession* known = session(group);
    if (known == nullptr || !known->progress().takes_part()) continue;
    KeyPackageBatch made;
    CANDOUR_TRY(keep([&] { return make_key_package(false, made); }));
    const Digest reference = made.references.front();
    CANDOUR_TRY(const auto record, store_.key_package(reference));
    messages::KeyRenewal renewal;
    renewal.group = group;
    renewal.key_package = record->key_package;
    renewal.device = store_.keys().device;
    renewal.time = clock_.now();
    const Status sent = [&]() -> Status {
      CANDOUR_TRY(send_to_bot(messages::ToBotType::key_renewal,
                              SecretBytes::copy_of(renewal.sign(store_.keys().signing))));
      return ok();
    }();
    // Without an answer the relay may have taken it all the same: then a welcome comes for it.
    if (sent || is_lost(sent.error())) renewing_.insert(group);
    if (sent) continue;
    if (is_lost(sent.error()) || is_final(sent.error())) return sent;
    // The bot asks again.
    CANDOUR_TRY(keep([&] { return store_.erase_key_package(reference); }));
  }
  return ok();
}

}  // namespace candour::client
