// Every decoder of mls/: whatever the bytes, it ends, and what it accepts it writes again the same.
#include "mls/group_state.h"
#include "mls/proposal.h"
#include "mls/welcome.h"
#include "tests/fuzz/fuzz_target.h"

namespace candour::mls {
namespace {

template <class T>
void round_trip(ByteView bytes) {
  const auto value = decode<T>(bytes);
  if (value) fuzz::require(encode(value.value()) == to_bytes(bytes), "encoding differs");
}

template <class T>
void round_trip_secret(ByteView bytes) {
  const auto value = decode<T>(bytes);
  if (value) fuzz::require(same(value.value().encoded().view(), bytes), "encoding differs");
}

void tree(ByteView bytes) {
  const auto value = RatchetTree::decode(bytes);
  if (!value) return;
  fuzz::require(value.value().encode() == to_bytes(bytes), "tree encoding differs");
  (void)value.value().root_hash();
}

void saved_states(ByteView bytes) {
  crypto::SigningSeed seed;
  const auto key = crypto::SigningKey::from_seed(seed);
  (void)Group::restore(bytes, key);
  (void)StagedCommit::restore(bytes);
  (void)KeyPackagePrivate::restore(bytes);
}

void faces(ByteView bytes) {
  (void)peek(bytes);
  (void)verify_key_package(bytes, TimeMs(1'790'000'000'000));
  (void)welcome_references(bytes);
  (void)verify_signed_content(bytes, SigningPublicKey());
}

}  // namespace

static void decode_any(ByteView input) {
  if (input.empty()) return;
  constexpr void (*kDecoders[])(ByteView) = {
      faces,
      tree,
      saved_states,
      round_trip<KeyPackage>,
      round_trip<LeafNode>,
      round_trip<Proposal>,
      round_trip<Commit>,
      round_trip<Welcome>,
      round_trip<GroupInfo>,
      round_trip<GroupContext>,
      round_trip<PrivateMessage>,
      round_trip<RequiredCapabilities>,
      round_trip<ExternalSender>,
      round_trip_secret<GroupSecrets>,
      round_trip_secret<PublicMessage>,
      round_trip_secret<AuthenticatedContent>,
  };
  kDecoders[input[0] % std::size(kDecoders)](input.subspan(1));
}

}  // namespace candour::mls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  candour::mls::decode_any({data, size});
  return 0;
}
