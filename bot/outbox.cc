#include "bot/outbox.h"

#include "base/stages.h"
#include "tlog/leaf.h"

namespace candour::bot {
namespace {

template <class IdType>
IdType id_of(const std::string& field) {
  return IdType::from(as_bytes(field)).value_or(IdType());
}

std::vector<Digest> leaves_of(const v1::Verdict& verdict) {
  std::vector<Digest> leaves;
  for (const v1::LogEntry& entry : verdict.log()) {
    leaves.push_back(tlog::leaf_hash(as_bytes(entry.entry())));
  }
  return leaves;
}

}  // namespace

Status Outbox::load() {
  CANDOUR_TRY(auto rows, context_.store.outbox());
  for (const storage::OutboxRow& row : rows) {
    CANDOUR_TRY(keep(row.number, row.kind, std::string(as_text(row.frame))));
  }
  return ok();
}

Status Outbox::reload(std::size_t questions) {
  rows_.clear();
  verdicts_.clear();
  while (questions_.size() > questions) questions_.pop_back();
  return load();
}

Status Outbox::keep(std::uint64_t number, storage::OutboxKind kind, const std::string& bytes) {
  Row row;
  row.number = number;
  row.expected.row = number;
  if (kind == storage::OutboxKind::verdict) {
    v1::Verdict& verdict = *row.frame.mutable_verdict();
    if (!verdict.ParseFromString(bytes)) {
      return error(ErrorCode::state_damaged, "a verdict in bot.db does not parse");
    }
    row.expected.purpose = Purpose::verdict;
    row.expected.group = id_of<GroupId>(verdict.group());
    row.expected.message_id = id_of<MessageId>(verdict.message_id());
    row.expected.leaves = leaves_of(verdict);
    row.submission = Submission(verdict.submission());
    if (!verdict.token().empty()) {
      CANDOUR_TRY(row.token, identity::ReleaseToken::decode(as_bytes(verdict.token())));
    }
    verdicts_[{row.expected.group, row.submission}] = number;
  } else if (kind == storage::OutboxKind::answer) {
    if (!row.frame.mutable_bot_mail()->ParseFromString(bytes)) {
      return error(ErrorCode::state_damaged, "an answer in bot.db does not parse");
    }
    row.expected.purpose = Purpose::answer;
  } else {
    v1::AppendRecord& record = *row.frame.mutable_append_record();
    if (!record.ParseFromString(bytes)) {
      return error(ErrorCode::state_damaged, "a record in bot.db does not parse");
    }
    row.expected.purpose = Purpose::append_record;
    row.expected.leaves = {tlog::leaf_hash(as_bytes(record.log().entry()))};
  }
  rows_[number] = std::move(row);
  return ok();
}

Status Outbox::store(storage::OutboxKind kind, const GroupId& group, const MessageId& message,
                     const std::string& bytes) {
  if (bytes.size() + 64 > limits::kFrameSizeMax) {
    return error(ErrorCode::frame_too_large, "the answer would be larger than one frame");
  }
  storage::OutboxRow row;
  row.kind = kind;
  row.group = group;
  row.message_id = message;
  row.frame = to_bytes(bytes);
  CANDOUR_TRY(const std::uint64_t number, context_.store.put_outbox(row));
  // Parsed back from the stored bytes, so that what is sent now is what is sent after a crash.
  CANDOUR_TRY(keep(number, kind, bytes));
  for (const Digest& leaf : rows_[number].expected.leaves) {
    CANDOUR_TRY(context_.store.put_leaf({leaf, std::nullopt}));
  }
  return ok();
}

Status Outbox::put(const v1::Verdict& verdict) {
  return store(storage::OutboxKind::verdict, id_of<GroupId>(verdict.group()),
               id_of<MessageId>(verdict.message_id()), verdict.SerializeAsString());
}

Status Outbox::put(const v1::AppendRecord& record) {
  return store(storage::OutboxKind::append_record, GroupId(), MessageId(),
               record.SerializeAsString());
}

Status Outbox::put(const v1::BotMail& answer) {
  return store(storage::OutboxKind::answer, GroupId(), MessageId(), answer.SerializeAsString());
}

Status Outbox::drop(const Row& row, bool forget) {
  const Expected& expected = row.expected;
  for (const Digest& leaf : expected.leaves) {
    CANDOUR_TRY(context_.store.drop_leaf(leaf));
  }
  if (expected.purpose == Purpose::verdict) {
    if (forget) {
      CANDOUR_TRY(context_.store.forget_seen(expected.group, expected.message_id));
    }
    verdicts_.erase({expected.group, row.submission});
  }
  return context_.store.drop_outbox(row.number);
}

Status Outbox::withdraw(const GroupId& group, Seq through) {
  for (auto row = rows_.begin(); row != rows_.end();) {
    const Expected& expected = row->second.expected;
    if (expected.purpose != Purpose::verdict || expected.group != group) {
      ++row;
      continue;
    }
    const auto& token = row->second.token;
    CANDOUR_TRY(drop(row->second, !token || token->seq > through));
    row = rows_.erase(row);
  }
  return ok();
}

bool Outbox::answered_all(const GroupId& group) const {
  const auto waits = [&](const Expected& one) {
    return one.purpose == Purpose::verdict && one.group == group;
  };
  for (const auto& [id, one] : expected_) {
    if (waits(one)) return false;
  }
  for (auto row = rows_.upper_bound(sent_through_); row != rows_.end(); ++row) {
    if (waits(row->second.expected)) return false;
  }
  return true;
}

bool Outbox::promises_after(const GroupId& group, Seq seq, const Digest& token) const {
  for (const auto& [number, row] : rows_) {
    if (!row.token || row.expected.group != group) continue;
    if (row.token->seq == seq.next() && row.token->previous == token) return true;
  }
  return false;
}

Result<std::size_t> Outbox::begin_anew() {
  const std::size_t promised = rows_.size();
  for (const auto& [number, row] : rows_) {
    CANDOUR_TRY(drop(row));
  }
  rows_.clear();
  return promised;
}

void Outbox::ask(v1::ClientFrame frame, Expected expected) {
  questions_.push_back({std::move(frame), std::move(expected)});
}

void Outbox::tell(v1::ClientFrame frame) { questions_.push_back({std::move(frame), std::nullopt}); }

bool Outbox::holds(const GroupId& group, Submission submission) const {
  return verdicts_.contains({group, submission});
}

Status Outbox::flush(client::Connection& connection) {
  const StageScope stage(Stage::network);
  for (auto next = rows_.upper_bound(sent_through_); next != rows_.end(); ++next) {
    CANDOUR_TRY(const std::uint64_t id, connection.send_request(next->second.frame));
    expected_[id] = next->second.expected;
    sent_through_ = next->first;
  }
  while (!questions_.empty()) {
    Question question = std::move(questions_.front());
    questions_.pop_front();
    if (!question.expected) {
      CANDOUR_TRY(connection.send(std::move(question.frame)));
      continue;
    }
    CANDOUR_TRY(const std::uint64_t id, connection.send_request(std::move(question.frame)));
    expected_[id] = std::move(*question.expected);
  }
  return ok();
}

void Outbox::restart() {
  sent_through_ = 0;
  questions_.clear();
  expected_.clear();
}

std::optional<Expected> Outbox::answered(std::uint64_t reply_to) {
  auto found = expected_.find(reply_to);
  if (found == expected_.end()) return std::nullopt;
  Expected expected = std::move(found->second);
  expected_.erase(found);
  return expected;
}

Status Outbox::done(const Expected& expected) {
  auto found = rows_.find(expected.row);
  if (found == rows_.end()) return ok();
  const TimeMs now = context_.clock.now();
  for (const Digest& leaf : expected.leaves) {
    CANDOUR_TRY(context_.store.put_leaf({leaf, now}));
  }
  CANDOUR_TRY(context_.store.drop_outbox(expected.row));
  verdicts_.erase({found->second.expected.group, found->second.submission});
  rows_.erase(found);
  return ok();
}

}  // namespace candour::bot
