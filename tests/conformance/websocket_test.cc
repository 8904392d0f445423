// Goal: the session that carries candour.v1 keeps RFC 6455, strictly. Method: a table of cases by
// section of the RFC; each sends bytes to an echo server made of the same session class and expects
// exactly these frames back, up to the end of the connection.
#include <gtest/gtest.h>

#include <map>

#include "tests/conformance/websocket/echo.h"
#include "tests/conformance/websocket/raw_client.h"

namespace candour::testing {
namespace {

constexpr std::size_t kMessageSizeMax = 2 * 1024 * 1024;

struct Case {
  std::string name;  // with the section
  Bytes sent;
  std::vector<RawFrame> expected;
  bool refused = false;  // the server ends it by itself
};

/// Frames that are answered; then the client closes with 1000.
Case answered(std::string name, std::vector<Bytes> frames, std::vector<RawFrame> expected) {
  Case out{std::move(name), {}, std::move(expected)};
  for (const Bytes& frame : frames) append(out.sent, frame);
  append(out.sent, client_frame(kClose, close_payload(1000)));
  out.expected.push_back({kClose, close_payload(1000)});
  return out;
}

/// Bytes upon which the server fails the connection with this code; behind them comes a message
/// that must not be echoed.
Case refused(std::string name, std::vector<Bytes> frames, unsigned code,
             std::vector<RawFrame> before = {}) {
  Case out{std::move(name), {}, std::move(before), true};
  for (const Bytes& frame : frames) append(out.sent, frame);
  append(out.sent, client_frame(kText, as_bytes("too late")));
  out.expected.push_back({kClose, close_payload(code)});
  return out;
}

Bytes text(std::string_view t, FrameForm form = {}) {
  return client_frame(kText, as_bytes(t), form);
}
RawFrame text_back(std::string_view t) { return {kText, to_bytes(t)}; }

std::vector<Case> framing() {
  std::vector<Case> out;
  out.push_back(refused("5_1_unmasked", {text("a", {.masked = false})}, 1002));
  for (const std::uint8_t bit : {0x40, 0x20, 0x10, 0x70}) {
    out.push_back(
        refused("5_2_reserved_bits_" + std::to_string(bit), {text("a", {.reserved = bit})}, 1002));
    out.push_back(refused("5_2_reserved_bits_of_ping_" + std::to_string(bit),
                          {client_frame(kPing, {}, {.reserved = bit})}, 1002));
  }
  for (const std::uint8_t opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    out.push_back(refused("5_2_opcode_" + std::to_string(opcode),
                          {text("before"), client_frame(opcode, as_bytes("a"))}, 1002,
                          {text_back("before")}));
  }
  out.push_back(
      refused("5_2_length_126_for_5", {text("12345", {.length = Length::two_bytes})}, 1002));
  out.push_back(
      refused("5_2_length_127_for_5", {text("12345", {.length = Length::eight_bytes})}, 1002));
  out.push_back(refused("5_2_length_127_for_65535",
                        {client_frame(kBinary, Bytes(65535), {.length = Length::eight_bytes})},
                        1002));
  Bytes negative{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4};
  out.push_back(refused("5_2_length_with_its_top_bit", {negative}, 1009));
  out.push_back(
      refused("10_4_message_too_large", {client_frame(kBinary, Bytes(kMessageSizeMax + 1))}, 1009));
  out.push_back(refused("10_4_fragments_too_large_together",
                        {client_frame(kBinary, Bytes(kMessageSizeMax), {.fin = false}),
                         client_frame(kContinuation, Bytes(1))},
                        1009));
  for (const std::size_t size :
       {0u, 1u, 125u, 126u, 127u, 128u, 16383u, 16384u, 65535u, 65536u, 65537u, 1u << 20}) {
    const std::string letters(size, 'x');
    const Bytes bytes(size, 0xFE);
    const std::string name = std::to_string(size);
    out.push_back(answered("5_6_text_of_" + name, {text(letters)}, {text_back(letters)}));
    out.push_back(
        answered("5_6_binary_of_" + name, {client_frame(kBinary, bytes)}, {{kBinary, bytes}}));
  }
  return out;
}

std::vector<Case> fragmentation() {
  const FrameForm more{.fin = false};
  const Bytes ping = client_frame(kPing, as_bytes("between"));
  const RawFrame pong{kPong, to_bytes("between")};
  return {
      answered("5_4_two_fragments",
               {text("Hel", more), client_frame(kContinuation, as_bytes("lo"))},
               {text_back("Hello")}),
      answered("5_4_empty_fragments",
               {text("", more), client_frame(kContinuation, {}, more),
                client_frame(kContinuation, as_bytes("x"), more), client_frame(kContinuation, {})},
               {text_back("x")}),
      answered(
          "5_4_nothing_in_three_fragments",
          {text("", more), client_frame(kContinuation, {}, more), client_frame(kContinuation, {})},
          {text_back("")}),
      answered("5_4_ping_between_fragments",
               {text("Hel", more), ping, client_frame(kContinuation, as_bytes("lo"))},
               {pong, text_back("Hello")}),
      answered("5_4_pings_around_each_fragment",
               {ping, text("a", more), ping, client_frame(kContinuation, as_bytes("b"), more), ping,
                client_frame(kContinuation, as_bytes("c")), ping},
               {pong, pong, pong, text_back("abc"), pong}),
      refused("5_4_continuation_of_nothing", {client_frame(kContinuation, as_bytes("a"))}, 1002),
      refused("5_4_unfinished_continuation_of_nothing",
              {client_frame(kContinuation, as_bytes("a"), more)}, 1002),
      refused("5_4_continuation_after_the_end",
              {text("a", more), client_frame(kContinuation, as_bytes("b")),
               client_frame(kContinuation, as_bytes("c"))},
              1002, {text_back("ab")}),
      refused("5_4_text_within_fragments", {text("a", more), text("b")}, 1002),
      refused("5_4_binary_within_fragments", {text("a", more), client_frame(kBinary, Bytes(1))},
              1002),
      refused("5_5_fragmented_ping", {client_frame(kPing, {}, more)}, 1002),
      refused("5_5_fragmented_close", {client_frame(kClose, close_payload(1000), more)}, 1002),
      refused("5_5_fragmented_pong", {client_frame(kPong, {}, more)}, 1002),
  };
}

std::vector<Case> control() {
  std::vector<Case> out;
  for (const std::size_t size : {0u, 1u, 124u, 125u}) {
    const Bytes payload(size, 0xFF);
    out.push_back(answered("5_5_2_ping_of_" + std::to_string(size), {client_frame(kPing, payload)},
                           {{kPong, payload}}));
  }
  out.push_back(refused("5_5_ping_of_126", {client_frame(kPing, Bytes(126))}, 1002));
  out.push_back(refused("5_5_pong_of_126", {client_frame(kPong, Bytes(126))}, 1002));
  out.push_back(refused("5_5_close_of_126",
                        {client_frame(kClose, close_payload(1000, std::string(124, 'x')))}, 1002));
  std::vector<Bytes> pings;
  std::vector<RawFrame> pongs;
  for (std::uint8_t i = 0; i < 10; ++i) {
    pings.push_back(client_frame(kPing, Bytes{i}));
    pongs.push_back({kPong, Bytes{i}});
  }
  out.push_back(answered("5_5_3_each_ping_in_order", pings, pongs));
  out.push_back(answered("5_5_3_unasked_pong",
                         {client_frame(kPong, as_bytes("unasked")), text("a")}, {text_back("a")}));
  return out;
}

std::vector<Case> closing() {
  std::vector<Case> out;
  const auto close = [](std::string name, const Bytes& payload, Bytes back) {
    return Case{std::move(name), client_frame(kClose, payload), {{kClose, std::move(back)}}, true};
  };
  // The RFC leaves open what answers a close frame without a code.
  out.push_back(close("5_5_1_empty", {}, close_payload(1000)));
  out.push_back(close("5_5_1_one_byte", {3}, close_payload(1002)));
  for (const unsigned code : {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 3000u,
                              3999u, 4000u, 4999u}) {
    out.push_back(
        close("7_4_code_" + std::to_string(code), close_payload(code), close_payload(code)));
  }
  for (const unsigned code :
       {0u, 1u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u}) {
    out.push_back(close("7_4_invalid_code_" + std::to_string(code), close_payload(code),
                        close_payload(1002)));
  }
  const std::string longest(123, 'r');
  out.push_back(close("7_1_6_longest_reason", close_payload(1000, longest), close_payload(1000)));
  out.push_back(
      close("7_1_6_reason_in_utf8", close_payload(1000, "caf\xC3\xA9"), close_payload(1000)));
  // 1007 is for messages (7.4.1); a malformed close frame breaks the protocol.
  out.push_back(close("8_1_reason_not_utf8", close_payload(1000, "caf\xC3"), close_payload(1002)));
  out.push_back(close("8_1_reason_with_a_surrogate", close_payload(1000, "\xED\xA0\x80"),
                      close_payload(1002)));
  Case after = close("5_5_1_nothing_after_close", close_payload(1000), close_payload(1000));
  append(after.sent, text("too late"));
  append(after.sent, client_frame(kPing, {}));
  out.push_back(std::move(after));
  out.push_back(answered("7_1_5_answers_before_the_close", {text("a"), text("b")},
                         {text_back("a"), text_back("b")}));
  return out;
}

std::vector<Case> utf8() {
  std::vector<Case> out;
  const FrameForm more{.fin = false};
  const std::string_view good[] = {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",
                                   "\xF0\x90\x80\x80",
                                   "\xF4\x8F\xBF\xBF",
                                   "\xEF\xBF\xBD",
                                   "\xEF\xBF\xBE",
                                   "\xED\x9F\xBF",
                                   "\xEE\x80\x80",
                                   std::string_view("\0", 1)};
  int number = 0;
  for (const auto sample : good) {
    const std::string name = std::to_string(++number);
    out.push_back(answered("8_1_text_" + name, {text(sample)}, {text_back(sample)}));
    std::vector<Bytes> split{text("", more)};
    for (const char c : sample) {
      split.push_back(client_frame(kContinuation, as_bytes(std::string_view(&c, 1)), more));
    }
    split.push_back(client_frame(kContinuation, {}));
    out.push_back(answered("8_1_text_byte_by_byte_" + name, split, {text_back(sample)}));
  }
  const std::string_view bad[] = {"\x80",
                                  "\xBF",
                                  "\xC0\xAF",
                                  "\xC1\xBF",
                                  "\xC2",
                                  "\xE0\x80\xAF",
                                  "\xE0\x9F\xBF",
                                  "\xE1\x80",
                                  "\xED\xA0\x80",
                                  "\xED\xBF\xBF",
                                  "\xF0\x80\x80\x80",
                                  "\xF0\x8F\xBF\xBF",
                                  "\xF4\x90\x80\x80",
                                  "\xF5\x80\x80\x80",
                                  "\xF8\x88\x80\x80\x80",
                                  "\xFE",
                                  "\xFF",
                                  "a\xCE"};
  number = 0;
  for (const auto sample : bad) {
    const std::string name = std::to_string(++number);
    out.push_back(refused("8_1_invalid_" + name, {text(sample)}, 1007));
    out.push_back(refused("8_1_invalid_in_fragments_" + name,
                          {text("good ", more), client_frame(kContinuation, as_bytes(sample))},
                          1007));
  }
  // At once, not only when the message is whole.
  out.push_back(refused("8_1_invalid_before_the_last_fragment", {text("a\xFF", more)}, 1007));
  return out;
}

std::vector<Case> all_cases() {
  std::vector<Case> out;
  for (const auto& part : {framing(), fragmentation(), control(), closing(), utf8()}) {
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class Rfc6455 : public ::testing::TestWithParam<Case> {
 public:
  static void SetUpTestSuite() {
    io_ = std::make_unique<net::IoThread>();
    target_ = std::make_unique<EchoTarget>();
    auto options = echo_options();
    options.frame_size_max = kMessageSizeMax;
    ASSERT_TRUE(target_->start(*io_, options));
  }
  static void TearDownTestSuite() {
    target_.reset();
    io_.reset();
  }

 protected:
  void check(const std::function<void(RawClient&, const Bytes&)>& send) {
    RawClient client(target_->port());
    ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
    send(client, GetParam().sent);
    std::vector<std::string> faults;
    const auto frames = client.read_frames(faults);
    EXPECT_TRUE(faults.empty()) << faults.front();
    ASSERT_EQ(frames.size(), GetParam().expected.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].opcode, GetParam().expected[i].opcode);
      const Bytes expected = GetParam().expected[i].payload;
      // A close frame may say more than its code.
      const Bytes got =
          frames[i].opcode == kClose && !expected.empty() && frames[i].payload.size() > 2
              ? Bytes(frames[i].payload.begin(), frames[i].payload.begin() + 2)
              : frames[i].payload;
      EXPECT_EQ(got, expected);
    }
  }

  static std::unique_ptr<net::IoThread> io_;
  static std::unique_ptr<EchoTarget> target_;
};

std::unique_ptr<net::IoThread> Rfc6455::io_;
std::unique_ptr<EchoTarget> Rfc6455::target_;

TEST_P(Rfc6455, InOnePiece) {
  check([](RawClient& client, const Bytes& bytes) { client.write(bytes); });
}

TEST_P(Rfc6455, InSmallPieces) {
  check([](RawClient& client, const Bytes& bytes) {
    client.write_in_pieces(bytes, bytes.size() < 4096 ? 1 : 997);
  });
}

INSTANTIATE_TEST_SUITE_P(Section, Rfc6455, ::testing::ValuesIn(all_cases()),
                         [](const auto& it) { return it.param.name; });

std::string without(std::string request, const std::string& field) {
  const auto at = request.find(field + ":");
  EXPECT_NE(at, std::string::npos);
  return request.erase(at, request.find("\r\n", at) + 2 - at);
}

std::string with(std::string request, const std::string& from, const std::string& to) {
  const auto at = request.find(from);
  EXPECT_NE(at, std::string::npos);
  return request.replace(at, from.size(), to);
}

class OpeningHandshake : public ::testing::Test {
 protected:
  void SetUp() override {
    auto options = echo_options();
    options.origins = {"https://app.example.org"};
    ASSERT_TRUE(target_.start(io_, options));
  }
  std::string answer(const std::string& request) {
    RawClient client(target_.port());
    return client.upgrade(request);
  }
  unsigned status(const std::string& request) {
    const std::string head = answer(request);
    return head.size() < 12 ? 0 : static_cast<unsigned>(std::stoul(head.substr(9, 3)));
  }

