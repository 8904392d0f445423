#include "tests/interop/devices.h"

#include <stdexcept>

#include "base/encoding.h"
#include "mls/group_extensions.h"

namespace candour::interop {
namespace {

namespace json = boost::json;

json::value hex(ByteView bytes) { return json::string(hex_encode(bytes)); }

json::array members_json(const std::vector<mls::Member>& members) {
  json::array out;
  for (const mls::Member& m : members) {
    out.push_back({{"leaf", m.leaf.value},
                   {"identity", as_text(m.identity)},
                   {"signature_key", hex(m.signature_key.view())}});
  }
  return out;
}

json::object commit_json(const mls::StagedCommit& staged) {
  return {{"kind", "commit"},
          {"sender", staged.sender().value},
          {"external", staged.external()},
          {"has_path", staged.has_path()},
          {"added", members_json(staged.added())},
          {"removed", members_json(staged.removed())},
          {"changed", members_json(staged.changed())},
          {"authenticated_data", hex(staged.authenticated_data())}};
}

}  // namespace

Device::Device(std::string_view name, mls::CipherSuite suite, const mls::Policy& policy,
               Random& random)
    : name_(name),
      suite_(suite),
      policy_(policy),
      random_(random),
      key_(crypto::SigningKey::generate(random)) {}

mls::Lifetime Device::lifetime(const Arguments& a, TimeMs now) const {
  constexpr std::uint64_t kHourMs = 3'600'000;
  return {TimeMs(a.number("not_before_ms", now.value - kHourMs)),
          TimeMs(a.number("not_after_ms", now.value + 90 * 24 * kHourMs))};
}

Answer Device::use_suite(const Arguments& a) {
  suite_ = a.suite();
  return json::object{};
}

Answer Device::make_key_package(const Arguments& a, TimeMs now) {
  CANDOUR_TRY(auto bundle,
              mls::make_key_package(key_, as_bytes(name_), lifetime(a, now), random_, suite_));
  json::object out{{"key_package", hex(bundle.key_package)}};
  const Digest reference = bundle.reference;
  packages_.emplace(reference, std::move(bundle));
  return out;
}

Answer Device::create(const Arguments& a, TimeMs now) {
  CANDOUR_TRY(auto group, mls::Group::create(
                              a.bytes("group_id"), key_, as_bytes(name_), lifetime(a, now), random_,
                              {.suite = suite_, .extensions = a.extensions(), .policy = policy_}));
  group_ = std::move(group);
  return json::object{};
}

Answer Device::join(const Arguments& a, TimeMs now) {
  const Bytes welcome = a.bytes("welcome");
  const Bytes tree = a.bytes_or_none("ratchet_tree");
  CANDOUR_TRY(const auto references, mls::welcome_references(welcome));
  for (const Digest& reference : references) {
    const auto mine = packages_.find(reference);
    if (mine == packages_.end()) continue;
    const bool follows = a.flag("follows", false);
    CANDOUR_TRY(auto group, mls::Group::join(welcome, mine->second.key_package,
                                             mine->second.private_part.view(), key_, now,
                                             {.ratchet_tree = tree,
                                              .psks = a.psks(),
                                              .predecessor = follows ? &group_.value() : nullptr,
                                              .policy = policy_}));
    packages_.erase(mine);
    if (follows) former_ = std::move(group_);
    group_ = std::move(group);
    return json::object{};
  }
  return error(ErrorCode::not_found, "the Welcome names no key package of " + name_);
}

Answer Device::join_by_external_commit(const Arguments& a) {
  std::optional<mls::LeafIndex> replaces;
  if (a.has("replaces"))
    replaces = mls::LeafIndex(static_cast<std::uint32_t>(a.number("replaces")));
  CANDOUR_TRY(auto made, mls::Group::join_by_external_commit(
                             a.bytes("group_info"), key_, as_bytes(name_), random_,
                             {.psks = a.psks(), .policy = policy_}, replaces));
  group_ = std::move(made.group);
  return json::object{{"commit", hex(made.commit)}};
}

Answer Device::commit(const Arguments& a, TimeMs now) {
  mls::CommitRequest request;
  const mls::CipherSuite suite = group_.value().suite();
  CANDOUR_TRY(request.adds, a.key_packages("adds", suite, now));
  for (const json::value& leaf : a.list("removes")) {
    request.removes.emplace_back(leaf.to_number<std::uint32_t>());
  }
  request.path = a.flag("path", true);
  request.authenticated_data = a.bytes_or_none("authenticated_data");
  CANDOUR_TRY(request.proposals, a.proposals(suite, now));
  request.kept_proposals = a.flag("kept_proposals", false);
  request.wire_format = a.wire_format();
  request.tree_in_welcome = a.flag("tree_in_welcome", true);
  CANDOUR_TRY(auto prepared, group_.value().commit(request, now, random_, a.psks()));
  json::object out = commit_json(prepared.staged);
  out["commit"] = hex(prepared.commit);
  out["welcome"] = hex(prepared.welcome);
  staged_ = std::move(prepared.staged);
  return out;
}

Answer Device::merge() {
  CANDOUR_TRY(group_.value().merge(std::move(staged_.value())));
  staged_.reset();
  return json::object{};
}

Answer Device::process(const Arguments& a, TimeMs now) {
  const Bytes message = a.bytes("message");
  const SecretBytes before = group_.value().save();
  Answer answer = dispatch(message, a, now);
  if (!answer && !same(before.view(), group_.value().save().view())) {
    return error(ErrorCode::state_damaged,
                 name_ + " refused a message and is not as before: " + answer.error().message);
  }
  return answer;
}

Answer Device::dispatch(ByteView message, const Arguments& a, TimeMs now) {
  CANDOUR_TRY(const mls::MessageHeader header, mls::peek(message));
  switch (header.content_type) {
    case mls::ContentType::application:
      return open_application(message);
    case mls::ContentType::commit:
      return open_commit(message, a, now);
    case mls::ContentType::proposal:
      break;
  }
  CANDOUR_TRY(group_.value().process_proposal(message, now));
  return json::object{{"kind", "proposal"}};
}

Answer Device::open_commit(ByteView message, const Arguments& a, TimeMs now) {
  CANDOUR_TRY(auto staged, group_.value().process_commit(message, now, a.psks()));
  json::object out = commit_json(staged);
  CANDOUR_TRY(group_.value().merge(std::move(staged)));
  return out;
}

Answer Device::open_application(ByteView message) {
  CANDOUR_TRY(const auto received, group_.value().unprotect(message));
  const auto sender = group_.value().member(received.sender, received.epoch);
  if (!sender) return error(ErrorCode::internal, "a message of nobody opened");
  // The evidence must stand by itself, whoever signed it.
  CANDOUR_TRY(const auto evidence,
              mls::verify_signed_content(received.signed_content.view(), sender->signature_key));
  if (!same(evidence.content, received.content.view())) {
    return error(ErrorCode::internal, "the signed content is not the content");
  }
  return json::object{{"kind", "application"},
                      {"sender", received.sender.value},
                      {"identity", as_text(sender->identity)},
                      {"epoch", received.epoch.value},
                      {"generation", received.generation},
                      {"authenticated_data", hex(received.authenticated_data)},
                      {"content", hex(received.content.view())}};
}

Answer Device::propose(const Arguments& a, TimeMs now) {
  CANDOUR_TRY(const auto request, a.proposal(group_.value().suite(), now));
  CANDOUR_TRY(const Bytes message, group_.value().propose(request, now, random_, a.wire_format(),
                                                          a.bytes_or_none("authenticated_data")));
  return json::object{{"message", hex(message)}};
}

Answer Device::propose_own_add(const Arguments& a) {
  CANDOUR_TRY(const Bytes message,
              mls::propose_own_add(a.bytes("group_id"), Epoch(a.number("epoch")),
                                   a.bytes("key_package"), key_));
  return json::object{{"message", hex(message)}};
}

Answer Device::propose_from_outside(const Arguments& a, TimeMs now) {
  CANDOUR_TRY(const auto request, a.proposal(suite_, now));
  CANDOUR_TRY(const Bytes message,
              mls::propose_from_outside(a.bytes("group_id"), Epoch(a.number("epoch")),
                                        static_cast<std::uint32_t>(a.number("sender")), key_,
                                        request, random_));
  return json::object{{"message", hex(message)}};
}

Answer Device::protect(const Arguments& a) {
  CANDOUR_TRY(const Bytes message,
              group_.value().protect(a.bytes("content"), a.bytes_or_none("authenticated_data"),
                                     random_, a.number("padding_step", mls::kPaddingStep)));
  return json::object{{"message", hex(message)}};
}

Answer Device::group_info(const Arguments& a) const {
  CANDOUR_TRY(const Bytes info, group_.value().group_info(a.flag("with_tree", true)));
  return json::object{{"group_info", hex(info)}};
}

Answer Device::continue_reinit(const Arguments& a, TimeMs now) {
  const auto next = group_.value().reinit();
  const mls::CipherSuite suite = next ? next->suite : group_.value().suite();
  CANDOUR_TRY(const auto packages, a.key_packages("key_packages", suite, now));
  return found(group_.value().continue_reinit(packages, lifetime(a, now), now, random_));
}

Answer Device::branch(const Arguments& a, TimeMs now) {
  CANDOUR_TRY(const auto packages, a.key_packages("key_packages", group_.value().suite(), now));
  return found(
      group_.value().branch(a.bytes("group_id"), packages, lifetime(a, now), now, random_));
}

Answer Device::found(Result<mls::SuccessorGroup>&& made) {
  if (!made) return made.error();
  former_ = std::move(group_);
  group_ = std::move(made.value().group);
  return json::object{{"welcome", hex(made.value().welcome)}};
}

Answer Device::restart() {
  const SecretBytes saved = group_.value().save();
  CANDOUR_TRY(auto restored, mls::Group::restore(saved.view(), key_, policy_));
  if (!same(restored.save().view(), saved.view())) {
    return error(ErrorCode::state_damaged, name_ + " is not the same after a restart");
  }
  group_ = std::move(restored);
  return json::object{};
}

Answer Device::tree() const {
  return json::object{{"ratchet_tree", hex(group_.value().ratchet_tree())}};
}

Answer Device::state() const {
  json::object out{{"signature_key", hex(key_.public_key().view())}};
  if (!group_) return out;
  const mls::Group& group = *group_;
  out["active"] = group.active();
  out["epoch"] = group.epoch().value;
  if (!group.active()) return out;
  out["group_id"] = hex(group.group_id());
  out["own_leaf"] = group.own_leaf().value;
  out["epoch_authenticator"] = hex(group.epoch_authenticator().view());
  out["tree_hash"] = hex(group.tree_hash().view());
  out["exporter"] = hex(group.export_secret("interop", as_bytes("context"), 48).view());
  out["members"] = members_json(group.members());
  return out;
}

Answer Devices::run(const json::object& command) {
  const Arguments a(command);
  const std::string_view op = a.text("op");
  const std::string_view name = a.text("device");
  if (op == "device") {
    devices_.erase(std::string(name));
    devices_.try_emplace(std::string(name), name, a.suite(), a.policy(), random_);
    return json::object{};
  }
  const auto device = devices_.find(name);
  if (device == devices_.end()) {
    throw std::invalid_argument("there is no device " + std::string(name));
  }
  return run_on(device->second, op, a, TimeMs(a.number("now_ms", clock_.now().value)));
}

Answer Devices::run_on(Device& d, std::string_view op, const Arguments& a, TimeMs now) {
  if (op == "suite") return d.use_suite(a);
  if (op == "key_package") return d.make_key_package(a, now);
  if (op == "create") return d.create(a, now);
  if (op == "join") return d.join(a, now);
  if (op == "external_join") return d.join_by_external_commit(a);
  if (op == "commit") return d.commit(a, now);
  if (op == "merge") return d.merge();
  if (op == "process") return d.process(a, now);
  if (op == "propose") return d.propose(a, now);
  if (op == "propose_own_add") return d.propose_own_add(a);
  if (op == "propose_from_outside") return d.propose_from_outside(a, now);
  if (op == "protect") return d.protect(a);
  if (op == "group_info") return d.group_info(a);
  if (op == "continue_reinit") return d.continue_reinit(a, now);
  if (op == "branch") return d.branch(a, now);
  if (op == "restart") return d.restart();
  if (op == "tree") return d.tree();
  if (op == "state") return d.state();
  throw std::invalid_argument("not a command: " + std::string(op));
}

}  // namespace candour::interop
