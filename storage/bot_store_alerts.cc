// Alerts in BotStore: where each stands, and what later desks are to get of it.
#include "storage/bot_store.h"
#include "storage/bot_store_impl.h"

namespace candour::storage {
namespace {

// Of "SELECT * FROM alerts". A template because BotStore::Impl is private.
template <class Impl>
Result<BotAlert> alert_at(const Impl& impl, const SQLite::Statement& query) {
  BotAlert alert;
  alert.alert = id_at<decltype(alert.alert)>(query, 0);
  alert.group = id_at<GroupId>(query, 1);
  alert.author = id_at<DeviceId>(query, 2);
  alert.subject = id_at<BotAlert::Subject>(query, 3);
  alert.message_id = id_at<MessageId>(query, 4);
  alert.state = static_cast<std::uint8_t>(number_at(query, 5));
  alert.resolution = static_cast<std::uint8_t>(number_at(query, 6));
  alert.serious = number_at(query, 7) != 0;
  alert.hidden = number_at(query, 8) != 0;
  const Bytes context = row_context("alert", {alert.alert.view()});
  CANDOUR_TRY(alert.update_key, impl.open(context, blob(query, 9)));
  Reader desks(blob(query, 10));
  while (!desks.at_end() && desks.ok()) {
    BotDesk& desk = alert.desks.emplace_back();
    desk.device = desks.id<DeviceId>();
    desk.last_step = desks.number<TimeMs>();
  }
  const Bytes sealed_context = row_context("alert_sealed", {alert.alert.view()});
  CANDOUR_TRY(const SecretBytes sealed, impl.open(sealed_context, blob(query, 11)));
  alert.sealed = to_bytes(sealed.view());
  alert.raised = TimeMs(number_at(query, 12));
  alert.due = TimeMs(number_at(query, 13));
  alert.reminders = static_cast<std::uint8_t>(number_at(query, 14));
  alert.returned = static_cast<std::uint8_t>(number_at(query, 15));
  alert.likeness = id_at<BotAlert::Likeness>(query, 16);
  alert.repeats = static_cast<std::uint32_t>(number_at(query, 17));
  alert.closed = TimeMs(number_at(query, 18));
  return alert;
}

std::vector<BotAlert::AlertId> alerts_of(SQLite::Statement& query) {
  std::vector<BotAlert::AlertId> all;
  while (query.executeStep()) all.push_back(id_at<BotAlert::AlertId>(query, 0));
  return all;
}

}  // namespace

Result<std::optional<BotAlert>> BotStore::alert(ByteView id) {
  return impl_->guard([&]() -> Result<std::optional<BotAlert>> {
    auto& query = impl_->statement("SELECT * FROM alerts WHERE alert=?");
    put_at(query, 1, id);
    if (!query.executeStep()) return std::optional<BotAlert>();
    CANDOUR_TRY(auto alert, alert_at(*impl_, query));
    return std::optional<BotAlert>(std::move(alert));
  });
}

Status BotStore::put_alert(const BotAlert& alert) {
  return impl_->write([&] {
    const Bytes key =
        impl_->seal(row_context("alert", {alert.alert.view()}), alert.update_key.view());
    const Bytes sealed =
        impl_->seal(row_context("alert_sealed", {alert.alert.view()}), alert.sealed);
    Writer desks;
    for (const BotDesk& desk : alert.desks) {
      desks.id(desk.device);
      desks.number(desk.last_step);
    }
    auto& put = impl_->statement(
        "INSERT OR REPLACE INTO alerts "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put_at(put, 1, alert.alert.view());
    put_at(put, 2, alert.group.view());
    put_at(put, 3, alert.author.view());
    put_at(put, 4, alert.subject.view());
    put_at(put, 5, alert.message_id.view());
    put_at(put, 6, std::uint64_t{alert.state});
    put_at(put, 7, std::uint64_t{alert.resolution});
    put_at(put, 8, std::uint64_t{alert.serious});
    put_at(put, 9, std::uint64_t{alert.hidden});
    put_at(put, 10, key);
    put_at(put, 11, desks.view());
    put_at(put, 12, sealed);
    put_at(put, 13, alert.raised.value);
    put_at(put, 14, alert.due.value);
    put_at(put, 15, std::uint64_t{alert.reminders});
    put_at(put, 16, std::uint64_t{alert.returned});
    put_at(put, 17, alert.likeness.view());
    put_at(put, 18, std::uint64_t{alert.repeats});
    put_at(put, 19, alert.closed.value);
    put.exec();
  });
}

Result<std::vector<BotAlert::AlertId>> BotStore::alerts_due(TimeMs now, std::size_t count) {
  return impl_->guard([&]() -> Result<std::vector<BotAlert::AlertId>> {
    auto& query = impl_->statement(
        "SELECT alert FROM alerts WHERE due > 0 AND due <= ? ORDER BY due, alert LIMIT ?");
    put_at(query, 1, now.value);
    put_at(query, 2, std::uint64_t{count});
    return alerts_of(query);
  });
}

Result<std::vector<BotAlert::AlertId>> BotStore::alerts_open() {
  return impl_->guard([&]() -> Result<std::vector<BotAlert::AlertId>> {
    return alerts_of(
        impl_->statement("SELECT alert FROM alerts WHERE closed=0 ORDER BY raised, alert"));
  });
}

Result<std::vector<BotAlert::AlertId>> BotStore::alerts_closed(const BotAlert::Subject& subject) {
  return impl_->guard([&]() -> Result<std::vector<BotAlert::AlertId>> {
    auto& query = impl_->statement(
        "SELECT alert FROM alerts WHERE subject=? AND closed > 0 ORDER BY raised, alert");
    put_at(query, 1, subject.view());
    return alerts_of(query);
  });
}

Result<std::optional<BotAlert::AlertId>> BotStore::alert_like(const BotAlert::Likeness& likeness,
                                                              TimeMs since) {
  return impl_->guard([&]() -> Result<std::optional<BotAlert::AlertId>> {
    auto& query = impl_->statement(
        "SELECT alert FROM alerts WHERE likeness=? AND raised >= ? AND closed=0 "
        "ORDER BY raised DESC, alert LIMIT 1");
    put_at(query, 1, likeness.view());
    put_at(query, 2, since.value);
    const auto found = alerts_of(query);
    return found.empty() ? std::optional<BotAlert::AlertId>() : found.front();
  });
}

Status BotStore::postpone_alert(const BotAlert::AlertId& alert, TimeMs due) {
  return impl_->write([&] {
    auto& put = impl_->statement("UPDATE alerts SET due=? WHERE alert=?");
    put_at(put, 1, due.value);
    put_at(put, 2, alert.view());
    put.exec();
  });
}

Status BotStore::dispose_alert(const BotAlert& alert) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT OR REPLACE INTO alert_tallies VALUES(?, ?, ?, ?)");
    put_at(put, 1, alert.subject.view());
    put_at(put, 2, alert.raised.value);
    put_at(put, 3, alert.alert.view());
    put_at(put, 4, std::uint64_t{alert.resolution});
    put.exec();
    auto& drop = impl_->statement("DELETE FROM alerts WHERE alert=?");
    put_at(drop, 1, alert.alert.view());
    drop.exec();
  });
}