  net::IoThread io_;
  EchoTarget target_;
};

TEST_F(OpeningHandshake, Section_4_2_2_GoodOneIsAccepted) {
  const std::string head = answer(good_upgrade());
  EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
  EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(head.find("Sec-WebSocket-Protocol: candour.v1\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Sec-WebSocket-Extensions"), std::string::npos);
}

TEST_F(OpeningHandshake, Section_4_2_1_FieldsAreComparedAsTheRfcSays) {
  EXPECT_EQ(status(with(good_upgrade(), "Upgrade: websocket", "Upgrade: WebSocket")), 101u);
  EXPECT_EQ(status(with(good_upgrade(), "Connection: Upgrade", "Connection: keep-alive, upgrade")),
            101u);
  EXPECT_EQ(status(with(good_upgrade(), "candour.v1", "other, candour.v1")), 101u);
  EXPECT_EQ(status(with(good_upgrade(), "Host: ",
                        "Sec-WebSocket-Extensions: permessage-deflate"
                        "\r\nHost: ")),
            101u);
}

TEST_F(OpeningHandshake, Section_4_2_1_EachMissingFieldIsRefused) {
  for (const char* field : {"Host", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol"}) {
    EXPECT_EQ(status(without(good_upgrade(), field)), 400u) << field;
  }
  EXPECT_EQ(status(without(good_upgrade(), "Sec-WebSocket-Version")), 426u);
  EXPECT_EQ(status(without(good_upgrade(), "Upgrade")), 404u);
}

TEST_F(OpeningHandshake, Section_4_2_1_WrongValuesAreRefused) {
  EXPECT_EQ(status(with(good_upgrade(), "GET ", "POST ")), 400u);
  EXPECT_EQ(status(with(good_upgrade(), "HTTP/1.1", "HTTP/1.0")), 400u);
  EXPECT_EQ(status(with(good_upgrade(), "Connection: Upgrade", "Connection: close")), 400u);
  EXPECT_EQ(status(with(good_upgrade(), "Upgrade: websocket", "Upgrade: h2c")), 404u);
  for (const char* key : {"", "AAAA", "dGhlIHNhbXBsZSBub25jZQ",
                          "dGhlIHNhbXBsZSBub25jZTEyMw==", "!!!!IHNhbXBsZSBub25jZQ=="}) {
    EXPECT_EQ(status(with(good_upgrade(), "dGhlIHNhbXBsZSBub25jZQ==", key)), 400u) << key;
  }
  EXPECT_EQ(status(with(good_upgrade(), "/v1", "/v2")), 404u);
  EXPECT_EQ(status(with(good_upgrade(), "candour.v1", "candour.v2")), 400u);
}

TEST_F(OpeningHandshake, Section_4_4_AnotherVersionIsToldTheRightOne) {
  for (const char* version : {"0", "8", "12", "14", "13a"}) {
    const std::string head =
        answer(with(good_upgrade(), "Version: 13", std::string("Version: ") + version));
    EXPECT_TRUE(head.starts_with("HTTP/1.1 426 ")) << head;
    EXPECT_NE(head.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos) << head;
  }
}

TEST_F(OpeningHandshake, Section_10_2_OriginsNotListedAreRefused) {
  const auto from = [](const std::string& origin) {
    return with(good_upgrade(), "Host: ", "Origin: " + origin + "\r\nHost: ");
  };
  EXPECT_EQ(status(from("https://app.example.org")), 101u);
  EXPECT_EQ(status(from("https://localhost")), 101u);
  EXPECT_EQ(status(from("https://elsewhere.example")), 403u);
  EXPECT_EQ(status(from("https://app.example.org.elsewhere.example")), 403u);
  EXPECT_EQ(status(from("null")), 403u);
}

TEST_F(OpeningHandshake, Section_7_1_HalfClosedConnectionEnds) {
  RawClient client(target_.port());
  ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  client.write(client_frame(kText, as_bytes("last words")));
  client.end_writing();
  std::vector<std::string> faults;
  (void)client.read_frames(faults);
  EXPECT_TRUE(faults.empty()) << faults.front();
  EXPECT_EQ(status(good_upgrade()), 101u);  // others go on
}

TEST_F(OpeningHandshake, Section_5_5_1_ServersCloseHasCodeAndReason) {
  RawClient client(target_.port());
  ASSERT_TRUE(client.upgrade().starts_with("HTTP/1.1 101 "));
  std::promise<void> asked;
  io_.post([&] {
    target_.server().close(1, 4003, "device_revoked");
    asked.set_value();
  });
  asked.get_future().wait();
  client.write(client_frame(kClose, close_payload(4003)));
  std::vector<std::string> faults;
  const auto frames = client.read_frames(faults);
  EXPECT_TRUE(faults.empty()) << faults.front();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].opcode, kClose);
  EXPECT_EQ(frames[0].payload, close_payload(4003, "device_revoked"));
}

}  // namespace
}  // namespace candour::testing
