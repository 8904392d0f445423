// What changes in bot.db when a group is formed again.
#include "storage/bot_store_impl.h"

namespace candour::storage {

Status BotStore::replace_group(const BotGroup& group) {
  CANDOUR_TRY(impl_->write([&] {
    impl_->write_senders();
    for (const char* sql :
         {"DELETE FROM groups WHERE group_id=?", "DELETE FROM chains WHERE group_id=?",
          "DELETE FROM ratchets WHERE group_id=?", "DELETE FROM commits WHERE group_id=?",
          "DELETE FROM wanted WHERE group_id=?",
          "UPDATE senders SET withheld_epoch=0, withheld=0, generation_epoch=0, "
          "seen_generations=0, released_generations=0 WHERE group_id=?"}) {
      auto& run = impl_->statement(sql);
      put_at(run, 1, group.group.view());
      run.exec();
    }
  }));
  return add_group(group);
}

Status BotStore::forget_seen(const GroupId& group, const MessageId& message) {
  return impl_->write([&] {
    auto& drop = impl_->statement("DELETE FROM seen WHERE group_id=? AND message_id=?");
    put_at(drop, 1, group.view());
    put_at(drop, 2, message.view());
    drop.exec();
  });
}

}  // namespace candour::storage
