// Goal: what custodians and keeper answer opens exactly the records of the request, for the station
// alone, and takes all of them together (invariant I6). Method: the whole way from the package over
// sealed answers to the opened record; then with one piece missing or of somebody else.
#include "warrant/open/answer.h"

#include "tests/warrant/world.h"
#include "warrant/open/combine.h"

namespace candour::tests {
namespace {

namespace wo = candour::warrant;

class Answer : public testing::Test {
 protected:
  World world;
  wo::RequestPackage package = world.package();
  wo::Approved approved = wo::check_request(package, world.context()).value();

  wo::ApprovalFile custodian(std::uint32_t index) {
    const std::uint8_t keys[] = {kCustodian1, kCustodian2, kCustodian3};
    const auto key = test_key(keys[index - 1]);
    return wo::answer_as_custodian(approved, world.share(index),
                                   {"custodian-" + std::to_string(index), key}, TimeMs(kNow),
                                   world.random)
        .value();
  }
  Result<wo::ApprovalFile> keeper(const wo::RetentionKeys& keys) {
    const auto key = test_key(kKeeper);
    return wo::answer_as_keeper(approved, keys, {"keeper-1", key}, TimeMs(kNow), world.random);
  }
  /// The parts inside an answer, as the station gets them.
  SecretBytes parts(const wo::ApprovalFile& file) {
    const auto approval = wo::verify_approval(file, world.statement, approved.request);
    EXPECT_TRUE(approval) << approval.error().message;
    auto opened = wo::open_approval(file, approval.value(), world.reply_key);
    EXPECT_TRUE(opened);
    return std::move(opened.value());
  }
  wo::PartialDecryptions decryptions(std::uint32_t index) {
    return wo::PartialDecryptions::decode(parts(custodian(index)).view(), approved.points.size())
        .value();
  }
  Result<wo::Record> open(const wo::Combiner& combiner, std::size_t i, ByteView retention) {
    CANDOUR_TRY(auto shared, combiner.shared(i));
    const auto sealed = wo::SealedRecord::decode(package.records[i].sealed).value();
    return wo::open_record(
        sealed, shared, Secret<32>::copy_of(retention.subspan(32 * i).first<32>()), world.escrow);
  }
};

TEST_F(Answer, OpensTheRecordsOfTheRequest) {
  const auto first = decryptions(1);
  const auto third = decryptions(3);
  EXPECT_TRUE(wo::verify_contribution(world.statement, approved.points, {"internal", 1, &first}));
  const auto combiner =
      wo::Combiner::create(world.statement, {{"internal", 1, &first}, {"internal", 3, &third}}, 4);
  ASSERT_TRUE(combiner) << combiner.error().message;
  const SecretBytes retention = parts(keeper(world.retention).value());
  ASSERT_EQ(retention.size(), 4u * 32);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto record = open(combiner.value(), i, retention.view());
    ASSERT_TRUE(record) << record.error().message;
    EXPECT_EQ(record.value().id, approved.labels[i].record);
    EXPECT_EQ(record.value().sender, world.amy);
  }
}

TEST_F(Answer, CustodiansWithoutTheKeeperOpenNothing) {
  const auto first = decryptions(1);
  const auto second = decryptions(2);
  const auto combiner =
      wo::Combiner::create(world.statement, {{"internal", 1, &first}, {"internal", 2, &second}}, 4);
  ASSERT_TRUE(combiner);
  EXPECT_EQ(code_of(open(combiner.value(), 0, Bytes(128, 0))), ErrorCode::decryption_failed);
}

TEST_F(Answer, KeeperWithOneCustodianOpensNothing) {
  const auto first = decryptions(1);
  EXPECT_EQ(code_of(wo::Combiner::create(world.statement, {{"internal", 1, &first}}, 4)),
            ErrorCode::custodians_too_few);
}

TEST_F(Answer, ShareMustBeTheOneTheStatementLists) {
  const auto key = test_key(kCustodian1);
  const wo::Answerer who{"custodian-1", key};
  const auto code = [&](const wo::EscrowShare& share) {
    return code_of(wo::answer_as_custodian(approved, share, who, TimeMs(kNow), world.random));
  };
  EXPECT_EQ(code(world.share(2)), ErrorCode::share_invalid);  // somebody else's
  wo::EscrowShare share = world.share(1);
  share.group = "elsewhere";
  EXPECT_EQ(code(share), ErrorCode::share_invalid);
  share = world.share(1);
  share.public_key = crypto::Point::base();
  EXPECT_EQ(code(share), ErrorCode::share_invalid);
  share = world.share(1);
  share.verification_keys[0] = crypto::Point::base();  // of before a refresh
  EXPECT_EQ(code(share), ErrorCode::share_invalid);
}

TEST_F(Answer, ErasedRetentionKeyIsTold) {
  wo::RetentionKeys others;
  ASSERT_TRUE(others.add_missing({"statement"}, {"2026"}, world.random));
  EXPECT_EQ(code_of(keeper(others)), ErrorCode::record_disposed);
}

}  // namespace
}  // namespace candour::tests
