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
  Reader recipients(blob(query, 10));
  while (!recipients.at_end() && recipients.ok()) {
    alert.recipients.push_back(recipients.id<DeviceId>());
  }
  const Bytes sealed_context = row_context("alert_sealed", {alert.alert.view()});
  CANDOUR_TRY(const SecretBytes sealed, impl.open(sealed_context, blob(query, 11)));
  alert.sealed = to_bytes(sealed.view());
  alert.raised = TimeMs(number_at(query, 12));
  alert.last_step = TimeMs(number_at(query, 13));
  alert.due = TimeMs(number_at(query, 14));
  alert.reminded = number_at(query, 15) != 0;
  return alert;
}

template <class Impl>
Result<std::vector<BotAlert>> alerts_of(const Impl& impl, SQLite::Statement& query) {
  std::vector<BotAlert> all;
  while (query.executeStep()) {
    CANDOUR_TRY(auto alert, alert_at(impl, query));
    all.push_back(std::move(alert));
  }
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
    Writer recipients;
    for (const DeviceId& device : alert.recipients) recipients.id(device);
    auto& put = impl_->statement(
        "INSERT OR REPLACE INTO alerts VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
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
    put_at(put, 11, recipients.view());
    put_at(put, 12, sealed);
    put_at(put, 13, alert.raised.value);
    put_at(put, 14, alert.last_step.value);
    put_at(put, 15, alert.due.value);
    put_at(put, 16, std::uint64_t{alert.reminded});
    put.exec();
  });
}

Result<std::vector<BotAlert>> BotStore::alerts_due(TimeMs now, std::size_t count) {
  return impl_->guard([&]() -> Result<std::vector<BotAlert>> {
    auto& query = impl_->statement(
        "SELECT * FROM alerts WHERE due > 0 AND due <= ? ORDER BY due, alert LIMIT ?");
    put_at(query, 1, now.value);
    put_at(query, 2, std::uint64_t{count});
    return alerts_of(*impl_, query);
  });
}

Result<std::vector<BotAlert>> BotStore::alerts_not(std::uint8_t closed) {
  return impl_->guard([&]() -> Result<std::vector<BotAlert>> {
    auto& query =
        impl_->statement("SELECT * FROM alerts WHERE state != ? ORDER BY raised, alert");
    put_at(query, 1, std::uint64_t{closed});
    return alerts_of(*impl_, query);
  });
}

Result<BotAlertCounts> BotStore::alert_counts(const BotAlert::Subject& subject, TimeMs since,
                                              std::uint8_t dismissed_from) {
  return impl_->guard([&]() -> Result<BotAlertCounts> {
    auto& query = impl_->statement(
        "SELECT count(*), total(resolution > 0 AND resolution < ?), total(resolution >= ?) "
        "FROM alerts WHERE subject=? AND raised >= ?");
    put_at(query, 1, std::uint64_t{dismissed_from});
    put_at(query, 2, std::uint64_t{dismissed_from});
    put_at(query, 3, subject.view());
    put_at(query, 4, since.value);
    BotAlertCounts counts;
    if (!query.executeStep()) return counts;
    counts.all = static_cast<std::uint32_t>(number_at(query, 0));
    counts.acted_upon = static_cast<std::uint32_t>(query.getColumn(1).getDouble());
    counts.dismissed = static_cast<std::uint32_t>(query.getColumn(2).getDouble());
    return counts;
  });
}

}  // namespace candour::storage
