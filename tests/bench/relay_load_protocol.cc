#include "tests/bench/relay_load_protocol.h"

#include <deque>
#include <vector>

#include "base/clock.h"
#include "identity/certificate.h"
#include "identity/login.h"
#include "identity/notice.h"
#include "transport/wire/frames.h"

namespace candour::bench {

namespace {

constexpr std::uint32_t kAcknowledgeEvery = 32;
constexpr std::size_t kBotFieldSize = 2608;  // HPKE to the bot, always of this size

class Broadcast final : public Protocol {
 public:
  Broadcast(LoadEvents& events, const RelayWorldSize& size, std::uint32_t bot)
      : events_(events), size_(size), bot_(bot) {}

  std::string path(std::uint32_t connection) const override {
    return connection == bot_ ? "/bot" : "/g/" + std::to_string(connection / size_.members);
  }
  std::string subprotocol() const override { return {}; }
  void on_open(LoadSocket& socket) override { events_.on_ready(socket); }
  void on_message(LoadSocket& socket, ByteView message) override {
    if (socket.index() == bot_) return socket.put(message);
    events_.on_delivered(socket, socket.index() / size_.members, message);
  }
  void submit(LoadSocket& socket, std::uint32_t, const Bytes& payload) override {
    socket.put(payload);
  }

 private:
  LoadEvents& events_;
  RelayWorldSize size_;
  std::uint32_t bot_;
};

/// The fields of a Deliver that the client needs. Parsing whole frames would make the client, which
/// has one core, the limit of every run.
struct Delivery {
  ByteView group;
  std::uint64_t seq = 0;
  ByteView ciphertext;
};

class FieldReader {
 public:
  explicit FieldReader(ByteView bytes) : rest_(bytes) {}
  /// False at the end. `bytes` is empty for numbers.
  bool next(std::uint32_t& field, std::uint64_t& number, ByteView& bytes) {
    if (rest_.empty()) return false;
    const std::uint64_t tag = varint();
    field = static_cast<std::uint32_t>(tag >> 3);
    number = varint();
    bytes = {};
    if ((tag & 7) != 2) return true;
    number = std::min<std::uint64_t>(number, rest_.size());
    bytes = rest_.first(number);
    rest_ = rest_.subspan(number);
    return true;
  }

 private:
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !rest_.empty() && shift < 64; shift += 7) {
      const std::uint8_t byte = rest_.front();
      rest_ = rest_.subspan(1);
      value |= std::uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  ByteView rest_;
};

bool read_delivery(ByteView frame, Delivery& out) {
  FieldReader outer(frame);
  std::uint32_t field = 0;
  std::uint64_t number = 0;
  ByteView body;
  do {
    if (!outer.next(field, number, body)) return false;
  } while (field != v1::ServerFrame::kDeliverFieldNumber);
  FieldReader inner(body);
  ByteView bytes;
  while (inner.next(field, number, bytes)) {
    if (field == v1::Deliver::kGroupFieldNumber) out.group = bytes;
    if (field == v1::Deliver::kSeqFieldNumber) out.seq = number;
    if (field == v1::Deliver::kCiphertextFieldNumber) out.ciphertext = bytes;
  }
  return out.group.size() == GroupId::kSize;
}

class Candour final : public Protocol {
 public:
  Candour(LoadEvents& events, const CandourOptions& options,
          std::function<LoadSocket&(std::uint32_t)> sockets)
      : events_(events), options_(options), sockets_(std::move(sockets)) {
    devices_.resize(options.size.devices);
    for (std::uint32_t g = 0; g < options.size.groups; ++g) {
      for (std::uint32_t m = 0; m < options.size.members; ++m) {
        Device& device = devices_[member_of(options.size, g, m)];
        device.groups.push_back({.group = g});
        device.sends = device.sends || m < options.senders;
      }
    }
  }

