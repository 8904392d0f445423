// Devices and bot of the simulation, and what they find broken.
#include "identity/login.h"
#include "tests/sim/simulation.h"

namespace candour::sim {

namespace {

constexpr std::uint64_t kLogin = 1;
constexpr std::uint64_t kCommit = 2;
constexpr std::uint64_t kRevocation = 10;  // and the place of the device
constexpr std::uint64_t kVerdict = 1'000;  // and the submission
constexpr std::size_t kOutboxMax = 6;

std::string key_of(const DeviceId& device, const std::string& message) {
  return device.hex() + message;
}

std::string hex(const std::string& bytes) { return hex_encode(as_bytes(bytes)).substr(0, 8); }

}  // namespace

void Simulation::broken(const std::string& what) {
  if (broken_.empty()) broken_ = what;
}

void Simulation::login(SessionId session, const tests::TestDevice& device, const std::string& build,
                       const v1::Challenge& challenge) {
  const identity::LoginTranscript transcript{.log_origin = challenge.log_origin(),
                                             .nonce = to_bytes(challenge.nonce()),
                                             .channel_binding = Bytes(32, 5),
                                             .subject = to_bytes(device.id().view()),
                                             .client_build = build};
  v1::ClientFrame frame;
  frame.set_request(kLogin);
  auto& login = *frame.mutable_login();
  login.set_version(1);
  login.set_device(wire::to_field(device.id()));
  login.set_client_build(build);
  login.set_signature(wire::to_field(transcript.sign(device.key)));
  put(session, frame);
}

void Simulation::receive(SessionId session, const v1::ServerFrame& frame) {
  if (session == bot_.session) return bot_receives(frame);
  for (Client& client : clients_) {
    if (client.session == session) return client_receives(client, frame);
  }
}

// ---- a device --------------------------------------------------------------------------------

void Simulation::client_receives(Client& client, const v1::ServerFrame& frame) {
  switch (frame.body_case()) {
    case Body::kChallenge:
      return login(client.session, *client.device, "candour/0.1.0", frame.challenge());
    case Body::kLoggedIn:
      client.logged_in = true;
      return;
    case Body::kSubmitted:
      return submitted(client, frame.submitted());
    case Body::kDeliver:
      return delivered(client, frame.deliver());
    case Body::kMail:
      return mailed(client, frame.mail());
    case Body::kResynchronise:
      ++played.resynchronised;
      if (bounds_.messages_per_group == kKeepsAll) broken("messages went that not everybody had");
      // What it holds may be all there was; then it says so and goes on.
      client.lost = client.last + 1 < frame.resynchronise().oldest();
      if (!client.lost) acknowledge(client);
      return;
    case Body::kFailure:
      return refused(client, frame.reply_to(), frame.failure());
    default:
      return;
  }
}

void Simulation::submitted(Client& client, const v1::Submitted& answer) {
  const std::string key = key_of(client.device->id(), answer.message_id());
  const auto known = numbers_.emplace(key, answer.submission());
  if (!known.second && known.first->second != answer.submission()) {
    broken("message " + hex(answer.message_id()) + " got two numbers");
  }
  client.acknowledged[answer.message_id()] = answer.submission();
  client.outbox.erase(answer.message_id());
  if (answer.duplicate()) ++played.repeats;
}

void Simulation::refused(Client& client, std::uint64_t request, const v1::Failure& failure) {
  const auto asked = client.asked.find(request);
  if (asked == client.asked.end()) return;
  const std::string message = asked->second;
  // Only the newest answer counts: what was sent after this question may have been accepted.
  const auto waiting = client.outbox.find(message);
  if (waiting == client.outbox.end() || waiting->second.request() != request) return;
  if (failure.code() == "not_a_member" || failure.code() == "group_unknown") {
    client.member = false;
    client.outbox.erase(message);
  } else if (failure.code() == "epoch_stale") {
    client.stale.insert(message);  // not accepted: it may come with other bytes
  } else if (failure.code() != "epoch_pending" && failure.code() != "queue_full") {
    broken("a submission was refused: " + failure.message());
  }
}

void Simulation::delivered(Client& client, const v1::Deliver& deliver) {
  ++played.deliveries;
  const auto released = bot_.released.find(deliver.message_id());
  if (released == bot_.released.end()) {
    return broken("message " + hex(deliver.message_id()) + " was delivered and never released");
  }
  if (released->second != deliver.seq()) {
    return broken("message " + hex(deliver.message_id()) + " was delivered in another place");
  }
  const auto place = order_.emplace(deliver.seq(), deliver.message_id());
  if (!place.second && place.first->second != deliver.message_id()) {
    return broken("two messages were delivered as number " + std::to_string(deliver.seq()));
  }
  if (deliver.seq() <= client.last) return;  // again, until it is acknowledged
  client.early[deliver.seq()] = deliver;
  take_early(client);
}

void Simulation::take_early(Client& client) {
  while (!client.early.empty() && client.member) {
    const auto next = client.early.begin();
    if (next->first > client.last + 1) return;
    if (next->first == client.last + 1) {
      client.last = next->first;
      if (next->second.kind() == v1::COMMIT) client.epoch = next->second.epoch() + 1;
    }
    client.early.erase(next);
  }
}

void Simulation::mailed(Client& client, const v1::MailItem& mail) {
  if (mail.number() <= client.mail_last) return;
  client.mail_last = mail.number();
  if (mail.kind() != v1::WELCOME) return;
  // The commit's seq, and the epoch it begins.
  const auto space = mail.body().find(' ');
  const std::uint64_t seq = std::stoull(mail.body());
  if (seq <= client.last && client.member) return;
  client.last = std::max(client.last, seq);
  client.epoch = std::stoull(mail.body().substr(space));
  client.member = true;
  client.lost = false;
  take_early(client);
}

void Simulation::submit(Client& client, const std::string& message_id) {
  v1::ClientFrame frame = tests::submit_frame(stage_.world, group_,
                                              *MessageId::from(as_bytes(message_id)), client.epoch);
  frame.mutable_submit()->set_ciphertext("ciphertext");
  frame.mutable_submit()->set_bot_field("field");
  frame.set_request(++client.last_request);
  client.asked[client.last_request] = message_id;
  client.outbox[message_id] = frame;
  client.stale.erase(message_id);
  ++played.submitted;
  put(client.session, frame);
}

void Simulation::acknowledge(Client& client) {
  v1::ClientFrame frame;
  frame.mutable_delivery_ack()->set_group(wire::to_field(group_));
  frame.mutable_delivery_ack()->set_seq(client.last);
  put(client.session, frame);
  v1::ClientFrame mail;
  mail.mutable_mail_ack()->set_through(client.mail_last);
  put(client.session, mail);
}

void Simulation::client_acts(Client& client) {
  if (client.session == 0) {
    if (!client.revoked) connect(client.session);
    return;
  }
  if (!client.logged_in || client.revoked) return;
  const std::uint32_t which = resting_ ? draw(2) : draw(8);
  if (which == 0) return acknowledge(client);
  if (!client.outbox.empty() && (which < 3 || resting_)) {
    // The very same bytes again, or under the new epoch where the old one was refused.
    v1::ClientFrame& again = client.outbox.begin()->second;
    const std::string message = again.submit().message_id();
    if (client.stale.contains(message)) {
      // Encrypted again, once it knows of the epoch.
      if (again.submit().epoch() != client.epoch) submit(client, message);
      return;
    }
    again.set_request(++client.last_request);
    client.asked[client.last_request] = message;
    return put(client.session, again);
  }
  if (resting_ || !client.member || client.lost || client.outbox.size() >= kOutboxMax) return;
  submit(client, wire::to_field(random_.id<MessageId>()));
}

// ---- the bot ---------------------------------------------------------------------------------

void Simulation::bot_receives(const v1::ServerFrame& frame) {
  switch (frame.body_case()) {
    case Body::kChallenge:
      return login(bot_.session, stage_.world.bot, "candour-bot/0.1.0", frame.challenge());
    case Body::kLoggedIn:
      bot_.logged_in = true;
      // Its outbox: whatever was not answered is said again, in order.
      for (const std::uint64_t submission : std::set<std::uint64_t>(bot_.unconfirmed)) {
        give(bot_.verdicts.at(submission));
      }
      if (bot_.commit) put(bot_.session, *bot_.commit);
      return;
    case Body::kCheck:
      return judge(frame.check());
    case Body::kSubmitted:
      bot_.commit.reset();
      return;
    case Body::kDone:
      if (frame.reply_to() >= kVerdict) bot_.unconfirmed.erase(frame.reply_to() - kVerdict);
      if (frame.reply_to() < kRevocation || frame.reply_to() >= kVerdict) return;
      clients_[frame.reply_to() - kRevocation].revocation.reset();
      return;
    case Body::kFailure:
      if (frame.reply_to() == kLogin) return;
      return broken("the bot was refused (" + std::to_string(frame.reply_to()) +
                    "): " + frame.failure().message());
    default:
      return;
  }
}

void Simulation::judge(const v1::Check& check) {
  const auto& submit = check.submit();
  if (check.submission() <= bot_.newest_check) broken("the bot was asked out of order");
  bot_.newest_check = check.submission();
  if (auto known = bot_.verdicts.find(check.submission()); known != bot_.verdicts.end()) {
    if (known->second.verdict().message_id() != submit.message_id()) {
      broken("submission " + std::to_string(check.submission()) + " became another message");
    }
    return give(known->second);
  }
  if (!bot_.verdicts.empty() && check.submission() < bot_.verdicts.rbegin()->first) {
    broken("the bot was asked about what lies before what it judged");
  }
  if (submit.epoch() != judge_.chains[group_].epoch) broken("a submission of another epoch passed");
  if (bot_.released.contains(submit.message_id()) || bot_.withheld.contains(submit.message_id())) {
    return broken("message " + hex(submit.message_id()) + " was accepted twice");
  }
  v1::ClientFrame verdict;
  const bool commit = submit.kind() == v1::COMMIT;
  if (!commit && draw(8) == 0) {
    verdict = judge_.withhold(check, *DeviceId::from(as_bytes(check.sender())));
    bot_.withheld.insert(submit.message_id());
    ++played.withheld;
  } else {
    const std::set<DeviceId> members = commit ? bot_.commit_members : std::set<DeviceId>();
    verdict = judge_.release(check, {members.begin(), members.end()});
    const std::uint64_t seq = judge_.chains[group_].seq + 1;
    for (const auto& device : commit ? bot_.commit_welcome : std::set<DeviceId>()) {
      auto& mail = *verdict.mutable_verdict()->add_mail();
      mail.set_device(wire::to_field(device));
      mail.set_kind(v1::WELCOME);
      mail.set_body(std::to_string(seq) + " " + std::to_string(submit.epoch() + 1));
      mail.set_about(submit.group());
    }
    bot_.released[submit.message_id()] = seq;
    ++played.released;
    // Decided and durable at the bot before the relay hears of it.
    judge_.accepted(verdict.verdict());
    if (commit) bot_.members = bot_.commit_members;
    if (commit) bot_.commit_judged = true;
  }
  bot_.verdicts[check.submission()] = verdict;
  give(verdict);
}

void Simulation::give(const v1::ClientFrame& verdict) {
  v1::ClientFrame frame = verdict;
  frame.set_request(kVerdict + verdict.verdict().submission());
  bot_.unconfirmed.insert(verdict.verdict().submission());
  put(bot_.session, frame);
}

void Simulation::begin_commit() {
  std::set<DeviceId> members = bot_.members;
  std::set<DeviceId> welcome;
  for (Client& client : clients_) {
    const DeviceId id = client.device->id();
    const bool was = members.contains(id);
    const bool stays = !client.revoked && (bot_.members.empty() || resting_ ? true : draw(4) != 0);
    if (!stays) members.erase(id);
    if (stays) members.insert(id);
    if (stays && (!was || client.lost || !client.member)) welcome.insert(id);
  }
  if (resting_ && welcome.empty() && members == bot_.members) return;
  bot_.commit_members = members;
  bot_.commit_welcome = welcome;
  bot_.commit_judged = false;
  ++played.commits;
  bot_.commit = judge_.commit_frame(group_, random_.id<MessageId>(), judge_.chains[group_].epoch);
  bot_.commit->set_request(kCommit);
  put(bot_.session, *bot_.commit);
}

void Simulation::bot_acts() {
  if (bot_.session == 0) return connect(bot_.session);
  if (!bot_.logged_in) return;
  if (resting_) bot_.hung = false;
  if (!resting_ && draw(30) == 0) bot_.hung = !bot_.hung;
  if (bot_.hung) return;
  for (Client& client : clients_) {
    if (client.revocation && (resting_ || draw(12) == 0)) return publish_revocation(client);
  }
  const bool free = bot_.commit_judged && bot_.unconfirmed.empty();
  if (free && (resting_ || draw(12) == 0)) return begin_commit();
}

void Simulation::revoke() {
  Client& client = clients_[draw(Stage::kDevices)];
  if (client.revoked || client.revocation || played.revoked > 1 || draw(3) != 0) return;
  v1::ClientFrame frame;
  frame.mutable_publish()->set_kind(v1::REVOCATION);
  frame.mutable_publish()->set_object(stage_.world.revocation(client.device->id()));
  client.revocation = frame;
  ++played.revoked;
}

// Straight to the relay, so that the moment is known from which on nothing may go out (I9).
void Simulation::publish_revocation(Client& client) {
  auto frame = *client.revocation;
  frame.set_request(kRevocation + static_cast<std::uint64_t>(&client - clients_.data()));
  const SessionId session = client.session;
  relay_->frame(bot_.session, wire::serialise(frame));
  client.revoked = true;
  client.outbox.clear();
  if (links_.contains(session)) cut(session);
}

// ---- at rest ---------------------------------------------------------------------------------

void Simulation::check_end() {
  const std::uint64_t newest = judge_.chains[group_].seq;
  for (const Client& client : clients_) {
    for (const auto& [message, submission] : client.acknowledged) {
      const auto verdict = bot_.verdicts.find(submission);
      if (verdict == bot_.verdicts.end() || verdict->second.verdict().message_id() != message) {
        return broken("acknowledged message " + hex(message) + " never reached the bot");
      }
    }
    if (client.revoked) continue;
    if (!client.outbox.empty() && client.member) return broken("a submission was never answered");
    if (!client.member) {
      return broken(std::string("a device never became a member") +
                    (client.logged_in ? "" : "; it is not logged in") +
                    (bot_.unconfirmed.empty() ? "" : "; verdicts are not answered") +
                    (bot_.commit ? "; a commit is not answered" : "") +
                    (bot_.commit_judged ? "" : "; a commit waits") +
                    (bot_.logged_in ? "" : "; the bot is not logged in"));
    }
    if (client.last != newest) {
      const auto& group = relay_->model().groups.at(group_);
      const auto cursor = group.cursors.find(client.device->id());
      return broken("a member has messages up to " + std::to_string(client.last) + " of " +
                    std::to_string(newest) + "; its cursor is " +
                    std::to_string(cursor == group.cursors.end() ? 0 : cursor->second.value) +
                    ", messages up to " + std::to_string(group.passed.value) + " are gone, " +
                    std::to_string(client.early.size()) + " wait" + (client.lost ? ", lost" : ""));
    }
  }
  if (relay_->model().pending_count != 0) broken("something still waits for its verdict");
  const auto& group = relay_->model().groups.at(group_);
  if (group.released.value != newest) broken("the relay and the bot count differently");
  // Statement, notice and the bot's certificate, two leaves for each device, and every release.
  const std::uint64_t leaves = 3 + 2 * Stage::kDevices + bot_.released.size();
  if (relay_->log().size() < leaves) broken("a record is missing in the log");
}

}  // namespace candour::sim
