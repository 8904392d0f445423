// Goal: framing rules of RFC 9420 section 6 and 9 hold against a member that breaks them. Method:
// messages wrong in one thing; the receiver names the rule and keeps its state.
#include "tests/mls/insider.h"

namespace candour::mls::test {
namespace {

class MlsFramingRules : public testing::Test {
 protected:
  MlsFramingRules() : w(70) {
    w.form(4);
    insider.emplace(w.peer(1), w.random);
  }

  void commit_refused(ByteView message, Rule rule) {
    Group& g = *w.peer(2).group;
    const SecretBytes before = g.save();
    EXPECT_BROKEN(g.process_commit(message, kNow), rule);
    EXPECT_TRUE(same_state(before, g.save()));
  }
  void message_refused(ByteView message, Rule rule) {
    Group& g = *w.peer(2).group;
    const SecretBytes before = g.save();
    EXPECT_BROKEN(g.unprotect(message), rule);
    EXPECT_TRUE(same_state(before, g.save()));
  }
  AuthenticatedContent application() {
    return insider->content(ContentType::application, as_bytes("text"),
                            WireFormat::private_message);
  }
  AuthenticatedContent public_commit() {
    Commit commit;
    commit.path = insider->path_for(commit);
    return insider->content(ContentType::commit, encode(commit), WireFormat::public_message);
  }