  std::string path(std::uint32_t) const override { return "/v1"; }
  std::string subprotocol() const override { return "candour.v1"; }
  void on_open(LoadSocket&) override {}
  void on_message(LoadSocket& socket, ByteView message) override;
  void submit(LoadSocket& socket, std::uint32_t group, const Bytes& payload) override;
  void tick() override;
  void hold() override { holding_ = true; }
  void release() override;
  bool held(std::uint32_t connection) const override {
    return devices_[connection].login.has_value();
  }

 private:
  struct Cursor {
    std::uint32_t group = 0;
    std::uint64_t seq = 0;
    std::uint32_t unacknowledged = 0;
  };
  struct Device {
    std::vector<Cursor> groups;
    std::uint64_t mail = 0;
    std::uint32_t mail_unacknowledged = 0;
    std::uint64_t last_request = 0;
    bool ready = false;
    bool sends = false;
    std::optional<v1::ClientFrame> login;  // signed, held back
  };

  void send(LoadSocket& socket, v1::ClientFrame& frame, bool answer) {
    if (answer) frame.set_request(++devices_[socket.index()].last_request);
    const Bytes bytes = wire::serialise(frame);
    socket.put(bytes);
  }
  void on_delivery(LoadSocket& socket, const Delivery& delivery);
  void on_other(LoadSocket& socket, const v1::ServerFrame& frame);
  v1::ClientFrame login(const LoadSocket& socket, const v1::Challenge& challenge) const;
  void logged_in(LoadSocket& socket, const v1::LoggedIn& state);
  void ready(LoadSocket& socket) {
    devices_[socket.index()].ready = true;
    events_.on_ready(socket);
  }
  void acknowledge(LoadSocket& socket, Cursor& cursor);
  void acknowledge_mail(LoadSocket& socket, Device& device);

