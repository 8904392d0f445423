#include "tests/bot/relay_double.h"

#include "crypto/hash.h"
#include "tlog/directory_leaf.h"

namespace candour::tests {
namespace {

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

Bytes encode(const v1::ServerFrame& frame) { return to_bytes(frame.SerializeAsString()); }

template <class IdType>
IdType id_of(const std::string& field) {
  return IdType::from(as_bytes(field)).value_or(IdType());
}

}  // namespace

class RelayDouble::Session : public client::Channel {
 public:
  Session(RelayDouble& relay, std::uint64_t number) : relay_(relay) {
    binding_.assign(32, static_cast<std::uint8_t>(number));
  }
  ~Session() override { close(); }
  const Bytes& channel_binding() const override { return binding_; }
  Status send(Bytes message) override {
    if (relay_.session_ != this) return error(ErrorCode::disconnected, "the session is over");
    v1::ClientFrame frame;
    if (!frame.ParseFromArray(message.data(), static_cast<int>(message.size()))) {
      relay_.violations.push_back("the bot sent a frame that does not parse");
    }
    relay_.step();
    if (!relay_.drop_frames || frame.has_login()) relay_.handle(std::move(frame));
    relay_.step();
    return ok();
  }
  Result<Bytes> receive(std::uint64_t) override {
    if (relay_.session_ != this) return error(ErrorCode::disconnected, "the session is over");
    if (relay_.inbound_.empty()) return error(ErrorCode::timed_out, "nothing to receive");
    Bytes next = std::move(relay_.inbound_.front());
    relay_.inbound_.pop_front();
    relay_.step();
    return next;
  }
  void close() override {
    if (relay_.session_ == this) relay_.session_ = nullptr;
  }

