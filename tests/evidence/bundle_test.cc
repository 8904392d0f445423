// Goal: a bundle verifies with nothing but itself and the root key, is the same bytes when written
// again, and nothing in it can be changed, left out or added unnoticed. Method: a case with people
// who really chat in an MLS group (tests/evidence/case_world.h); then one thing after another bent,
// with the manifests made again where a forger would do that.
#include "ctl/evidence/bundle.h"

#include <filesystem>

#include "tests/evidence/case_world.h"

namespace candour::tests {
namespace {

using ctl::BagFiles;

const std::vector<warrant::RecordFinding> kFinding = {
    {"dismissive-01", "victim-blaming", 2, 4, 9, "Standards of Professional Behaviour 2"}};

BagFiles copy_of(const BagFiles& files) {
  BagFiles out;
  for (const auto& [path, bytes] : files) out[path] = bytes.clone();
  return out;
}

std::string text_of(const BagFiles& files, const std::string& path) {
  return std::string(as_text(files.at(path).view()));
}

/// What is wrong, or empty when the bundle verifies.
std::string fault_of(const BagFiles& files, const CaseWorld& world) {
  const auto report = ctl::verify_bundle(files, world.keys(), kQuiet);
  if (!report) return report.error().message;
  for (const ctl::Check& check : report.value().checks) {
    if (!check.passed) return check.what + ": " + check.detail;
  }
  return {};
}

/// The forger's bag: payload changed, manifests fresh.
BagFiles resealed(BagFiles files) {
  std::vector<std::pair<std::string, std::string>> info;
  std::string_view lines = as_text(files.at("bag-info.txt").view());
  for (std::size_t end = 0; (end = lines.find('\n')) != lines.npos; lines.remove_prefix(end + 1)) {
    const auto line = lines.substr(0, end);
    const auto colon = line.find(": ");
    if (line.starts_with("Payload-Oxum")) continue;
    info.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  for (const char* tag :
       {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"}) {
    files.erase(tag);
  }
  ctl::add_tag_files(files, info);
  return files;
}

BagFiles bundle_of(CaseWorld& world) {
  const ctl::Exhibits exhibits = world.exhibits();
  auto made = ctl::make_bundle(exhibits, world.keys(), kQuiet);
  EXPECT_TRUE(made) << made.error().message;
  return made ? std::move(made.value().files) : BagFiles();
}

/// Amy talks in group A, Ben answers, one message of hers is warned.
void chat(CaseWorld& world) {
  auto& chosen = world.world.chosen;
  const GroupId group = world.world.group_a;
  chosen.push_back(world.say(world.world.amy, "hello \xE2\x82\xAC <b>&", group));
  world.say(world.world.ben, "an answer nobody may see", group);
  chosen.push_back(world.say(world.world.amy, "she asked for it", group, kFinding));
  messages::Content poll;
  poll.type = messages::ContentType::poll;
  poll.text = SecretText::copy_of("=SUM(1)");
  poll.options.push_back(SecretText::copy_of("yes"));
  poll.options.push_back(SecretText::copy_of("no"));
  chosen.push_back(world.say(world.world.amy, poll, group));
}

TEST(Bundle, VerifiesAndSaysWhatIsInIt) {
  CaseWorld world;
  chat(world);
  const BagFiles files = bundle_of(world);
  const auto report = ctl::verify_bundle(files, world.keys(), kQuiet);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(fault_of(files, world), "");
  EXPECT_EQ(report.value().records.size(), 3u);
  EXPECT_TRUE(report.value().complete);
  EXPECT_EQ(report.value().records[1].signed_by, "sender");
  EXPECT_EQ(report.value().records[1].person, "p-1042");
  const std::string lines = text_of(files, "data/records.jsonl");
  EXPECT_NE(lines.find("\"text\":\"hello \xE2\x82\xAC <b>&\""), lines.npos);
  EXPECT_NE(lines.find("\"category\":\"victim-blaming\",\"end\":9"), lines.npos);
  EXPECT_EQ(lines.find("nobody may see"), lines.npos);
  EXPECT_NE(text_of(files, "data/records.csv").find("\"'=SUM(1)\nyes\nno\""), std::string::npos);
}

TEST(Bundle, IsTheSameBytesWhenWrittenAgain) {
  CaseWorld world;
  chat(world);
  const ctl::Exhibits exhibits = world.exhibits();
  const auto once = ctl::make_bundle(exhibits, world.keys(), kQuiet);
  const auto again = ctl::make_bundle(exhibits, world.keys(), kQuiet);
  ASSERT_TRUE(once);
  ASSERT_TRUE(again);
  ASSERT_EQ(once.value().files.size(), again.value().files.size());
  for (const auto& [path, bytes] : once.value().files) {
    EXPECT_TRUE(same(bytes.view(), again.value().files.at(path).view())) << path;
  }
}

TEST(Bundle, ReaderFetchesNothingAndHoldsTextAsInertData) {
  CaseWorld world;
  world.world.chosen.push_back(
      world.say(world.world.amy, "</script><script>alert(1)</script><img src=x onerror=alert(2)>",
                world.world.group_a));
  const BagFiles files = bundle_of(world);
  const std::string page = text_of(files, "data/reader.html");
  EXPECT_EQ(page.find("alert(1)</script>"), page.npos);
  EXPECT_EQ(page.find("<img"), page.npos);
  EXPECT_NE(page.find("\\u003cimg src=x onerror=alert(2)\\u003e"), page.npos);
  EXPECT_NE(page.find("default-src 'none'; script-src 'sha256-"), page.npos);
  for (const char* outside :
       {"http://", "https://", "src=\"", "@import", "url(", "innerHTML", "eval("}) {
    EXPECT_EQ(page.find(outside), page.npos) << outside;
  }
}

// Every byte of a small bundle, as a careless copy or a clumsy forger would change it.
TEST(Bundle, EveryFlippedByteIsFound) {
  CaseWorld world;
  world.world.chosen.push_back(world.say(world.world.amy, "hello", world.world.group_a));
  const BagFiles files = bundle_of(world);
  for (const auto& [path, bytes] : files) {
    BagFiles changed = copy_of(files);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      changed[path].mutable_view()[at] ^= 0x01;
      ASSERT_FALSE(ctl::check_bag(changed)) << path << " byte " << at;
      changed[path].mutable_view()[at] ^= 0x01;
    }
  }
}

// A forger who makes the manifests again. Only the journal is nobody's signed word.
TEST(Bundle, FlippedBytesAreFoundEvenWithFreshManifests) {
  CaseWorld world;
  world.world.chosen.push_back(world.say(world.world.amy, "hello", world.world.group_a));
  const BagFiles files = bundle_of(world);
  warrant::testing_only::SeededRandom random(7);
  std::size_t tried = 0;
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with("data/") || path.starts_with("data/continuity.")) continue;
    for (std::size_t n = 0; n < 12; ++n, ++tried) {
      BagFiles changed = copy_of(files);
      Writer number;
      number.raw(random.id<Digest>().view());
      const std::size_t at = Reader(number.view()).u64() % bytes.size();
      changed[path].mutable_view()[at] ^= static_cast<std::uint8_t>(1u << (n % 8));
      ASSERT_NE(fault_of(resealed(std::move(changed)), world), "") << path << " byte " << at;
    }
  }
  EXPECT_GT(tried, 300u);
}

TEST(Bundle, FilesLeftOutOrAddedAreFound) {
  CaseWorld world;
  chat(world);
  const BagFiles files = bundle_of(world);
  for (const auto& [path, bytes] : files) {
    if (!path.starts_with("data/")) continue;
    BagFiles fewer = copy_of(files);
    fewer.erase(path);
    EXPECT_FALSE(ctl::check_bag(fewer)) << path;
    EXPECT_NE(fault_of(resealed(std::move(fewer)), world), "") << path;
  }
  BagFiles more = copy_of(files);
  more["data/note-by-nobody.txt"] = SecretBytes::copy_of(as_bytes("x"));
  EXPECT_FALSE(ctl::check_bag(more));
  EXPECT_NE(fault_of(resealed(std::move(more)), world), "");
}

// 2^63 leaves more have the same size in bytes when the product wraps around.
TEST(Bundle, AnImpossibleRangeOfLeavesIsRefused) {
  CaseWorld world;
  chat(world);
  BagFiles files = bundle_of(world);
  const std::string path = "data/log/range.tlog-range";
  std::string range = text_of(files, path);
  const auto begin = range.find("\nend ") + 5;
  const auto end = range.find('\n', begin);
  const std::uint64_t leaves = std::stoull(range.substr(begin, end - begin));
  range.replace(begin, end - begin, std::to_string(leaves + (std::uint64_t{1} << 63)));
  files[path] = SecretBytes::copy_of(as_bytes(range));
  EXPECT_NE(fault_of(resealed(std::move(files)), world).find("entries.bin"), std::string::npos);
}

TEST(Bundle, AnotherRootOrLogIsRefused) {
  CaseWorld world;
  chat(world);
  const BagFiles files = bundle_of(world);
  ctl::PinnedKeys keys = world.keys();
  keys.log = world.world.statement.log;
  EXPECT_TRUE(ctl::verify_bundle(files, keys, kQuiet));
  keys.log = note_key("example.org/log", kStranger);
  EXPECT_EQ(code_of(ctl::verify_bundle(files, keys, kQuiet)), ErrorCode::log_inconsistent);
  EXPECT_EQ(code_of(ctl::verify_bundle(files, {note_key("root", kStranger), std::nullopt}, kQuiet)),
            ErrorCode::wrong_root_key);
}

TEST(Bundle, SurvivesTheDisk) {
  CaseWorld world;
  chat(world);
  const BagFiles files = bundle_of(world);
  const auto folder = std::filesystem::path(testing::TempDir()) / "candour-bundle-test";
  std::filesystem::remove_all(folder);
  ASSERT_TRUE(ctl::write_bag(folder, files, kQuiet));
  EXPECT_EQ(code_of(ctl::write_bag(folder, files, kQuiet)), ErrorCode::already_exists);
  const auto read = ctl::read_bag(folder);
  ASSERT_TRUE(read);
  EXPECT_EQ(fault_of(read.value(), world), "");
  std::filesystem::create_symlink("reader.html", folder / "data" / "link.html");
  EXPECT_EQ(code_of(ctl::read_bag(folder)), ErrorCode::bundle_invalid);
  std::filesystem::remove_all(folder);
}

// ---- what a dishonest bot, relay or investigator could do
// ----------------------------------------

TEST(Evidence, WordsThatTheAuthorDidNotSignAreFound) {
  CaseWorld world;
  world.bend_record = [](warrant::Record& record) {
    // "hello" stands in the clear in the signed content.
    auto evidence = record.evidence.clone();
    const auto view = evidence.mutable_view();
    const std::string_view text = as_text(view);
    view[text.find("hello")] = 'j';
    record.evidence = std::move(evidence);
  };
  world.world.chosen.push_back(world.say(world.world.amy, "hello", world.world.group_a));
  const BagFiles files = bundle_of(world);
  EXPECT_NE(fault_of(files, world).find("author's signature does not hold"), std::string::npos);
  EXPECT_EQ(text_of(files, "data/records.jsonl").find("jello"), std::string::npos);
}

TEST(Evidence, ARecordUnderAnotherPersonsCertificateIsFound) {
  CaseWorld world;
  world.bend_record = [&](warrant::Record& record) { record.sender = world.world.amy; };
  world.world.chosen.push_back(world.say(world.world.ben, "hello", world.world.group_a));
  EXPECT_NE(fault_of(bundle_of(world), world).find("is of another device"), std::string::npos);
}

TEST(Evidence, AnotherContentThanTheLeafCommitsToIsFound) {
  CaseWorld world;
  world.bend_inner = [&](messages::Inner& inner) {
    inner.commitment_key = world.world.random.secret<32>();
  };
  world.world.chosen.push_back(world.say(world.world.amy, "hello", world.world.group_a));
  EXPECT_NE(fault_of(bundle_of(world), world).find("commits to another content"),
            std::string::npos);
}

TEST(Evidence, APolicyVersionThatWasNotLoggedIsFound) {
  CaseWorld world;
  world.bend_record = [](warrant::Record& record) {
    record.policy = warrant::testing_only::filled<Digest>(0xEE);
  };
  world.world.chosen.push_back(world.say(world.world.amy, "hello", world.world.group_a));
  EXPECT_NE(fault_of(bundle_of(world), world).find("policy version"), std::string::npos);
}

TEST(Evidence, AReplayIsFlagged) {
  CaseWorld world;
  const std::size_t first = world.say(world.world.amy, "hello", world.world.group_a);
  warrant::Record again = warrant::Record::decode(world.plain(first).encode().view()).value();
  const Digest commitment = world.world.records[first].opening.content_commitment;
  world.world.chosen = {first, world.log(std::move(again), commitment)};
  const BagFiles files = bundle_of(world);
  EXPECT_EQ(fault_of(files, world), "");
  const auto report = ctl::verify_bundle(files, world.keys(), kQuiet);
  ASSERT_TRUE(report);
  EXPECT_EQ(report.value().replays, 1u);
  EXPECT_EQ(report.value().records[1].replay_of, world.world.records[first].index);
}

/// Scope of a whole group: the group's chain must be gap-free.
TEST(Evidence, ARecordLeftOutBetweenTwoOfItsGroupIsFound) {
  for (const bool left_out : {false, true}) {
    CaseWorld world;
    world.world.warrant.authors.clear();
    const GroupId group = world.world.group_a;
    world.world.chosen = {world.say(world.world.amy, "one", group)};
    const std::size_t middle = world.say(world.world.ben, "two", group);
    if (!left_out) world.world.chosen.push_back(middle);
    world.world.chosen.push_back(world.say(world.world.amy, "three", group));
    const std::string fault = fault_of(bundle_of(world), world);
    EXPECT_EQ(fault.starts_with("completeness"), left_out) << fault;
  }
}

/// Scope of one person in all groups: the person's chain must be gap-free.
TEST(Evidence, ARecordLeftOutBetweenTwoOfItsAuthorIsFound) {
  for (const bool left_out : {false, true}) {
    CaseWorld world;
    world.world.warrant.groups.clear();
    world.world.chosen = {world.say(world.world.amy, "one", world.world.group_a)};
    const std::size_t middle = world.say(world.world.amy, "two", world.world.group_b);
    if (!left_out) world.world.chosen.push_back(middle);
    world.world.chosen.push_back(world.say(world.world.amy, "three", world.world.group_a));
    const std::string fault = fault_of(bundle_of(world), world);
    EXPECT_EQ(fault.starts_with("completeness"), left_out) << fault;
  }
}

TEST(Evidence, RecordsSetAsideStayClosedAndShow) {
  CaseWorld world;
  chat(world);
  world.world.warrant.categories = {"racism"};
  world.shown = {world.world.chosen[0], world.world.chosen[2]};
  const BagFiles files = bundle_of(world);
  const auto report = ctl::verify_bundle(files, world.keys(), kQuiet);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(fault_of(files, world), "");
  EXPECT_EQ(report.value().set_aside, 1u);
  EXPECT_EQ(text_of(files, "data/records.jsonl").find("asked for it"), std::string::npos);
  EXPECT_NE(text_of(files, "data/records.jsonl").find("\"is\":\"set_aside\""), std::string::npos);
  EXPECT_EQ(files.at("data/authority/approvals/custodian-1.parts").size(), 0u);
}

TEST(Evidence, ARecordOutOfScopeOrNotAskedForIsFound) {
  CaseWorld outside;
  outside.world.chosen = {outside.say(outside.world.ben, "hello", outside.world.group_a)};
  const ctl::Exhibits exhibits = outside.exhibits();
  EXPECT_EQ(code_of(ctl::make_bundle(exhibits, outside.keys(), kQuiet)), ErrorCode::bundle_invalid);

  CaseWorld world;
  chat(world);
  ctl::Exhibits more = world.exhibits();
  more.requested.pop_back();
  const auto made = ctl::make_bundle(more, world.keys(), kQuiet);
  ASSERT_TRUE(made);
  EXPECT_FALSE(made.value().report.passed());
}

}  // namespace
}  // namespace candour::tests
