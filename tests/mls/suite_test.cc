// Goal: a group of either cipher suite lives, and one suite's messages and key packages are nothing
// to the other. Method: whole groups of each suite, and one key package taken to the wrong group.
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsSuites : public testing::TestWithParam<CipherSuite> {};

TEST_P(MlsSuites, AGroupLives) {
  World w(11);
  w.suite = GetParam();
  w.form(5);
  EXPECT_EQ(w.peer(4).group->suite(), GetParam());
  w.commit(w.peer(3), {}, {});
  w.commit(w.peer(1), {&w.add_peer()}, {LeafIndex(2)});
  w.expect_agreement();
  for (Peer* p : w.members()) w.expect_delivery(*p, "from " + p->name);
  Peer& p = w.peer(4);
  const SecretBytes saved = p.group->save();
  p.group = Group::restore(saved.view(), p.key).value();
  EXPECT_EQ(p.group->suite(), GetParam());
  EXPECT_TRUE(same_state(saved, p.group->save()));
  w.commit(p, {}, {});
  w.expect_agreement();
}

INSTANTIATE_TEST_SUITE_P(All, MlsSuites,
                         testing::Values(CipherSuite::aes_128_gcm, CipherSuite::chacha20_poly1305));

TEST(MlsSuite, KeyPackagesOfAnotherSuiteAreRefused) {
  World w(12);
  w.form(2);
  Peer& other = w.add_peer();
  other.suite = CipherSuite::aes_128_gcm;
  other.new_package(w.random);
  CommitRequest request;
  request.adds = {other.verified()};
  EXPECT_BROKEN(w.peer(0).group->commit(request, kNow, w.random), Rule::suite_unsupported);
  EXPECT_BROKEN(verify_key_package(other.package->key_package, kNow), Rule::suite_unsupported);
  EXPECT_VALUE(verify_key_package(other.package->key_package, kNow, CipherSuite::aes_128_gcm));
}

}  // namespace
}  // namespace candour::mls::test