 private:
  RelayDouble& relay_;
  Bytes binding_;
};

void RelayDouble::step() {
  ++steps;
  if (kill_at_steps.empty() || steps < kill_at_steps.front()) return;
  kill_at_steps.pop_front();
  throw Killed();
}

std::unique_ptr<client::Channel> RelayDouble::connect(const DeviceId& bot) {
  bot_ = bot;
  inbound_.clear();
  auto session = std::make_unique<Session>(*this, ++sessions_);
  session_ = session.get();
  v1::ServerFrame frame;
  frame.mutable_challenge()->set_version(1);
  frame.mutable_challenge()->set_nonce(std::string(32, 'n'));
  frame.mutable_challenge()->set_log_origin(statement.log.name);
  push(std::move(frame));
  return session;
}

void RelayDouble::push(v1::ServerFrame frame) {
  if (session_ != nullptr) inbound_.push_back(encode(frame));
}

void RelayDouble::reply(std::uint64_t to, v1::ServerFrame frame) {
  if (drop_answers) return;
  frame.set_reply_to(to);
  push(std::move(frame));
}

void RelayDouble::done(std::uint64_t to, bool duplicate) {
  v1::ServerFrame frame;
  frame.mutable_done()->set_duplicate(duplicate);
  reply(to, std::move(frame));
}

void RelayDouble::fail(std::uint64_t to, std::string code) {
  v1::ServerFrame frame;
  frame.mutable_failure()->set_code(std::move(code));
  reply(to, std::move(frame));
}

void RelayDouble::append_leaf(const Digest& leaf) {
  leaf_index_[leaf] = tree_.size();
  hashes_.put(tree_.append(leaf));
}

void RelayDouble::lose_tree() {
  tree_ = tlog::Frontier();
  hashes_ = tlog::MemoryHashes();
  leaf_index_.clear();
}

void RelayDouble::log_object(std::size_t number) {
  const auto opening = tlog::LeafOpening::decode(as_bytes(directory[number - 1].opening()));
  append_leaf(tlog::leaf_hash(opening.value().entry(tlog::LeafClass::directory)));
}

void RelayDouble::publish(v1::ObjectKind kind, const std::string& object, bool logged) {
  tlog::LeafOpening opening;
  opening.kind = *tlog::directory_leaf_kind(kind);
  opening.object_hash = crypto::sha256(as_bytes(object));
  v1::DirectoryObject entry;
  entry.set_number(directory.size() + 1);
  entry.set_kind(kind);
  entry.set_object(object);
  entry.set_leaf_index(tree_.size());
  entry.set_opening(text(opening.encode()));
  if (logged) append_leaf(tlog::leaf_hash(opening.entry(tlog::LeafClass::directory)));
  directory.push_back(entry);
  v1::ServerFrame frame;
  *frame.mutable_directory()->add_objects() = entry;
  push(std::move(frame));
}

std::uint64_t RelayDouble::submit(const v1::Submit& submit, const DeviceId& sender) {
  submitted.push_back(submit);
  GroupRow& group = groups[id_of<GroupId>(submit.group())];
  v1::Check check;
  *check.mutable_submit() = submit;
  check.set_submission(group.next_submission++);
  check.set_sender(text(sender.view()));
  check.set_accepted_ms(time_ms);
  group.pending.push_back(check);
  v1::ServerFrame frame;
  *frame.mutable_check() = check;
  push(std::move(frame));
  return check.submission();
}

void RelayDouble::mail_to_bot(ByteView mail_id, ByteView sealed) {
  v1::MailItem item;
  item.set_number(++mail_number_);
  item.set_kind(v1::TO_BOT);
  item.set_body(text(sealed));
  item.set_about(text(mail_id));
  bot_mail.push_back(item);
  v1::ServerFrame frame;
  *frame.mutable_mail() = item;
  push(std::move(frame));
}

std::string RelayDouble::cosigned_checkpoint() const {
  auto note = tlog::sign_checkpoint(checkpoint(), *log_key);
  const auto bare = note;
  for (const auto& [name, key] : witnesses) {
    note.signatures.push_back(tlog::make_cosignature(bare, name, *key, time_ms / 1000));
  }
  return note.print();
}

v1::CosignRequest RelayDouble::cosign_request(std::uint64_t old_size) const {
  v1::CosignRequest request;
  request.set_old_size(old_size);
  request.set_checkpoint(tlog::sign_checkpoint(checkpoint(), *log_key).print());
  if (old_size <= tree_.size()) {
    const auto proof = tlog::prove_consistency(old_size, tree_.size(), hashes_);
    for (const Digest& hash : proof.value()) request.add_proof(text(hash.view()));
  }
  return request;
}

void RelayDouble::login(std::uint64_t to) {
  v1::ServerFrame frame;
  v1::LoggedIn& logged_in = *frame.mutable_logged_in();
  logged_in.set_directory(directory.size());
  logged_in.set_server_time_ms(time_ms);
  const bool lost = std::exchange(drop_answers, false);
  reply(to, std::move(frame));
  drop_answers = lost;
  for (const auto& [id, group] : groups) {
    for (const v1::Check& check : group.pending) {
      v1::ServerFrame pending;
      *pending.mutable_check() = check;
      push(std::move(pending));
    }
  }
  for (const v1::MailItem& item : bot_mail) {
    v1::ServerFrame waiting;
    *waiting.mutable_mail() = item;
    push(std::move(waiting));
  }
}

void RelayDouble::handle(v1::ClientFrame frame) {
  const std::uint64_t id = frame.request();
  switch (frame.body_case()) {
    case v1::ClientFrame::kLogin:
      return login(id);
    case v1::ClientFrame::kGetDirectory: {
      v1::ServerFrame answer;
      answer.mutable_directory();
      for (const auto& object : directory) {
        if (object.number() >= frame.get_directory().from()) {
          *answer.mutable_directory()->add_objects() = object;
        }
      }
      return reply(id, std::move(answer));
    }
    case v1::ClientFrame::kSubmit:
      return on_submit(id, frame.submit());
    case v1::ClientFrame::kVerdict:
      return on_verdict(id, frame.verdict());
    case v1::ClientFrame::kAppendRecord: {
      const bool fresh = records_seen_.insert(frame.append_record().log().record_id()).second;
      if (fresh) {
        log(frame.append_record().log());
        for (const v1::Mail& item : frame.append_record().mail()) mail.push_back(item);
      }
      return done(id, !fresh);
    }
    case v1::ClientFrame::kBotMail: {
      const v1::BotMail& answer = frame.bot_mail();
      const bool fresh = answers_seen_.insert(answer.mail_id()).second;
      if (fresh) {
        v1::Mail& item = mail.emplace_back();
        item.set_device(answer.device());
        item.set_kind(v1::ANSWER);
        item.set_body(answer.sealed());
        item.set_about(answer.mail_id());
      }
      return done(id, !fresh);
    }
    case v1::ClientFrame::kFetchKeyPackages:
      return on_fetch(id, frame.fetch_key_packages());
    case v1::ClientFrame::kMailAck:
      while (!bot_mail.empty() && bot_mail.front().number() <= frame.mail_ack().through()) {
        bot_mail.pop_front();
      }
      return;
    case v1::ClientFrame::kGetProof:
      return on_get_proof(id, frame.get_proof());
    case v1::ClientFrame::kGetRosters:
      return on_get_rosters(id, frame.get_rosters());
    case v1::ClientFrame::kCosignature:
      if (frame.cosignature().line().find('\n') != std::string::npos) {
        // The bot shows what it cosigned last, after login.
        return frame.cosignature().size() > tree_.size() ? fail(id, "log_inconsistent")
                                                         : done(id, false);
      }
      cosignatures.push_back(frame.cosignature());
      return done(id, false);
    default:
      violations.push_back("the bot sent a frame it may not send");
  }
}

// One group in an answer, so that every test of more asks again.
void RelayDouble::on_get_rosters(std::uint64_t to, const v1::GetRosters& asked) {
  v1::ServerFrame answer;
  v1::Rosters& rosters = *answer.mutable_rosters();
  const auto found =
      asked.after().empty() ? groups.begin() : groups.upper_bound(id_of<GroupId>(asked.after()));
  if (found != groups.end()) {
    const GroupId& id = found->first;
    const GroupRow& group = shown.contains(id) ? shown.at(id) : found->second;
    v1::GroupState& state = *rosters.add_groups();
    state.set_group(text(id.view()));
    state.set_epoch(group.epoch);
    state.set_seq(group.seq);
    state.set_stopped(group.stopped);
    state.set_token_hash(text(group.token_hash.view()));
    if (!group.roster.empty()) rosters.add_rosters(group.roster);
    if (std::next(found) != groups.end()) rosters.set_next(text(id.view()));
  }
  reply(to, std::move(answer));
}

void RelayDouble::on_submit(std::uint64_t to, const v1::Submit& submit_frame) {
  GroupRow& group = groups[id_of<GroupId>(submit_frame.group())];
  v1::ServerFrame answer;
  answer.mutable_submitted()->set_message_id(submit_frame.message_id());
  for (const v1::Check& check : group.pending) {
    if (check.submit().message_id() != submit_frame.message_id()) continue;
    if (check.submit().ciphertext() != submit_frame.ciphertext()) {
      violations.push_back("another commit under the same message id");
    }
    answer.mutable_submitted()->set_duplicate(true);
    return reply(to, std::move(answer));
  }
  if (submit_frame.epoch() == 0 && group.epoch != 0) {
    group.pending.clear();  // of the group that is formed again
    group.commit_pending = false;
    group.stopped = false;
  } else if (group.stopped) {
    return fail(to, "group_stopped");
  } else if (submit_frame.epoch() != group.epoch) {
    return fail(to, "epoch_stale");
  }
  if (group.commit_pending) return fail(to, "epoch_pending");
  group.commit_pending = true;
  answer.mutable_submitted()->set_submission(submit(submit_frame, bot_));
  reply(to, std::move(answer));
}

void RelayDouble::log(const v1::LogEntry& entry) {
  append_leaf(tlog::leaf_hash(as_bytes(entry.entry())));
  records.push_back(entry);
}

bool RelayDouble::apply(const v1::Verdict& verdict, GroupRow& group) {
  const v1::Check check = group.pending.front();
  const v1::Submit& submitted = check.submit();
  for (const v1::LogEntry& entry : verdict.log()) log(entry);
  for (const v1::Mail& item : verdict.mail()) mail.push_back(item);
  if (submitted.kind() == v1::COMMIT) group.commit_pending = false;
  if (verdict.outcome() != v1::RELEASE) return true;
  const auto token = identity::ReleaseToken::decode(as_bytes(verdict.token()));
  // A relay that knows nothing of a group begins where the bot says.
  const bool next = token && (group.seq == 0 || (token.value().seq.value == group.seq + 1 &&
                                                 token.value().previous == group.token_hash));
  if (!next || token.value().ciphertext_hash != crypto::sha256(as_bytes(submitted.ciphertext())) ||
      verdict.log_size() == 0 ||
      token.value().leaf_hash != tlog::leaf_hash(as_bytes(verdict.log(0).entry()))) {
    violations.push_back("a release whose token does not fit");
    return false;
  }
  group.seq = token.value().seq.value;
  group.token_hash = token.value().hash();
  if (submitted.kind() == v1::COMMIT) {
    group.epoch = submitted.epoch() + 1;
    group.roster = verdict.roster();
  }
  v1::Deliver deliver;
  deliver.set_group(submitted.group());
  deliver.set_seq(group.seq);
  deliver.set_epoch(submitted.epoch());
  deliver.set_kind(submitted.kind());
  deliver.set_message_id(submitted.message_id());
  deliver.set_sender(check.sender());
  deliver.set_ciphertext(submitted.ciphertext());
  deliver.set_token(verdict.token());
  deliver.set_roster(verdict.roster());
  delivered.push_back(deliver);
  return true;
}

void RelayDouble::on_verdict(std::uint64_t to, const v1::Verdict& verdict) {
  const auto group_id = id_of<GroupId>(verdict.group());
  const std::string bytes = verdict.SerializeAsString();
  const auto judged = verdicts.find({group_id, verdict.submission()});
  if (judged != verdicts.end()) {
    if (judged->second != bytes) violations.push_back("another verdict for the same submission");
    ++duplicates;
    return done(to, true);
  }
  GroupRow& group = groups[group_id];
  if (group.stopped) return fail(to, "group_stopped");
  if (group.pending.empty() || group.pending.front().submission() != verdict.submission() ||
      group.pending.front().submit().message_id() != verdict.message_id()) {
    violations.push_back("a verdict out of order");
    return fail(to, "input_invalid");
  }
  if (!apply(verdict, group)) return fail(to, "token_invalid");
  verdicts[{group_id, verdict.submission()}] = bytes;
  group.pending.pop_front();
  done(to, false);
}

void RelayDouble::on_get_proof(std::uint64_t to, const v1::GetProof& question) {
  v1::ServerFrame frame;
  v1::Proof& proof = *frame.mutable_proof();
  proof.set_checkpoint(cosigned_checkpoint());
  tlog::Proof hashes;
  if (question.leaf_hash().empty()) {
    hashes = tlog::prove_consistency(question.consistency_from(), tree_.size(), hashes_).value();
  } else {
    const auto found = leaf_index_.find(id_of<Digest>(question.leaf_hash()));
    if (found == leaf_index_.end() || hidden.contains(found->first)) return fail(to, "not_found");
    const std::uint64_t index = found->second;
    hashes = tlog::prove_inclusion(index, tree_.size(), hashes_).value();
    proof.set_leaf_index(index);
    if (bad_proofs && !hashes.empty()) hashes[0] = Digest();
  }
  for (const Digest& hash : hashes) proof.add_hashes(text(hash.view()));
  reply(to, std::move(frame));
}

void RelayDouble::on_fetch(std::uint64_t to, const v1::FetchKeyPackages& fetch) {
  v1::ServerFrame frame;
  for (const std::string& device : fetch.devices()) {
    auto& item = *frame.mutable_key_packages()->add_key_packages();
    item.set_device(device);
    auto& stored = key_packages[id_of<DeviceId>(device)];
    if (stored.empty()) continue;
    item.set_key_package(text(stored.front()));
    stored.pop_front();
  }
  if (fetch.devices().empty()) frame.mutable_key_packages();
  reply(to, std::move(frame));
}

std::optional<v1::Mail> RelayDouble::mail_about(const DeviceId& device, ByteView about) const {
  std::optional<v1::Mail> found;
  for (const v1::Mail& item : mail) {
    if (item.device() != text(device.view()) || item.about() != text(about)) continue;
    if (found) return std::nullopt;  // exactly one is what the tests ask for
    found = item;
  }
  return found;
}

std::vector<v1::Mail> RelayDouble::mail_of(const DeviceId& device, v1::MailKind kind) const {
  std::vector<v1::Mail> found;
  for (const v1::Mail& item : mail) {
    if (item.device() == text(device.view()) && item.kind() == kind) found.push_back(item);
  }
  return found;
}

}  // namespace candour::tests
