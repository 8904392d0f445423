// Goal: opening leaves are logged only with a notice by the right key, a copy for every auditor and
// a warrant that is logged and not revoked; they are told and counted, and unsealed only by what
// they commit to; investigators find records by label. Method: a relay with role keys of every kind
// logs in over wss; each rule is broken once, then kept.
#include <thread>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "identity/opening_notice.h"
#include "tests/relay/world.h"
#include "tlog/record_label.h"

namespace candour::tests {
namespace {

using identity::OpeningKind;
using identity::OpeningNotice;

constexpr auto kInvestigator = static_cast<KeyNumber>(100);
constexpr auto kAuthoriser = static_cast<KeyNumber>(101);
constexpr auto kOtherInvestigator = static_cast<KeyNumber>(102);
constexpr auto kOtherAuditor = static_cast<KeyNumber>(103);

/// Something logged under a commitment, and what opens it.
struct Committed {
  std::string object;
  tlog::LeafOpening opening;
  Bytes entry() const { return opening.entry(tlog::LeafClass::opening); }
  Digest leaf_hash() const { return tlog::leaf_hash(entry()); }
};

class Openings : public ::testing::Test {
 protected:
  void SetUp() override {
    auto& roles = world.statement.roles;
    roles.push_back({"investigator", "p-20", note_key("investigator", kInvestigator)});
    roles.push_back({"investigator", "p-22", note_key("investigator-2", kOtherInvestigator)});
    roles.push_back({"authoriser", "p-21", note_key("authoriser", kAuthoriser)});
    roles.push_back({"auditor", "p-23", note_key("auditor-2", kOtherAuditor)});
    for (auto& role : roles) {
      if (role.role != "auditor") continue;
      role.sealing_key = world.random.id<SealingPublicKey>();
    }
    world.start();
    investigator = login("investigator", kInvestigator);
    authoriser = login("authoriser", kAuthoriser);
    auditor = login("auditor", kAuditor);
  }
  std::unique_ptr<Peer> login(const std::string& name, KeyNumber key) {
    auto peer = std::make_unique<Peer>(world);
    EXPECT_EQ(peer->login_role(name, test_key(key)).body_case(), Body::kLoggedIn);
    return peer;
  }
  Committed committed(tlog::LeafKind kind) {
    Committed out;
    out.object = "a note nobody may read yet, " + world.random.id<Digest>().hex();
    out.opening.kind = kind;
    out.opening.salt = world.random.id<Digest>();
    out.opening.object_hash = crypto::sha256(as_bytes(out.object));
    return out;
  }
  OpeningNotice notice_of(const Committed& object, std::optional<Digest> about = std::nullopt,
                          std::uint64_t records = 0) {
    OpeningNotice out;
    out.organisation = world.statement.id;
    out.kind = static_cast<OpeningKind>(object.opening.kind);
    out.entry = object.entry();
    out.about = about;
    out.records = records;
    out.issued = world.clock.now();
    out.sealed_until = TimeMs(out.issued.value + 1'000);
    for (const char* name : {"auditor", "auditor-2"}) {
      out.copies.emplace_back(name, crypto::sha256(as_bytes(copy_for(name))));
    }
    return out;
  }
  static std::string copy_for(const std::string& name) { return "sealed for " + name; }
  v1::ClientFrame frame_of(const OpeningNotice& notice, const char* name, KeyNumber key) {
    v1::ClientFrame frame;
    frame.mutable_publish_opening()->set_notice(signed_text(notice.print(), {{name, key}}));
    for (const auto& [auditor_name, digest] : notice.copies) {
      auto& copy = *frame.mutable_publish_opening()->add_copies();
      copy.set_auditor(auditor_name);
      copy.set_sealed(copy_for(auditor_name));
    }
    return frame;
  }
  v1::ClientFrame by_investigator(const OpeningNotice& notice) {
    return frame_of(notice, "investigator", kInvestigator);
  }
  /// Logs a warrant; what it commits to.
  Committed warrant() {
    Committed out = committed(tlog::LeafKind::warrant);
    EXPECT_EQ(investigator->call(by_investigator(notice_of(out))).body_case(), Body::kDone);
    return out;
  }
  v1::Openings openings(Peer& peer, std::uint64_t from = 0) {
    v1::ClientFrame frame;
    frame.mutable_get_openings()->set_from(from);
    return peer.call(frame).openings();
  }
  std::string statistics() {
    const auto reply = world.get("/statistics");
    EXPECT_EQ(reply.status, 200u);
    return std::string(as_text(reply.body));
  }
  bool counts(const std::string& field) {
    const std::string all = statistics();
    const bool found = all.find(field) != all.npos;
    if (!found) ADD_FAILURE() << field << " is not in " << all;
    return found;
  }

  World world;
  std::unique_ptr<Peer> investigator;
  std::unique_ptr<Peer> authoriser;
  std::unique_ptr<Peer> auditor;
};

TEST_F(Openings, AreLoggedToldToAuditorsAndCounted) {
  const Committed object = warrant();
  const auto news = auditor->next(Body::kOpenings).openings();
  ASSERT_EQ(news.items_size(), 1);
  EXPECT_EQ(news.items(0).number(), 1u);
  EXPECT_EQ(news.items(0).copy(), copy_for("auditor"));
  EXPECT_TRUE(news.items(0).object().empty());
  const auto again = investigator->call(by_investigator(notice_of(object))).done();
  EXPECT_TRUE(again.duplicate());
  EXPECT_EQ(again.number(), news.items(0).leaf_index());

  const Committed request = committed(tlog::LeafKind::request);
  const Committed release = committed(tlog::LeafKind::release);
  const auto about = object.leaf_hash();
  ASSERT_EQ(investigator->call(by_investigator(notice_of(request, about, 40))).body_case(),
            Body::kDone);
  ASSERT_EQ(investigator->call(by_investigator(notice_of(release, about, 39))).body_case(),
            Body::kDone);
  EXPECT_TRUE(counts("\"warrants\":1,\"requests\":1,\"releases\":1"));
  EXPECT_TRUE(counts("\"records_requested\":40,\"records_released\":39"));
  EXPECT_TRUE(counts("\"overdue\":0"));
  world.clock.set(world.clock.now().value + 2'000);
  EXPECT_TRUE(counts("\"unsealed\":0,\"overdue\":3"));
  const auto metrics = world.admin("/metrics");
  EXPECT_NE(as_text(metrics.body).find("candour_relay_openings_overdue 3\n"),
            std::string_view::npos);

  // Each auditor gets its own copy and nobody else's.
  EXPECT_EQ(openings(*auditor).items_size(), 3);
  EXPECT_EQ(openings(*auditor).items(2).copy(), copy_for("auditor"));
  EXPECT_EQ(openings(*login("auditor-2", kOtherAuditor)).items(0).copy(), copy_for("auditor-2"));
  EXPECT_TRUE(openings(*investigator).items(0).copy().empty());
  EXPECT_EQ(openings(*investigator, 3).items_size(), 1);
  EXPECT_EQ(openings(*investigator, 3).items(0).number(), 3u);
  // They are there after a new start.
  investigator.reset();
  authoriser.reset();
  auditor.reset();
  world.stop();
  world.start();
  EXPECT_TRUE(counts("\"warrants\":1,\"requests\":1,\"releases\":1"));
  investigator = login("investigator", kInvestigator);
  EXPECT_TRUE(investigator->call(by_investigator(notice_of(object))).done().duplicate());
}

TEST_F(Openings, NeedTheSignatureOfTheKeyThatLoggedIn) {
  const OpeningNotice notice = notice_of(committed(tlog::LeafKind::warrant));
  const auto refused = [&](Peer& peer, const v1::ClientFrame& frame) {
    return peer.refusal(frame);
  };
  EXPECT_EQ(refused(*investigator, frame_of(notice, "investigator-2", kOtherInvestigator)),
            ErrorCode::not_permitted);
  EXPECT_EQ(refused(*investigator, frame_of(notice, "auditor", kAuditor)),
            ErrorCode::signature_invalid);
  EXPECT_EQ(refused(*auditor, by_investigator(notice)), ErrorCode::not_permitted);
  EXPECT_EQ(refused(*authoriser, by_investigator(notice)), ErrorCode::not_permitted);
  auto changed = by_investigator(notice);
  changed.mutable_publish_opening()->mutable_notice()->at(60) ^= 1;
  EXPECT_NE(refused(*investigator, changed), ErrorCode::internal);
  Peer device(world);
  ASSERT_EQ(device.login(world.device("p-amy")).body_case(), Body::kLoggedIn);
  EXPECT_EQ(refused(device, by_investigator(notice)), ErrorCode::not_permitted);
  EXPECT_TRUE(counts("\"warrants\":0"));
}

TEST_F(Openings, NeedACopyForEveryAuditorAndNobodyElse) {
  const OpeningNotice notice = notice_of(committed(tlog::LeafKind::warrant));
  const auto refused = [&](const v1::ClientFrame& frame) { return investigator->refusal(frame); };
  auto missing = by_investigator(notice);
  missing.mutable_publish_opening()->mutable_copies()->RemoveLast();
  EXPECT_EQ(refused(missing), ErrorCode::not_permitted);
  auto other = by_investigator(notice);
  other.mutable_publish_opening()->mutable_copies(0)->set_sealed("something else");
  EXPECT_EQ(refused(other), ErrorCode::not_permitted);
  auto twice = by_investigator(notice);
  *twice.mutable_publish_opening()->mutable_copies(1) = twice.publish_opening().copies(0);
  EXPECT_EQ(refused(twice), ErrorCode::not_permitted);
  OpeningNotice fewer = notice;
  fewer.copies.pop_back();
  EXPECT_EQ(refused(by_investigator(fewer)), ErrorCode::not_permitted) << "auditor-2 gets none";
  OpeningNotice more = notice;
  more.copies.emplace_back("registrar-1", crypto::sha256(as_bytes(copy_for("registrar-1"))));
  EXPECT_EQ(refused(by_investigator(more)), ErrorCode::not_permitted);
  EXPECT_TRUE(counts("\"warrants\":0"));
}

TEST_F(Openings, BelongToALoggedWarrantThatWasNotRevoked) {
  const auto publish = [&](const OpeningNotice& notice) {
    return investigator->call(by_investigator(notice));
  };
  const auto request = [&](const Digest& about) {
    return publish(notice_of(committed(tlog::LeafKind::request), about, 1));
  };
  const Committed object = warrant();
  EXPECT_EQ(request(Digest()).failure().code(), "warrant_not_logged");
  const Committed other = committed(tlog::LeafKind::request);
  ASSERT_EQ(publish(notice_of(other, object.leaf_hash(), 1)).body_case(), Body::kDone);
  EXPECT_EQ(request(other.leaf_hash()).failure().code(), "warrant_not_logged")
      << "that is no warrant";
  const auto revocation =
      notice_of(committed(tlog::LeafKind::warrant_revocation), object.leaf_hash());
  ASSERT_EQ(authoriser->call(frame_of(revocation, "authoriser", kAuthoriser)).body_case(),
            Body::kDone);
  EXPECT_EQ(request(object.leaf_hash()).failure().code(), "warrant_revoked");
  // What was released before is still logged.
  EXPECT_EQ(
      publish(notice_of(committed(tlog::LeafKind::release), object.leaf_hash(), 1)).body_case(),
      Body::kDone);
  EXPECT_TRUE(counts("\"revocations\":1"));
}

TEST_F(Openings, AreRefusedWithTimesThatHideThem) {
  OpeningNotice later = notice_of(committed(tlog::LeafKind::warrant));
  later.issued = TimeMs(later.issued.value + 3'600'000);
  later.sealed_until = later.issued;
  EXPECT_EQ(investigator->refusal(by_investigator(later)), ErrorCode::input_invalid);
}

TEST_F(Openings, AreUnsealedByWhatTheyCommitTo) {
  const Committed object = warrant();
  const Committed other = committed(tlog::LeafKind::warrant);
  v1::ClientFrame unseal;
  const auto with = [&](std::uint64_t number, const std::string& text,
                        const tlog::LeafOpening& opening) {
    unseal.mutable_unseal()->set_number(number);
    unseal.mutable_unseal()->set_object(text);
    unseal.mutable_unseal()->set_opening(wire::to_field(opening.encode()));
    return unseal;
  };
  EXPECT_EQ(auditor->refusal(with(2, object.object, object.opening)), ErrorCode::not_found);
  EXPECT_EQ(auditor->refusal(with(0, object.object, object.opening)), ErrorCode::not_found);
  EXPECT_EQ(auditor->refusal(with(1, "another object", object.opening)), ErrorCode::input_invalid);
  EXPECT_EQ(auditor->refusal(with(1, other.object, other.opening)), ErrorCode::input_invalid);
  tlog::LeafOpening kind = object.opening;
  kind.kind = tlog::LeafKind::release;
  EXPECT_EQ(auditor->refusal(with(1, object.object, kind)), ErrorCode::input_invalid);
  EXPECT_FALSE(investigator->call(with(1, object.object, object.opening)).done().duplicate());
  EXPECT_TRUE(investigator->call(with(1, object.object, object.opening)).done().duplicate());
  EXPECT_EQ(openings(*auditor).items(0).object(), object.object);
  EXPECT_EQ(openings(*authoriser).items(0).opening(), wire::to_field(object.opening.encode()));
  world.clock.set(world.clock.now().value + 2'000);
  EXPECT_TRUE(counts("\"unsealed\":1,\"overdue\":0"));
}

TEST_F(Openings, AreUnsealedEarlyByInvestigatorsAndAuthorisersOnly) {
  const auto unseal = [](std::uint64_t number, const Committed& object) {
    v1::ClientFrame frame;
    frame.mutable_unseal()->set_number(number);
    frame.mutable_unseal()->set_object(object.object);
    frame.mutable_unseal()->set_opening(wire::to_field(object.opening.encode()));
    return frame;
  };
  const std::vector<Committed> objects{warrant(), warrant()};
  const TimeMs due(world.clock.now().value + 1'000);
  const auto refused = auditor->call(unseal(1, objects[0])).failure();
  EXPECT_EQ(refused.code(), "not_permitted");
  EXPECT_NE(refused.message().find(time_encode(due.value)), std::string::npos) << refused.message();
  EXPECT_TRUE(counts("\"unsealed\":0"));
  ASSERT_EQ(authoriser->call(unseal(1, objects[0])).body_case(), Body::kDone);
  // What is public already is no secret any more.
  EXPECT_TRUE(auditor->call(unseal(1, objects[0])).done().duplicate());
  world.clock.set(due.value - 1);
  EXPECT_EQ(auditor->refusal(unseal(2, objects[1])), ErrorCode::not_permitted);
  world.clock.set(due.value);
  EXPECT_EQ(auditor->call(unseal(2, objects[1])).body_case(), Body::kDone);
  EXPECT_TRUE(counts("\"unsealed\":2"));
}

class Records : public Openings {
 protected:
  void SetUp() override {
    Openings::SetUp();
    bot = std::make_unique<TestBot>(world);
  }
  /// Has the bot append a record with this label; its leaf index.
  std::uint64_t append(const GroupId& group, const DeviceId& sender) {
    const auto id = world.random.id<RecordId>();
    const Bytes record = record_like(world, id, group, sender);
    tlog::LeafOpening opening;
    opening.kind = tlog::LeafKind::alert_step;
    opening.salt = world.random.id<Digest>();
    opening.object_hash = crypto::sha256(record);
    v1::ClientFrame frame;
    auto& log = *frame.mutable_append_record()->mutable_log();
    log.set_record_id(wire::to_field(id));
    log.set_entry(wire::to_field(opening.entry(tlog::LeafClass::ordinary)));
    log.set_opening(wire::to_field(opening.encode()));
    log.set_record(wire::to_field(record));
    return bot->peer().call(frame).done().number();
  }
  v1::ClientFrame ask(std::uint64_t from, std::uint64_t until) {
    v1::ClientFrame frame;
    frame.mutable_get_records()->set_from_ms(from);
    frame.mutable_get_records()->set_until_ms(until);
    return frame;
  }
  std::vector<std::uint64_t> indices(const v1::Records& records) {
    std::vector<std::uint64_t> out;
    for (const auto& item : records.items()) out.push_back(item.leaf_index());
    return out;
  }
  std::unique_ptr<TestBot> bot;
};

TEST_F(Records, AreFoundByGroupSenderAndTime) {
  const auto red = world.random.id<GroupId>();
  const auto blue = world.random.id<GroupId>();
  const auto amy = world.random.id<DeviceId>();
  const auto ben = world.random.id<DeviceId>();
  const std::uint64_t start = world.clock.now().value;
  std::vector<std::uint64_t> at;
  for (const auto& [group, sender] :
       {std::pair(red, amy), {blue, amy}, {red, ben}, {blue, ben}, {red, amy}}) {
    at.push_back(append(group, sender));
    world.clock.set(world.clock.now().value + 1'000);
  }
  using Indices = std::vector<std::uint64_t>;
  const auto all = investigator->call(ask(start, start + 60'000)).records();
  EXPECT_EQ(indices(all), at);
  EXPECT_EQ(all.next_index(), 0u);
  EXPECT_EQ(all.range_first(), at.front());
  EXPECT_EQ(all.range_end(), at.back() + 1);
  const auto middle = investigator->call(ask(start + 1'000, start + 3'000)).records();
  EXPECT_EQ(indices(middle), (Indices{at[1], at[2]}));
  EXPECT_EQ(middle.range_first(), at[1]);
  EXPECT_EQ(middle.range_end(), at[2] + 1);
  auto of_red = ask(start, start + 60'000);
  of_red.mutable_get_records()->add_groups(wire::to_field(red));
  EXPECT_EQ(indices(investigator->call(of_red).records()), (Indices{at[0], at[2], at[4]}));
  of_red.mutable_get_records()->add_senders(wire::to_field(amy));
  const auto narrow = investigator->call(of_red).records();
  EXPECT_EQ(indices(narrow), (Indices{at[0], at[4]}));
  EXPECT_EQ(narrow.range_end(), at.back() + 1) << "the range is that of the whole period";
  for (const auto& item : narrow.items()) {
    const auto opening = tlog::LeafOpening::decode(as_bytes(item.opening()));
    ASSERT_TRUE(opening);
    EXPECT_EQ(opening.value().object_hash, crypto::sha256(as_bytes(item.record())));
  }
  of_red.mutable_get_records()->set_first_index(at[1]);
  EXPECT_EQ(indices(investigator->call(of_red).records()), (Indices{at[4]}));
  const auto none = investigator->call(ask(1, 2)).records();
  EXPECT_EQ(none.items_size(), 0);
  EXPECT_EQ(none.range_end(), 0u);
  EXPECT_EQ(investigator->refusal(ask(2, 2)), ErrorCode::input_invalid);
}

TEST_F(Records, RostersAndEntriesAreForTheirRolesOnly) {
  const auto group = world.random.id<GroupId>();
  const auto amy = world.device("p-amy").id();
  bot->create_group(group, {amy});
  v1::ClientFrame rosters;
  rosters.mutable_get_rosters();
  const auto found = investigator->call(rosters).rosters();
  ASSERT_EQ(found.rosters_size(), 1);
  EXPECT_TRUE(found.next().empty());
  EXPECT_EQ(found.groups_size(), 0);
  const auto roster =
      identity::Roster::verify(as_bytes(found.rosters(0)), world.bot.key.public_key());
  ASSERT_TRUE(roster);
  EXPECT_EQ(roster.value().group, group);
  v1::ClientFrame entries;
  entries.mutable_get_entries()->set_first(1);
  entries.mutable_get_entries()->set_end(4);
  const auto three = auditor->call(entries).entries();
  EXPECT_EQ(three.first(), 1u);
  EXPECT_EQ(three.entries().size(), 3 * tlog::kEntrySize);
  entries.mutable_get_entries()->set_end(1'000'000);
  EXPECT_LT(auditor->call(entries).entries().entries().size(), 100 * tlog::kEntrySize);
  entries.mutable_get_entries()->set_first(1'000'000);
  EXPECT_EQ(auditor->refusal(entries), ErrorCode::input_invalid);
  EXPECT_EQ(auditor->refusal(rosters), ErrorCode::not_permitted);
  EXPECT_EQ(auditor->refusal(ask(1, 2)), ErrorCode::not_permitted);
  Peer device(world);
  ASSERT_EQ(device.login(world.device("p-amy")).body_case(), Body::kLoggedIn);
  for (const auto& frame : {rosters, ask(1, 2), entries}) {
    EXPECT_EQ(device.refusal(frame), ErrorCode::not_permitted);
  }
}

}  // namespace
}  // namespace candour::tests
