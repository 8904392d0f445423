#include "transport/relay/records.h"

#include <set>

#include "base/limits.h"

namespace candour::relay {

namespace {

/// Records in one frame: one more may come on top, and the frame stays below its bound.
constexpr std::size_t kPageSize = 512 * 1024;
static_assert(kPageSize + limits::kRecordSizeMax + 64 * 1024 < limits::kFrameSizeMax);
/// Leaves looked at for one answer, so that other readers are not kept waiting.
constexpr std::uint64_t kLookedAtMax = 16'384;
constexpr int kFilterMax = 4096;

template <class IdType>
Result<std::set<IdType>> ids_of(const google::protobuf::RepeatedPtrField<std::string>& field,
                                std::string_view name) {
  if (field.size() > kFilterMax) {
    return error(ErrorCode::input_invalid,
                 "more than " + std::to_string(kFilterMax) + " " + std::string(name) + "s at once");
  }
  std::set<IdType> out;
  for (const auto& bytes : field) {
    CANDOUR_TRY(auto id, wire::id_of<IdType>(bytes, name));
    out.insert(id);
  }
  return out;
}

struct Found {
  storage::LeafRange range;
  storage::RelayReader::RecordPage page;
};

v1::GroupState group_state(const Group& group) {
  v1::GroupState state;
  state.set_group(wire::to_field(group.row.group));
  state.set_epoch(group.row.epoch.value);
  state.set_seq(group.row.seq.value);
  state.set_stopped(group.row.stopped);
  state.set_token_hash(wire::to_field(group.row.token_hash));
  return state;
}

}  // namespace

Status Records::check_role(const Session& session, std::string_view wanted) const {
  const auto* role =
      session.role_key.empty() ? nullptr : context_.model.statement->role_key(session.role_key);
  if (role == nullptr || (!wanted.empty() && role->role != wanted)) {
    return error(ErrorCode::not_permitted,
                 "only " +
                     (wanted.empty() ? "a role key" : "the role key of an " + std::string(wanted)) +
                     " may ask for this");
  }
  return ok();
}

Status Records::get(const Session& session, std::uint64_t request, const v1::GetRecords& frame) {
  CANDOUR_TRY(check_role(session, "investigator"));
  CANDOUR_TRY(auto groups, ids_of<GroupId>(frame.groups(), "group"));
  CANDOUR_TRY(auto senders, ids_of<DeviceId>(frame.senders(), "sender"));
  const TimeMs from(frame.from_ms());
  const TimeMs until(frame.until_ms());
  if (until <= from || until.value > std::uint64_t{1} << 62) {
    return error(ErrorCode::input_invalid, "the period ends before it begins");
  }
  auto wanted = [groups = std::move(groups), senders = std::move(senders), from,
                 until](const tlog::RecordLabel& label) {
    return label.bot_time >= from && label.bot_time < until &&
           (groups.empty() || groups.count(label.group) != 0) &&
           (senders.empty() || senders.count(label.sender) != 0);
  };
  context_.store.read<Found>(
      [wanted = std::move(wanted), from, until,
       first = frame.first_index()](const storage::RelayReader& reader) -> Result<Found> {
        Found found;
        CANDOUR_TRY(found.range, reader.leaves_of_period(from, until));
        storage::LeafRange left = found.range;
        left.first = std::max(left.first, first);
        if (left.first >= left.end) return found;
        CANDOUR_TRY(found.page, reader.records(left, wanted, kPageSize, kLookedAtMax));
        if (found.page.next == left.end) found.page.next = 0;
        return found;
      },
      [this, id = session.id, request](Result<Found> found) {
        if (!found) return context_.refuse(id, request, found.error());
        v1::ServerFrame out;
        auto& records = *out.mutable_records();
        for (const auto& row : found.value().page.rows) {
          auto& item = *records.add_items();
          item.set_leaf_index(row.leaf_index);
          item.set_opening(wire::to_field(row.opening));
          item.set_record(wire::to_field(row.record));
        }
        records.set_next_index(found.value().page.next);
        records.set_range_first(found.value().range.first);
        records.set_range_end(found.value().range.end);
        context_.answer(id, request, std::move(out));
      });
  return ok();
}

Status Records::rosters(const Session& session, std::uint64_t request,
                        const v1::GetRosters& frame) {
  if (!session.bot) {
    CANDOUR_TRY(check_role(session, "investigator"));
  }
  GroupId after;
  if (!frame.after().empty()) {
    CANDOUR_TRY(after, wire::id_of<GroupId>(frame.after(), "after"));
  }
  // What was decided before is durable first, so that groups and rosters fit together.
  context_.store.after_durable(
      [this, id = session.id, request, after, bot = session.bot](Status status) {
        if (context_.durable(status, id, request)) answer_rosters(id, request, after, bot);
      });
  return ok();
}

void Records::answer_rosters(SessionId id, std::uint64_t request, const GroupId& after,
                             bool with_groups) {
  using Page = storage::RelayReader::RosterPage;
  context_.store.read<Page>(
      [after](const storage::RelayReader& reader) {
        return reader.rosters_after(after, kPageSize);
      },
      [this, id, request, after, with_groups](Result<Page> page) {
        if (!page) return context_.refuse(id, request, page.error());
        v1::ServerFrame out;
        auto& all = *out.mutable_rosters();
        for (const auto& roster : page.value().rosters) all.add_rosters(wire::to_field(roster));
        const auto& next = page.value().next;
        if (next) all.set_next(wire::to_field(*next));
        for (const auto& [group, state] : context_.model.groups) {
          const bool here = group > after && (!next || group <= *next);
          if (with_groups && here) *all.add_groups() = group_state(state);
        }
        if (out.ByteSizeLong() > limits::kFrameSizeMax - 1024) {
          return context_.refuse(
              id, request,
              error(ErrorCode::frame_too_large, "too many groups without a roster for one frame"));
        }
        context_.answer(id, request, std::move(out));
      });
}

Status Records::entries(const Session& session, std::uint64_t request,
                        const v1::GetEntries& frame) {
  CANDOUR_TRY(check_role(session, ""));
  if (frame.first() >= frame.end() || frame.end() > tlog::kTreeSizeMax) {
    return error(ErrorCode::input_invalid, "the range of entries ends before it begins");
  }
  const std::uint64_t end = std::min(frame.end(), frame.first() + kEntriesMax);
  context_.store.read<Bytes>(
      [first = frame.first(), end](const storage::RelayReader& reader) {
        return reader.entries(first, end);
      },
      [this, id = session.id, request, first = frame.first()](Result<Bytes> entries) {
        if (!entries) return context_.refuse(id, request, entries.error());
        v1::ServerFrame out;
        out.mutable_entries()->set_first(first);
        out.mutable_entries()->set_entries(wire::to_field(entries.value()));
        context_.answer(id, request, std::move(out));
      });
  return ok();
}

}  // namespace candour::relay
