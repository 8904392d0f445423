// Brings released messages and mail to the devices: once to everybody online from one encoded
// frame, and from the store to those who come back. One stored copy per message, one cursor per
// device and group; a row goes when every cursor has passed it. IoThread only.
#pragma once

#include "transport/relay/context.h"

namespace candour::relay {

class Fanout {
 public:
  explicit Fanout(Context& context) : context_(context) {}

  void load(const storage::RelaySnapshot& snapshot);

  /// After login: backlog of every group and of mail, then live.
  void start(Session& session);
  /// The socket has room again.
  void drained(SessionId session);

  /// A release became durable. `frame` is null when its bytes are only in the store.
  void released(const GroupId& group, Seq seq, const net::SharedFrame& frame);
  /// Gives the mail its numbers; the caller queues the write.
  void number_mail(std::vector<storage::MailRow>& mail);
  /// The mail became durable.
  void mailed(const std::vector<storage::MailRow>& mail);
  /// Membership changed: sessions of new members start after `commit`, those of others end.
  void members_changed(Group& group, const std::vector<DeviceId>& members, Seq commit);
  /// A revocation: the device leaves every group at once (I9).
  void forget(const DeviceId& device);

  Status delivery_ack(const Session& session, const v1::DeliveryAck& ack);
  Status mail_ack(const Session& session, const v1::MailAck& ack);
  /// Writes what was acknowledged since the last time. A lost acknowledgement only means that a
  /// device is sent again what it has, so this may wait for the tick.
  void flush_acknowledged();

  static net::SharedFrame deliver_frame(const Context& context, const storage::MessageRow& message,
                                        std::string_view ciphertext);

 private:
  void read_group(Session& session, const GroupId& group);
  void read_mail(Session& session);
  bool may_send_backlog(Session& session);
  void send_mail(Session& session, const storage::MailRow& mail);

  Context& context_;
  std::set<std::pair<GroupId, DeviceId>> moved_cursors_;
  std::map<DeviceId, std::uint64_t> moved_mail_;
};

}  // namespace candour::relay
