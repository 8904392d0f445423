#include "transport/relay/log_items.h"

#include "tlog/leaf.h"
#include "tlog/tree.h"

namespace candour::relay {

namespace {

/// Below a frame's bound with room for what frames each of many small items.
constexpr std::size_t kPageSize = 512 * 1024;
constexpr std::uint64_t kItemsMax = 4096;

using Rows = std::vector<storage::LogItemRow>;

bool may_mirror(const Context& context, const Session& session) {
  const auto* key = context.model.statement->role_key(session.role_key);
  return key != nullptr && (key->role == "keeper" || key->role == "auditor");
}

bool is_sealed_leaf(const Bytes& entry) {
  return entry.size() > 1 && entry[1] == static_cast<std::uint8_t>(tlog::LeafClass::opening);
}

v1::ServerFrame frame_of(std::uint64_t first, const Rows& rows) {
  v1::ServerFrame out;
  auto& items = *out.mutable_log_items();
  items.set_first(first);
  for (const auto& row : rows) {
    auto& item = *items.add_items();
    item.set_entry(wire::to_field(row.entry));
    if (!is_sealed_leaf(row.entry)) item.set_opening(wire::to_field(row.opening));
    if (row.record_id) {
      item.set_record_id(wire::to_field(*row.record_id));
      item.set_record(wire::to_field(row.record));
    }
    if (row.kind == 0) continue;
    item.set_kind(static_cast<v1::ObjectKind>(row.kind));
    item.set_object(wire::to_field(row.object));
  }
  return out;
}

}  // namespace

Status get_log(Context& context, const Session& session, std::uint64_t request,
               const v1::GetLog& frame) {
  if (!may_mirror(context, session)) {
    return error(ErrorCode::not_permitted, "only keepers and auditors may copy the log");
  }
  if (frame.end() <= frame.first() || frame.end() > tlog::kTreeSizeMax) {
    return error(ErrorCode::input_invalid, "the range of leaves asked for is empty or impossible");
  }
  const auto first = frame.first();
  const auto end = std::min(frame.end(), first + kItemsMax);
  context.store.read<Rows>(
      [first, end](const storage::RelayReader& reader) {
        return reader.log_items(first, end, kPageSize);
      },
      [&context, id = session.id, request, first](Result<Rows> rows) {
        if (!rows) return context.refuse(id, request, rows.error());
        context.answer(id, request, frame_of(first, rows.value()));
      });
  return ok();
}

}  // namespace candour::relay
