// Accepts submissions: one FIFO for each group, a number for each submission, durable before it is
// acknowledged. Also the key packages of devices. IoThread only.
#pragma once

#include "transport/relay/gate.h"

namespace candour::relay {

class Sequencer {
 public:
  Sequencer(Context& context, Gate& gate) : context_(context), gate_(gate) {}

  void load(const storage::RelaySnapshot& snapshot);
  Status submit(Session& session, std::uint64_t request, v1::Submit submit);
  Status put_key_packages(Session& session, std::uint64_t request, const v1::PutKeyPackages& frame);
  Status fetch_key_packages(Session& session, std::uint64_t request,
                            const v1::FetchKeyPackages& frame);

 private:
  /// What a commit of epoch 0 begins.
  struct Beginning {
    bool creates_group = false;
    bool forms_again = false;
    std::vector<std::uint64_t> dropped;  // numbers of what was pending in it
  };

  Status check_form(const Session& session, const v1::Submit& submit) const;
  Status take_allowance(Device& device);
  /// For what is new; not for what is here already.
  Status take_room(const Session& session, Device& device);
  /// Why this submission may not enter its group now.
  Status check_group(const Session& session, const Device& device, const Group& group,
                     const v1::Submit& submit) const;
  /// The first answer again, or message_id_reused.
  Status repeated(const Session& session, std::uint64_t request, Device& device,
                  const MessageId& message, const v1::Submit& submit, const SubmittedMemo& memo);
  void accept(Session& session, std::uint64_t request, Device& device, Group& group,
              const MessageId& message, const Digest& hash, v1::Submit submit, Beginning beginning);

  Context& context_;
  Gate& gate_;
};

}  // namespace candour::relay
