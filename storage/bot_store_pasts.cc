// What the bot remembers of conversations.
#include "storage/bot_store_impl.h"

namespace candour::storage {
namespace {

Bytes past_context(const GroupId& group, std::uint64_t number) {
  Writer part;
  part.u64(number);
  return row_context("pasts", {group.view(), part.view()});
}

}  // namespace

Result<std::vector<BotPast>> BotStore::pasts() {
  return impl_->guard([&]() -> Result<std::vector<BotPast>> {
    std::vector<BotPast> all;
    auto& query = impl_->statement(
        "SELECT group_id, number, time, features FROM pasts ORDER BY group_id, number");
    while (query.executeStep()) {
      BotPast past;
      past.group = id_at<GroupId>(query, 0);
      past.number = number_at(query, 1);
      past.time = TimeMs(number_at(query, 2));
      CANDOUR_TRY(past.features,
                  impl_->open(past_context(past.group, past.number), blob(query, 3)));
      all.push_back(std::move(past));
    }
    return all;
  });
}

Status BotStore::put_past(const BotPast& past, std::uint64_t drop_through) {
  return impl_->write([&] {
    auto& put = impl_->statement("INSERT INTO pasts VALUES(?, ?, ?, ?)");
    put_at(put, 1, past.group.view());
    put_at(put, 2, past.number);
    put_at(put, 3, past.time.value);
    put_at(put, 4, impl_->seal(past_context(past.group, past.number), past.features.view()));
    put.exec();
    auto& drop = impl_->statement("DELETE FROM pasts WHERE group_id=? AND number<=?");
    put_at(drop, 1, past.group.view());
    put_at(drop, 2, drop_through);
    drop.exec();
  });
}

Status BotStore::drop_pasts(TimeMs before) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM pasts WHERE time<?");
    put_at(drop, 1, before.value);
    drop.exec();
  });
}

}  // namespace candour::storage