Status BotStore::drop_tallies(TimeMs before) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM alert_tallies WHERE raised < ?");
    put_at(drop, 1, before.value);
    drop.exec();
  });
}

Result<BotAlertCounts> BotStore::alert_counts(const BotAlert::Subject& subject, TimeMs since,
                                              std::uint8_t dismissed_from) {
  return impl_->guard([&]() -> Result<BotAlertCounts> {
    auto& query = impl_->statement(
        "SELECT count(*), total(resolution > 0 AND resolution < ?1), total(resolution >= ?1) "
        "FROM (SELECT resolution FROM alerts WHERE subject=?2 AND raised >= ?3 UNION ALL "
        "SELECT resolution FROM alert_tallies WHERE subject=?2 AND raised >= ?3)");
    put_at(query, 1, std::uint64_t{dismissed_from});
    put_at(query, 2, subject.view());
    put_at(query, 3, since.value);
    BotAlertCounts counts;
    if (!query.executeStep()) return counts;
    counts.all = static_cast<std::uint32_t>(number_at(query, 0));
    counts.acted_upon = static_cast<std::uint32_t>(query.getColumn(1).getDouble());
    counts.dismissed = static_cast<std::uint32_t>(query.getColumn(2).getDouble());
    return counts;
  });
}

}  // namespace candour::storage
