// Brings released messages and mail to the devices: once to everybody online from one encoded
// frame, and from the store to those who come back. One stored copy per message, one cursor per
// device and group; a row goes when every cursor has passed it. IoThread only.
#pragma once

#include "transport/relay/backlog.h"

namespace candour::relay {

class Fanout {
 public:
  explicit Fanout(Context& context) : context_(context), backlog_(context) {}

  void load(const storage::RelaySnapshot& snapshot);

  /// After login: backlog of every group and of mail, then live.
  void start(Session& session);
  /// The socket has room again.
  void drained(SessionId session);

  /// A release became durable. `frame` is null when its bytes are only in the store. It goes out at
  /// once, or, when more of its group is on the way to the disk, together with that: one write to
  /// each member instead of several. Bounded in number and time.
  void released(const GroupId& group, Seq seq, const net::SharedFrame& frame);
  /// Sends what was held for others to come.
  void tick();
  /// Gives the mail its numbers; the caller queues the write.
  void number_mail(std::vector<storage::MailRow>& mail);
  /// The mail became durable.
  void mailed(const std::vector<storage::MailRow>& mail);
  /// Membership changed with the release just decided: new members, and those who had to
  /// resynchronise, start after it; for those who are gone it is the last one.
  void members_changed(Group& group, const storage::RosterChange& change);
  /// A release was decided: notes when more are kept for this group than may be.
  void bound_kept(const Group& group);
  /// A revocation: the device leaves every group at once (I9).
  void forget(const DeviceId& device);

  Status delivery_ack(Session& session, const v1::DeliveryAck& ack);
  Status mail_ack(const Session& session, const v1::MailAck& ack);
  /// Writes what was acknowledged since the last time. A lost acknowledgement only means that a
  /// device is sent again what it has, so this may wait for the tick.
  void flush_acknowledged();

  static net::SharedFrame deliver_frame(const Context& context, const storage::MessageRow& message,
                                        std::string_view ciphertext);

 private:
  void send_held(Group& group);
  /// Those whose last release is out get nothing more.
  void let_go(Group& group);
  const std::vector<Listener>& audience(Group& group);
  void read_group(Session& session, const GroupId& group);
  /// As much of it as the session may take now.
  void send_page(Session& session, const Backlog::Page& page);
  /// Tells the device that it missed messages which are gone, and sends it nothing more of the
  /// group.
  void resynchronise(Session& session, const Group& group);
  /// An acknowledgement of a device that was to resynchronise: it may have had everything.
  Status caught_up(Session& session, Group& group, Seq seq);
  void drop_kept(Group& group, storage::Acknowledged& out);
  void read_mail(Session& session);
  bool may_send_backlog(Session& session);
  void send_mail(Session& session, const storage::MailRow& mail);

  Context& context_;
  Backlog backlog_;
  std::set<std::pair<GroupId, DeviceId>> moved_cursors_;
  std::map<DeviceId, std::uint64_t> moved_mail_;
  std::set<GroupId> too_many_kept_;
  std::set<GroupId> holding_;  // groups that hold releases
};

}  // namespace candour::relay
