// Goal: the station opens exactly what custodians and keeper helped with, names whose parts are
// false and goes on with the next, keeps no plaintext, and a bundle written twice from its folder
// is the same bytes. Method: a case folder filled from the world of case_world.h as `release
// request` leaves it, then the parts of `release open` and `bundle write` that need no relay.
#include <filesystem>
#include <sstream>

#include "base/files.h"
#include "ctl/custody/journal.h"
#include "ctl/release/fetch.h"
#include "ctl/release/open.h"
#include "ctl/release/request.h"
#include "tests/evidence/case_world.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;

class Release : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path(testing::TempDir()) /
           ("candour-release-" +
            std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    fs::remove_all(dir_);
    auto made = ctl::CaseFolder::create(dir_);
    ASSERT_TRUE(made) << made.error().message;
    folder_.emplace(std::move(made).value());
    station_.emplace(*folder_);
    const GroupId group = case_.world.group_a;
    for (const char* text : {"one", "planted-words", "three"}) {
      case_.world.chosen.push_back(case_.say(case_.world.amy, text, group));
    }
  }
  void TearDown() override {
    fs::remove_all(dir_);
    for (int i = 1; i <= answers_; ++i) fs::remove(answer_path(i));
  }
  fs::path answer_path(int number) const {
    return dir_.string() + "-answer-" + std::to_string(number);
  }

  // As `release request` leaves it; the answers are those of `exhibits`.
  void fill() {
    ASSERT_TRUE(station_->make_reply_key(case_.world.random));
    case_.world.reply_key = station_->reply_key().value();
    exhibits_ = case_.exhibits();
    package_ = case_.package;
    ASSERT_TRUE(folder_->put("root.vkey", as_bytes(case_.world.root().vkey() + "\n")));
    ASSERT_TRUE(folder_->put("statement.note", as_bytes(package_.statement)));
    ASSERT_TRUE(folder_->put("request.package", package_.encode()));
    ASSERT_TRUE(station_->put_directory(exhibits_.directory));
    ASSERT_TRUE(folder_->put("range.tlog-range", as_bytes(exhibits_.range.print())));
    ASSERT_TRUE(station_->add_entries(exhibits_.entries));
    request_ =
        warrant::Request::verify(package_.request.note, case_.world.statement, case_.world.warrant)
            .value();
    for (const auto& record : package_.records) {
      points_.push_back(warrant::SealedRecord::decode(record.sealed).value().u);
    }
  }

  std::string answer_file(const warrant::ApprovalFile& file) {
    const fs::path path = answer_path(++answers_);
    EXPECT_TRUE(write_file(path, file.encode()));
    return path.string();
  }
  std::vector<std::string> answer_files() {
    std::vector<std::string> out;
    for (const auto& approval : exhibits_.approvals) {
      out.push_back(answer_file({approval.note, approval.sealed}));
    }
    return out;
  }
  ctl::Answers answers() {
    auto read = ctl::read_answers(*station_, case_.world.statement, request_, points_);
    EXPECT_TRUE(read);
    return std::move(read).value();
  }
  Result<ctl::OpenedRecords> open(const ctl::Answers& given) {
    std::vector<ctl::Check> checks;
    const auto base = ctl::case_authority(*folder_);
    EXPECT_TRUE(base) << base.error().message;
    const auto authority = ctl::Authority::build(base.value(), case_.keys(), checks);
    EXPECT_TRUE(authority);
    return ctl::open_all(package_, given, authority.value(), case_.world.warrant, kQuiet);
  }
  /// An answer of custodian `index` whose parts and proof were made with another's share.
  std::string false_answer(std::uint32_t index, std::uint8_t key) {
    warrant::Approval approval;
    approval.organisation = case_.world.statement.id;
    approval.request = request_.digest();
    approval.custodian = "custodian-" + std::to_string(index);
    approval.group = "internal";
    approval.index = index;
    approval.records = points_.size();
    approval.issued = TimeMs(kNow);
    const auto parts =
        warrant::decrypt_partially(case_.share(index == 2 ? 3 : 2), points_, case_.world.random);
    return answer_file(warrant::seal_approval(approval, request_.reply_key, parts.value().encode(),
                                              test_key(key), case_.world.random)
                           .value());
  }

  CaseWorld case_;
  fs::path dir_;
  std::optional<ctl::CaseFolder> folder_;
  std::optional<ctl::Station> station_;
  ctl::Exhibits exhibits_;
  warrant::RequestPackage package_;
  warrant::Request request_;
  std::vector<crypto::Point> points_;
  int answers_ = 0;
};

