// Goal: hashing to scalars and the proofs of equal discrete logarithms are those of RFC 9380 and
// RFC 9497, byte for byte, and a proof holds for nothing but what it was made for. Method: the
// RFCs' vectors; then one change at a time.
#include "warrant/open/dleq.h"

#include "crypto/hash.h"
#include "tests/open/vectors.h"
#include "tests/seal/fixtures.h"
#include "warrant/open/hash_to_scalar.h"

namespace candour::warrant {
namespace {

using namespace testing_only;
using crypto::Point;
using crypto::Scalar;

std::string expanded(std::string_view message, std::size_t size, std::string_view domain) {
  return hex_encode(expand_message_xmd({as_bytes(message)}, as_bytes(domain), size));
}

// RFC 9380 appendix K.3, and a domain over 255 bytes as in K.2's construction.
TEST(ExpandMessage, IsThatOfRfc9380) {
  constexpr std::string_view kDomain = "QUUX-V01-CS02-with-expander-SHA512-256";
  EXPECT_EQ(expanded("", 32, kDomain),
            "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba");
  EXPECT_EQ(expanded("abc", 32, kDomain),
            "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc");
  EXPECT_EQ(expanded("abcdef0123456789", 32, kDomain),
            "087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58");
  EXPECT_EQ(expanded("", 128, kDomain).substr(0, 64),
            "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921");
}

TEST(ExpandMessage, HashesALongDomain) {
  const std::string domain(256, 'd');
  Writer prefixed;
  prefixed.raw(as_bytes("H2C-OVERSIZE-DST-"));
  prefixed.raw(as_bytes(domain));
  const auto hashed = crypto::sha512({prefixed.view()});
  EXPECT_EQ(expanded("abc", 48, domain), expanded("abc", 48, as_text(hashed.view())));
}

constexpr std::string_view kVoprfContext = "OPRFV1-\x01-ristretto255-SHA512";

// Splits "aa,bb" into points.
std::vector<Point> points(const boost::json::value& value) {
  std::vector<Point> out;
  std::string_view rest = value.as_string();
  for (;;) {
    out.push_back(Point::decode(hex_decode(rest.substr(0, 64)).value()).value());
    if (rest.size() == 64) return out;
    rest.remove_prefix(65);
  }
}

TEST(Dleq, MakesTheProofsOfRfc9497) {
  const auto file = read_vectors("voprf/ristretto255-SHA512.json");
  if (file.is_null()) GTEST_SKIP() << "no RFC 9497 vectors: set CANDOUR_VECTORS to their folder";
  const boost::json::array suites = file.is_array() ? file.as_array() : boost::json::array{file};
  int proofs = 0;
  for (const auto& suite : suites) {
    if (suite.at("mode").as_int64() != 1) continue;
    const Scalar k = scalar(suite.at("skSm"));
    const Point key = point(suite.at("pkSm"));
    for (const auto& vector : suite.at("vectors").as_array()) {
      const auto inputs = points(vector.at("BlindedElement"));
      const auto outputs = points(vector.at("EvaluationElement"));
      ASSERT_EQ(static_cast<std::int64_t>(inputs.size()), vector.at("Batch").as_int64());
      GivenScalars random({hex(vector.at("Proof").at("r"))});
      const auto proof = prove_dleq(as_bytes(kVoprfContext), k, key, inputs, outputs, random);
      EXPECT_EQ(hex_encode(proof.encode()), text(vector.at("Proof").at("proof")));
      const auto verified = verify_dleq(as_bytes(kVoprfContext), key, inputs, outputs, proof);
      EXPECT_TRUE(verified.has_value()) << verified.error().message;
      ++proofs;
    }
  }
  EXPECT_EQ(proofs, 3);
}

struct Batch {
  explicit Batch(std::size_t size) : random(11), k(Scalar::random(random)) {
    key = *k.times_base();
    for (std::size_t i = 0; i < size; ++i) {
      inputs.push_back(*Scalar::random(random).times_base());
      outputs.push_back(*inputs.back().times(k));
    }
    proof = prove_dleq(as_bytes("test"), k, key, inputs, outputs, random);
  }
  Status verify(std::string_view context = "test") const {
    return verify_dleq(as_bytes(context), key, inputs, outputs, proof);
  }
  SeededRandom random;
  Scalar k;
  Point key;
  std::vector<Point> inputs;
  std::vector<Point> outputs;
  DleqProof proof;
};

TEST(Dleq, HoldsForNothingButWhatItWasMadeFor) {
  const Batch good(4);
  ASSERT_TRUE(good.verify().has_value());
  const auto refused = [](const auto& change) {
    Batch bad(4);
    change(bad);
    const auto verified = bad.verify();
    return !verified.has_value() && verified.error().code == ErrorCode::partial_proof_invalid;
  };
  EXPECT_TRUE(refused([](Batch& b) { b.outputs[2] = b.inputs[2]; }));
  EXPECT_TRUE(refused([](Batch& b) { b.inputs[3] = b.inputs[1]; }));
  EXPECT_TRUE(refused([](Batch& b) { std::swap(b.outputs[0], b.outputs[1]); }));
  EXPECT_TRUE(refused([](Batch& b) {
    std::swap(b.outputs[0], b.outputs[1]);
    std::swap(b.inputs[0], b.inputs[1]);
  }));
  EXPECT_TRUE(refused([](Batch& b) { b.key = b.inputs[0]; }));
  EXPECT_TRUE(refused([](Batch& b) { b.inputs.pop_back(); }));
  EXPECT_TRUE(refused([](Batch& b) {
    b.inputs.clear();
    b.outputs.clear();
  }));
  EXPECT_TRUE(refused([](Batch& b) { std::swap(b.proof.c, b.proof.s); }));
  EXPECT_TRUE(refused([](Batch& b) { b.proof.c = PublicScalar(); }));
  EXPECT_TRUE(refused([](Batch& b) { b.proof.s = PublicScalar(); }));
  EXPECT_FALSE(good.verify("another use").has_value());
  // Errors that cancel in a plain sum do not cancel under the batch's own coefficients.
  EXPECT_TRUE(refused([](Batch& b) {
    const Point error = *Scalar::from_u64(5).times_base();
    b.outputs[0] = *b.outputs[0].plus(error);
    b.outputs[1] = *b.outputs[1].minus(error);
  }));
}

TEST(Dleq, I12EveryChangedBitOfAProofIsRefused) {
  const Batch good(2);
  const Bytes encoded = good.proof.encode();
  ASSERT_EQ(DleqProof::decode(encoded).value(), good.proof);
  for (std::size_t bit = 0; bit < 8 * encoded.size(); ++bit) {
    Bytes bytes = encoded;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1u << (bit % 8)));
    const auto decoded = DleqProof::decode(bytes);
    if (!decoded) continue;
    EXPECT_FALSE(verify_dleq(as_bytes("test"), good.key, good.inputs, good.outputs, decoded.value())
                     .has_value())
        << bit;
  }
}

TEST(Dleq, ScalarsAboveTheOrderAreRefused) {
  Bytes above(64, 0);
  const Bytes order =
      hex_decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
  std::copy(order.begin(), order.end(), above.begin() + 32);
  EXPECT_FALSE(DleqProof::decode(above).has_value());
  std::rotate(above.begin(), above.begin() + 32, above.end());
  EXPECT_FALSE(DleqProof::decode(above).has_value());
  EXPECT_FALSE(DleqProof::decode(Bytes(63, 0)).has_value());
  EXPECT_TRUE(DleqProof::decode(Bytes(64, 0)).has_value());
}

}  // namespace
}  // namespace candour::warrant
