#include "ctl/evidence/testimony.h"

#include <algorithm>

#include "client/messages/group_request.h"
#include "mls/group.h"

namespace candour::ctl {
namespace {

using tlog::LeafKind;

// What the bot notes by itself: a device has no key package; a group was formed again.
constexpr std::string_view kRequestFormat = "candour-group/v1\n";
constexpr std::string_view kBotNotes[] = {"candour-group-missing/v1\n", "candour-reform/v1\n"};

class Hearing {
 public:
  Hearing(const warrant::Record& record, const tlog::LeafOpening& opening, std::uint64_t index,
          const Authority& authority)
      : record_(record), opening_(opening), index_(index), authority_(authority) {}

  Testimony run() {
    if (opening_.kind != record_.kind) problem("its leaf is of another kind than the record");
    find_sender();
    check_policy();
    switch (record_.kind) {
      case LeafKind::message:
      case LeafKind::attempt:
        hear_message();
        break;
      case LeafKind::commit:
        hear_commit();
        break;
      case LeafKind::alert_step:
      case LeafKind::alert_dismissal:
        hear_step();
        break;
      case LeafKind::group_change:
        hear_change();
        break;
      default:
        problem("no record can be of this kind");
    }
    return std::move(out_);
  }

 private:
  void problem(std::string what) { out_.problems.push_back(std::move(what)); }
  void problem(const std::string& what, const Error& why) { problem(what + ": " + why.message); }

  // Requests of registrars have no device.
  void find_sender() {
    if (record_.sender.is_zero() && record_.certificate.is_zero()) return;
    out_.sender = authority_.certificate(record_.certificate);
    if (out_.sender == nullptr)
      return problem("the bundle has no logged certificate of its sender");
    const Certified& sender = *out_.sender;
    if (sender.certificate.device() != record_.sender) {
      problem("the certificate it cites is of another device");
    }
    if (sender.index >= index_) problem("its sender's certificate was logged after it");
    if (sender.revoked_at && *sender.revoked_at < index_) {
      problem("its sender's certificate had been revoked");
    }
    if (!sender.certificate.valid_at(record_.bot_time)) {
      problem("its sender's certificate was not valid at the time");
    }
  }

  void check_policy() {
    const auto logged = authority_.policy(record_.policy);
    if (!logged) return problem("the policy version it cites is not in the bundle");
    if (*logged >= index_) problem("the policy version it cites was logged after it");
  }

  void hear_message() {
    if (out_.sender == nullptr) return;
    const auto content = mls::verify_signed_content(record_.evidence.view(),
                                                    out_.sender->certificate.subject.signing_key);
    if (!content) return problem("the author's signature does not hold", content.error());
    const mls::SignedContent& said = content.value();
    out_.signer = Signer::sender;
    MlsContext context;
    context.group = to_bytes(said.group_id);
    context.leaf = said.sender.value;
    if (const auto hash = Digest::from(said.tree_hash)) context.tree_hash = *hash;
    if (const auto hash = Digest::from(said.confirmed_transcript_hash)) {
      context.transcript_hash = *hash;
    }
    out_.mls = std::move(context);
    if (said.epoch != record_.epoch) problem("the author signed another epoch");
    if (!same(said.authenticated_data, record_.message_id.view())) {
      problem("the author signed another message id");
    }
    auto inner = messages::Inner::decode(said.content);
    if (!inner) return problem("what the author signed cannot be read", inner.error());
    if (inner.value().time != record_.sender_time) problem("the author signed another time");
    if (inner.value().commitment() != opening_.content_commitment) {
      problem("the leaf commits to another content");
    }
    auto decoded = messages::Content::decode(inner.value().content.view());
    if (!decoded) return problem("what the author signed cannot be read", decoded.error());
    out_.inner = std::move(inner).value();
    out_.content = std::move(decoded).value();
  }

  void hear_commit() {
    if (out_.sender == nullptr) return;
    auto roster = identity::Roster::verify(record_.evidence.view(),
                                           out_.sender->certificate.subject.signing_key);
    if (!roster) return problem("the bot's signature on the roster does not hold", roster.error());
    if (!authority_.statement_at(index_).lists_bot(record_.sender)) {
      problem("the roster is signed by a device that is no bot");
    }
    if (roster.value().group != record_.group) problem("the roster is of another group");
    out_.signer = Signer::bot;
    out_.roster = std::move(roster).value();
  }

  void hear_step() {
    if (out_.sender == nullptr) return;
    auto step = messages::AlertStep::verify(record_.evidence.view(),
                                            out_.sender->certificate.subject.signing_key);
    if (!step) return problem("the step's signature does not hold", step.error());
    if (step.value().device != record_.sender) problem("the step is of another device");
    out_.signer = Signer::sender;
    out_.step = std::move(step).value();
  }

  void hear_change() {
    out_.note = SecretText(record_.evidence.clone());
    const std::string_view text = out_.note.expose();
    const auto begins = [&](std::string_view format) { return text.starts_with(format); };
    if (std::any_of(std::begin(kBotNotes), std::end(kBotNotes), begins)) {
      if (!authority_.statement_at(index_).lists_bot(record_.sender)) {
        problem("only a bot notes this, and its sender is none");
      }
      return;
    }
    if (!text.starts_with(kRequestFormat)) return hear_member_request();
    const auto request = messages::GroupRequest::verify(text, authority_.statement_at(index_));
    if (!request) return problem("the registrar's signature does not hold", request.error());
    if (request.value().group != record_.group) problem("the request is about another group");
    out_.signer = Signer::registrar;
  }

  // The request of a device: the bot checked its rights, the signature is checked here.
  void hear_member_request() {
    if (out_.sender == nullptr) return problem("it names no device that asked");
    const auto& subject = out_.sender->certificate.subject;
    const auto request = messages::GroupRequest::verify_signed(
        record_.evidence.view(), subject.signing_key, authority_.statement_at(index_).id);
    if (!request) return problem("the device's signature does not hold", request.error());
    if (request.value().group != record_.group) problem("the request is about another group");
    out_.note = SecretText::copy_of(request.value().print());
    out_.signer = Signer::sender;
  }

  const warrant::Record& record_;
  const tlog::LeafOpening& opening_;
  std::uint64_t index_;
  const Authority& authority_;
  Testimony out_;
};

}  // namespace

std::string_view name_of(Signer signer) {
  switch (signer) {
    case Signer::sender:
      return "sender";
    case Signer::bot:
      return "bot";
    case Signer::registrar:
      return "registrar";
    case Signer::nobody:
      return "nobody";
  }
  return "nobody";
}

Testimony hear(const warrant::Record& record, const tlog::LeafOpening& opening, std::uint64_t index,
               const Authority& authority) {
  return Hearing(record, opening, index, authority).run();
}

}  // namespace candour::ctl