TEST_F(Release, OpensWithTwoCustodiansAndTheKeeper) {
  fill();
  ASSERT_TRUE(ctl::take_in(*folder_, answer_files()));
  const auto opened = open(answers());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened.value().shown, 3u);
  EXPECT_EQ(opened.value().failed, 0u);
  EXPECT_EQ(opened.value().keeper, "keeper-1");
  EXPECT_EQ(opened.value().custodians, (std::vector<std::string>{"custodian-1", "custodian-3"}));
}

TEST_F(Release, NamesAFalseShareAndUsesTheNextCustodian) {
  fill();
  auto files = answer_files();
  files.push_back(false_answer(2, kCustodian2));
  ASSERT_TRUE(ctl::take_in(*folder_, files));
  const ctl::Answers given = answers();
  ASSERT_EQ(given.refused.size(), 1u);
  EXPECT_EQ(given.refused[0].who, "custodian-2");
  const auto opened = open(given);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened.value().shown, 3u);
  EXPECT_EQ(opened.value().custodians, (std::vector<std::string>{"custodian-1", "custodian-3"}));
}

TEST_F(Release, AFalseShareIsNotCountedTowardsTheThreshold) {
  fill();
  auto files = answer_files();
  files.erase(files.begin());  // custodian 1
  files.push_back(false_answer(2, kCustodian2));
  ASSERT_TRUE(ctl::take_in(*folder_, files));
  EXPECT_EQ(code_of(open(answers())), ErrorCode::custodians_too_few);
}

TEST_F(Release, NothingOpensWithoutTheKeeper) {
  fill();
  auto files = answer_files();
  files.pop_back();
  ASSERT_TRUE(ctl::take_in(*folder_, files));
  EXPECT_EQ(code_of(open(answers())), ErrorCode::evidence_incomplete);
}

TEST_F(Release, ADamagedRecordFailsAloneAndCategoriesSetAside) {
  warrant::RecordFinding finding{"rule", "racism", 2, 0, 3, ""};
  const std::size_t marked = case_.say(case_.world.amy, "marked", case_.world.group_a, {finding});
  case_.world.chosen.push_back(marked);
  case_.world.warrant.categories = {"racism"};
  case_.shown = {marked};
  fill();
  ASSERT_TRUE(ctl::take_in(*folder_, answer_files()));
  // The body of the first record, behind its label and proof.
  package_.records[0].sealed.back() ^= 1;
  const auto opened = open(answers());
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened.value().failed, 1u);
  EXPECT_EQ(opened.value().set_aside, 2u);
  EXPECT_EQ(opened.value().shown, 1u);
  for (const ctl::OpenedKey& key : opened.value().keys) {
    if (key.state == ctl::OpenState::shown) continue;
    EXPECT_TRUE(same(key.shared.view(), Bytes(32, 0)));
  }
}

TEST_F(Release, BundleFromTheFolderVerifiesAndIsTheSameTwice) {
  fill();
  ASSERT_TRUE(ctl::take_in(*folder_, answer_files()));
  const auto opened = open(answers());
  ASSERT_TRUE(opened);
  ASSERT_TRUE(station_->put_opened(opened.value().keys));
  EXPECT_EQ(code_of(ctl::case_exhibits(*folder_)), ErrorCode::not_found);
  ASSERT_TRUE(folder_->put("release.note", as_bytes(exhibits_.release.note)));
  ASSERT_TRUE(folder_->put("release.tlog-proof", as_bytes(exhibits_.release.proof.print())));
  ctl::JsonLine certified;
  certified.text("time", "2026-02-25T06:13:20.000Z")
      .text("event", "release_certified")
      .raw("about", "{\"by\":\"investigator-1\"}");
  ASSERT_TRUE(ctl::append_journal(folder_->file("journal.jsonl"), certified));
  const auto bundle = [&] {
    const auto read = ctl::case_exhibits(*folder_);
    EXPECT_TRUE(read) << read.error().message;
    return std::move(ctl::make_bundle(read.value(), case_.keys(), kQuiet).value().files);
  };
  const ctl::BagFiles once = bundle();
  const auto report = ctl::verify_bundle(once, case_.keys(), kQuiet);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report.value().passed());
  // What happens in the case afterwards changes nothing.
  ctl::JsonLine later;
  later.text("time", "2026-03-25T06:13:20.000Z").text("event", "unsealed").raw("about", "{}");
  ASSERT_TRUE(ctl::append_journal(folder_->file("journal.jsonl"), later));
  const ctl::BagFiles again = bundle();
  ASSERT_EQ(once.size(), again.size());
  for (const auto& [path, bytes] : once) {
    EXPECT_TRUE(same(bytes.view(), again.at(path).view())) << path;
  }
}

