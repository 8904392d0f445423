// Goal: the bot obeys a group request only when a registrar of its own organisation signed it and
// it is well-formed. Method: print, sign and verify requests, then break one thing at a time.
#include "client/messages/group_request.h"

#include "tests/messages/fixtures.h"

namespace candour::messages {
namespace {

using namespace testing_only;

identity::Statement make_statement() {
  identity::Statement statement;
  statement.id = "example-constabulary";
  const auto add = [&](const char* role, const char* name, std::uint8_t key) {
    identity::NoteKey note_key;
    note_key.name = name;
    note_key.public_key = signing_key(key).public_key();
    statement.roles.push_back({role, name, note_key});
  };
  add("registrar", "registrar-one", 1);
  add("registrar", "registrar-two", 2);
  add("auditor", "auditor-one", 3);
  return statement;
}

GroupRequest make_request() {
  GroupRequest request;
  request.organisation = "example-constabulary";
  request.request = filled<RequestId>(1);
  request.action = "create";
  request.group = filled<GroupId>(2);
  request.name = "Team A";
  request.group_class = "ordinary";
  request.unit = "team-a";
  request.owners = {filled<DeviceId>(3)};
  request.members = {filled<DeviceId>(4), filled<DeviceId>(5)};
  request.issued = TimeMs(1'772'000'000'000);
  return request;
}

std::string note_of(const std::string& text, std::string_view name, std::uint8_t key) {
  identity::SignedNote note;
  note.text = text;
  identity::sign_note(note, name, signing_key(key));
  return note.print();
}

std::string code_of(const std::string& note) {
  const auto result = GroupRequest::verify(note, make_statement());
  return result.has_value() ? "fine" : std::string(code_name(result.error().code));
}

std::string code_of(const GroupRequest& request) {
  return code_of(note_of(request.print(), "registrar-one", 1));
}

TEST(GroupRequest, ComesBackAsItWas) {
  const auto back =
      GroupRequest::verify(note_of(make_request().print(), "registrar-two", 2), make_statement());
  ASSERT_TRUE(back.has_value()) << back.error().message;
  EXPECT_EQ(back.value().print(), make_request().print());
  EXPECT_EQ(back.value().owners, make_request().owners);
  EXPECT_EQ(back.value().members, make_request().members);
  EXPECT_EQ(back.value().issued, make_request().issued);
  for (const char* action : {"add", "remove"}) {
    GroupRequest change = make_request();
    change.action = action;
    EXPECT_EQ(code_of(change), "fine") << action;
  }
}

TEST(GroupRequest, I12OnlyARegistrarsSignatureCounts) {
  const std::string text = make_request().print();
  EXPECT_EQ(code_of(note_of(text, "registrar-one", 1)), "fine");
  EXPECT_EQ(code_of(note_of(text, "auditor-one", 3)), "signature_invalid");
  EXPECT_EQ(code_of(note_of(text, "somebody", 9)), "signature_invalid");
  EXPECT_NE(code_of(note_of(text, "registrar-one", 2)), "fine");  // the wrong key under the name
  std::string changed = note_of(text, "registrar-one", 1);
  changed.replace(changed.find("Team A"), 6, "Team B");
  EXPECT_NE(code_of(changed), "fine");
  GroupRequest foreign = make_request();
  foreign.organisation = "another-force";
  EXPECT_EQ(code_of(foreign), "not_permitted");
}

TEST(GroupRequest, I12BrokenRequestsAreRefused) {
  const auto with = [](const std::function<void(GroupRequest&)>& change) {
    GroupRequest request = make_request();
    change(request);
    return code_of(request);
  };
  EXPECT_EQ(with([](auto& r) { r.action = "destroy"; }), "input_invalid");
  EXPECT_EQ(with([](auto& r) { r.group_class = "secret"; }), "input_invalid");
  EXPECT_EQ(with([](auto& r) { r.name = std::string(129, 'x'); }), "input_invalid");
  EXPECT_EQ(with([](auto& r) { r.owners.clear(); }), "input_invalid");
  EXPECT_EQ(with([](auto& r) { r.members.push_back(r.members[0]); }), "input_invalid");
  EXPECT_EQ(with([](auto& r) {
              r.action = "add";
              r.members.clear();
            }),
            "input_invalid");
  EXPECT_EQ(
      with([](auto& r) {
        for (int i = 0; i < 1100; ++i) {
          r.members.push_back(*DeviceId::from(crypto::sha256(to_bytes(std::to_string(i))).view()));
        }
      }),
      "input_invalid");
}

TEST(GroupRequest, I12BrokenLinesAreRefused) {
  const std::string good = make_request().print();
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return code_of(note_of(text, "registrar-one", 1));
  };
  EXPECT_EQ(with("candour-group/v1", "candour-group/v2"), "note_malformed");
  EXPECT_EQ(with("unit team-a", "colour red"), "note_malformed");
  EXPECT_EQ(with("group 0202", "group 02"), "input_invalid");
  EXPECT_EQ(with("member 04", "member 0x"), "input_invalid");
  EXPECT_EQ(with("issued 2026", "issued 26"), "input_invalid");
  EXPECT_EQ(with("action create", "action add"), "input_invalid");  // name, class, owner are there
}

}  // namespace
}  // namespace candour::messages