  LoadEvents& events_;
  CandourOptions options_;
  std::function<LoadSocket&(std::uint32_t)> sockets_;
  std::vector<Device> devices_;
  bool holding_ = false;
  std::uint64_t last_message_ = now();
  static std::uint64_t now() { return system_clock().now().value << 20; }
};

void Candour::on_message(LoadSocket& socket, ByteView message) {
  Delivery delivery;
  if (read_delivery(message, delivery)) return on_delivery(socket, delivery);
  const auto frame = wire::parse_server_frame(message);
  if (!frame) return events_.on_refused(socket, frame.error().message);
  on_other(socket, frame.value());
}

void Candour::on_delivery(LoadSocket& socket, const Delivery& delivery) {
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < 4; ++i) group |= std::uint32_t{delivery.group[12 + i]} << (8 * i);
  for (Cursor& cursor : devices_[socket.index()].groups) {
    if (cursor.group != group) continue;
    cursor.seq = delivery.seq;
    if (++cursor.unacknowledged >= kAcknowledgeEvery) acknowledge(socket, cursor);
  }
  if (!delivery.ciphertext.empty()) events_.on_delivered(socket, group, delivery.ciphertext);
}

void Candour::on_other(LoadSocket& socket, const v1::ServerFrame& frame) {
  Device& device = devices_[socket.index()];
  switch (frame.body_case()) {
    case v1::ServerFrame::kChallenge: {
      auto answer = login(socket, frame.challenge());
      if (holding_) {
        device.login = std::move(answer);
      } else {
        send(socket, answer, true);
      }
      return;
    }
    case v1::ServerFrame::kLoggedIn:
      return logged_in(socket, frame.logged_in());
    case v1::ServerFrame::kSubmitted:
      return events_.on_acknowledged(socket);
    case v1::ServerFrame::kMail:
      device.mail = frame.mail().number();
      if (++device.mail_unacknowledged >= kAcknowledgeEvery) acknowledge_mail(socket, device);
      return;
    case v1::ServerFrame::kDone:
      if (!device.ready) ready(socket);
      return;
    case v1::ServerFrame::kFailure:
      return events_.on_refused(socket, frame.failure().code() + ": " + frame.failure().message());
    default:
      return;
  }
}

v1::ClientFrame Candour::login(const LoadSocket& socket, const v1::Challenge& challenge) const {
  const auto key = device_key(socket.index());
  const DeviceId id = identity::device_id(key.public_key());
  const identity::LoginTranscript transcript{.log_origin = challenge.log_origin(),
                                             .nonce = to_bytes(challenge.nonce()),
                                             .channel_binding = socket.channel_binding(),
                                             .subject = to_bytes(id.view()),
                                             .client_build = kBenchClient};
  v1::ClientFrame frame;
  auto& out = *frame.mutable_login();
  out.set_version(1);
  out.set_device(wire::to_field(id));
  out.set_client_build(kBenchClient);
  out.set_signature(wire::to_field(transcript.sign(key)));
  return frame;
}

void Candour::logged_in(LoadSocket& socket, const v1::LoggedIn& state) {
  Device& device = devices_[socket.index()];
  if (!device.sends || state.notice_acknowledged()) return ready(socket);
  const auto key = device_key(socket.index());
  const identity::NoticeAck ack{.device = identity::device_id(key.public_key()),
                                .notice = options_.notice,
                                .time = system_clock().now()};
  v1::ClientFrame frame;
  frame.mutable_notice_ack()->set_object(wire::to_field(ack.sign(key)));
  send(socket, frame, true);
}

void Candour::acknowledge(LoadSocket& socket, Cursor& cursor) {
  cursor.unacknowledged = 0;
  if (options_.acknowledge_nothing) return;
  v1::ClientFrame frame;
  frame.mutable_delivery_ack()->set_group(wire::to_field(group_id(cursor.group)));
  frame.mutable_delivery_ack()->set_seq(cursor.seq);
  send(socket, frame, false);
}

void Candour::acknowledge_mail(LoadSocket& socket, Device& device) {
  device.mail_unacknowledged = 0;
  v1::ClientFrame frame;
  frame.mutable_mail_ack()->set_through(device.mail);
  send(socket, frame, false);
}

void Candour::submit(LoadSocket& socket, std::uint32_t group, const Bytes& payload) {
  MessageId id;
  ++last_message_;
  for (std::size_t i = 0; i < 8; ++i) {
    id.mutable_view()[i] = static_cast<std::uint8_t>(last_message_ >> (8 * i));
  }
  static const std::string bot_field(kBotFieldSize, '\x5A');
  v1::ClientFrame frame;
  auto& submit = *frame.mutable_submit();
  submit.set_version(1);
  submit.set_group(wire::to_field(group_id(group)));
  submit.set_message_id(wire::to_field(id));
  submit.set_epoch(1);
  submit.set_kind(v1::APPLICATION);
  submit.set_ciphertext(wire::to_field(payload));
  submit.set_bot_field(bot_field);
  send(socket, frame, true);
}

void Candour::tick() {
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    Device& device = devices_[i];
    if (!device.ready) continue;
    LoadSocket& socket = sockets_(i);
    if (!socket.open()) continue;
    for (Cursor& cursor : device.groups) {
      if (cursor.unacknowledged != 0) acknowledge(socket, cursor);
    }
    if (device.mail_unacknowledged != 0) acknowledge_mail(socket, device);
    socket.flush();
  }
}

void Candour::release() {
  holding_ = false;
  for (std::uint32_t i = 0; i < devices_.size(); ++i) {
    if (!devices_[i].login) continue;
    LoadSocket& socket = sockets_(i);
    send(socket, *devices_[i].login, true);
    devices_[i].login.reset();
    socket.flush();
  }
}

}  // namespace

std::unique_ptr<Protocol> broadcast_protocol(LoadEvents& events, const RelayWorldSize& size,
                                             std::uint32_t bot) {
  return std::make_unique<Broadcast>(events, size, bot);
}

std::unique_ptr<Protocol> candour_protocol(LoadEvents& events, const CandourOptions& options,
                                           std::function<LoadSocket&(std::uint32_t)> sockets) {
  return std::make_unique<Candour>(events, options, std::move(sockets));
}

}  // namespace candour::bench