TEST_F(Release, KeepsNoPlaintextInTheCaseFolder) {
  fill();
  ASSERT_TRUE(ctl::take_in(*folder_, answer_files()));
  const auto opened = open(answers());
  ASSERT_TRUE(opened);
  ASSERT_TRUE(station_->put_opened(opened.value().keys));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir_)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const Bytes bytes = read_file(entry.path(), 1u << 24).value();
    EXPECT_EQ(as_text(bytes).find("planted-words"), std::string_view::npos) << entry.path();
  }
  EXPECT_GT(files, 6u);
}

// Without a relay: a second run takes what the first one made, and an opened case makes no other.
TEST_F(Release, ARequestIsMadeOnce) {
  fill();
  warrant::testing_only::SeededRandom random(9);
  std::istringstream in;
  std::ostringstream out;
  const ctl::Context context{
      .in = in, .out = out, .err = out, .clock = system_clock(), .random = random, .run = {}};
  ctl::RequestOptions options;
  options.case_dir = dir_.string();
  const auto made = ctl::make_request(context, options, kQuiet);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made.value().records, 3u);
  EXPECT_EQ(made.value().request, request_.digest());
  EXPECT_EQ(made.value().leaf_index, package_.request.index);
  ASSERT_TRUE(station_->put_opened({}));
  EXPECT_EQ(code_of(ctl::make_request(context, options, kQuiet)), ErrorCode::already_exists);
}

TEST_F(Release, GoesOnAfterATornFetch) {
  std::vector<ctl::FetchedRecord> fetched;
  for (const std::size_t place : case_.world.chosen) {
    const SealedLeaf& leaf = case_.world.records[place];
    fetched.push_back({leaf.index, leaf.opening, leaf.sealed});
  }
  ASSERT_TRUE(station_->add_records(fetched));
  const auto whole = fs::file_size(folder_->file("records.bin"));
  fs::resize_file(folder_->file("records.bin"), whole - 7);
  const auto left = station_->records();
  ASSERT_TRUE(left);
  EXPECT_EQ(left.value().size(), 2u);
  std::vector<ctl::FetchedRecord> last(1);
  last[0] = fetched[2];
  ASSERT_TRUE(station_->add_records(last));
  EXPECT_EQ(station_->records().value().size(), 3u);
  EXPECT_EQ(fs::file_size(folder_->file("records.bin")), whole);
  ASSERT_TRUE(station_->add_entries(Bytes(3 * tlog::kEntrySize - 1, 5)));
  EXPECT_EQ(station_->entries().value().size(), 2 * tlog::kEntrySize);
  EXPECT_FALSE(station_->range());
  ASSERT_TRUE(station_->put_range(3, 9));
  EXPECT_EQ(station_->range()->second, 9u);
}

TEST_F(Release, ARangePastTheWitnessedLogIsRefused) {
  EXPECT_TRUE(ctl::check_range(3, 9, 9));
  EXPECT_TRUE(ctl::check_range(0, 1, 1'000));
  EXPECT_EQ(code_of(ctl::check_range(3, 10, 9)), ErrorCode::log_inconsistent);
  EXPECT_EQ(code_of(ctl::check_range(0, ~std::uint64_t{0}, 1'000'000)),
            ErrorCode::log_inconsistent);
  EXPECT_EQ(code_of(ctl::check_range(9, 3, 20)), ErrorCode::log_inconsistent);
}

}  // namespace
}  // namespace candour::tests