  World w;
  std::optional<Insider> insider;
};

TEST_F(MlsFramingRules, TheForgedMessageIsGood) {
  EXPECT_VALUE(w.peer(2).group->unprotect(insider->send_private(application())));
  commit_refused(insider->send_public(public_commit()), Rule::confirmation_tag);
}

TEST_F(MlsFramingRules, PublicMessages) {
  auto content = public_commit();
  content.sign(w.peer(3).key, insider->now().context_bytes);
  commit_refused(insider->send_public(std::move(content)), Rule::message_signature);

  content = public_commit();
  content.content.sender.type = SenderType::external;
  commit_refused(insider->send_public(std::move(content)), Rule::sender_type_unexpected);
  content = public_commit();
  content.content.sender.type = SenderType::new_member_commit;
  commit_refused(insider->send_public(std::move(content)), Rule::message_signature);

  content = public_commit();
  content.content.sender.index = 99;
  commit_refused(insider->send_public(std::move(content)), Rule::sender_blank);
  content = public_commit();
  content.content.sender.index = 2;
  commit_refused(insider->send_public(std::move(content)), Rule::own_message);

  content = public_commit();
  content.content.epoch = Epoch(7);
  commit_refused(insider->send_public(std::move(content)), Rule::epoch_not_current);
  content = public_commit();
  content.content.group_id.push_back(1);
  commit_refused(insider->send_public(std::move(content)), Rule::group_other);

  const Bytes proposal = encode(Proposal{Remove{LeafIndex(3)}});
  commit_refused(insider->send_public(
                     insider->content(ContentType::proposal, proposal, WireFormat::public_message)),
                 Rule::content_type_unexpected);
  commit_refused(insider->send_public(insider->content(ContentType::application, as_bytes("x"),
                                                       WireFormat::public_message)),
                 Rule::application_not_private);
  message_refused(insider->send_public(insider->content(ContentType::application, as_bytes("x"),
                                                        WireFormat::public_message)),
                  Rule::application_not_private);

  // The wire format is signed: what was signed for one framing is worth nothing in the other.
  content = public_commit();
  content.wire_format = WireFormat::private_message;
  content.sign(insider->key(), insider->now().context_bytes);
  content.wire_format = WireFormat::public_message;
  commit_refused(insider->send_public(std::move(content)), Rule::message_signature);

  Bytes tagged = insider->send_public(public_commit());
  tagged.back() ^= 1;
  commit_refused(tagged, Rule::membership_tag);
  tagged.back() ^= 1;
  tagged.push_back(0);
  commit_refused(tagged, Rule::malformed);
}

TEST_F(MlsFramingRules, PrivateMessages) {
  auto content = application();
  content.sign(w.peer(3).key, insider->now().context_bytes);
  message_refused(insider->send_private(std::move(content)), Rule::message_signature);

  content = application();
  content.content.sender.index = 55;
  message_refused(insider->send_private(std::move(content)), Rule::sender_blank);
  content = application();
  content.content.sender.index = 2;
  message_refused(insider->send_private(std::move(content)), Rule::own_message);
  content = application();
  content.content.sender.index = 3;  // another member's name on it, with the insider's keys
  message_refused(insider->send_private(std::move(content)), Rule::content_decryption);

  content = application();
  content.content.epoch = Epoch(9);
  message_refused(insider->send_private(std::move(content)), Rule::epoch_unknown);
  content = application();
  content.content.group_id.push_back(1);
  message_refused(insider->send_private(std::move(content)), Rule::group_other);

  Commit commit;
  commit.path = insider->path_for(commit);
  message_refused(insider->send_private(insider->content(ContentType::commit, encode(commit),
                                                         WireFormat::private_message)),
                  Rule::content_type_unexpected);
  commit_refused(insider->send_private(application()), Rule::content_type_unexpected);
  commit_refused(insider->send_private(insider->content(ContentType::commit, encode(commit),
                                                        WireFormat::private_message)),
                 Rule::confirmation_tag);
  commit_refused(insider->send_private(insider->content(ContentType::commit, as_bytes("junk"),
                                                        WireFormat::private_message)),
                 Rule::malformed);

  message_refused(wrap_message(WireFormat::welcome, {}), Rule::wire_format_unexpected);
  Bytes version = insider->send_private(application());
  version[1] = 2;
  message_refused(version, Rule::version_unknown);
  message_refused({}, Rule::malformed);
}

/// Gives zeros, so that the reuse guard leaves the nonce as it is.
class ZeroRandom : public Random {
 public:
  void fill(MutableByteView out) override { std::fill(out.begin(), out.end(), 0); }
};

TEST_F(MlsFramingRules, PaddingMustBeZero) {
  const auto key =
      insider->now().secret_tree.find(kSuite3, insider->leaf(), RatchetKind::application, 0);
  ASSERT_VALUE(key);
  const KdfSecret& sender_secret = insider->now().secrets.sender_data_secret;
  ZeroRandom zeros;
  PrivateMessage m =
      protect_private(kSuite3, application(), key.value(), 0, sender_secret, 64, zeros);
  Writer sender_aad;
  sender_aad.vec(m.group_id);
  sender_aad.number(m.epoch);
  sender_aad.u8(static_cast<std::uint8_t>(m.content_type));
  Writer aad;
  aad.raw(sender_aad.view());
  aad.vec(m.authenticated_data);
  const ByteView k = key.value().key.view();
  const ByteView n = key.value().nonce.view();
  auto plain = suite_open(kSuite3, k, n, aad.view(), m.ciphertext);
  ASSERT_VALUE(plain);
  plain.value().mutable_view().back() = 1;
  m.ciphertext = suite_seal(kSuite3, k, n, aad.view(), plain.value().view());
  Writer sender;
  sender.u32(insider->leaf().value);
  sender.u32(0);
  sender.u32(0);
  const SenderDataKeys keys = sender_data_keys(kSuite3, sender_secret, m.ciphertext);
  m.encrypted_sender_data =
      suite_seal(kSuite3, keys.key.view(), keys.nonce.view(), sender_aad.view(), sender.view());
  message_refused(wrap_message(WireFormat::private_message, encode(m)), Rule::padding_not_zero);
}

TEST_F(MlsFramingRules, GenerationsAreBoundedAndUsedOnce) {
  const auto at = [&](std::uint32_t claimed) {
    // The key is that of generation 0, but the sender data claims another.
    const auto key =
        insider->now().secret_tree.find(kSuite3, insider->leaf(), RatchetKind::application, 0);
    return wrap_message(
        WireFormat::private_message,
        encode(protect_private(kSuite3, application(), key.value(), claimed,
                               insider->now().secrets.sender_data_secret, 16, w.random)));
  };
  message_refused(at(0xffffffff), Rule::generation_too_far);
  message_refused(at(201), Rule::generation_too_far);
  message_refused(at(200), Rule::content_decryption);
  const Bytes good = at(0);
  EXPECT_VALUE(w.peer(2).group->unprotect(good));
  message_refused(good, Rule::generation_used);
}

TEST_F(MlsFramingRules, PaddingStepOfZeroIsRefused) {
  EXPECT_BROKEN(w.peer(2).group->protect(as_bytes("x"), {}, w.random, 0), Rule::padding_step_zero);
}

TEST_F(MlsFramingRules, EveryRuleHasItsOwnSentenceAndSection) {
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(Rule::padding_step_zero); ++i) {
    const Error e = broken(static_cast<Rule>(i));
    EXPECT_NE(e.message.find("RFC 9420 section "), std::string::npos);
    EXPECT_TRUE(seen.insert(e.message).second) << e.message;
  }
}

}  // namespace
}  // namespace candour::mls::test
