// The part of the examination that asks what is missing: every record names the one before it in
// its group and the one before it by its sender.
#include <algorithm>
#include <functional>
#include <map>

#include "ctl/evidence/examine.h"

namespace candour::ctl {
namespace {

using LeafIndices = std::map<Digest, std::uint64_t>;

// Only the leaves that some record names.
LeafIndices named_leaves(const Exhibits& exhibits, const std::vector<RecordView>& records) {
  LeafIndices wanted;
  constexpr std::uint64_t kUnknown = ~std::uint64_t{0};
  for (const RecordView& view : records) {
    wanted[view.record.previous_of_group.leaf_hash] = kUnknown;
    wanted[view.record.previous_of_sender.leaf_hash] = kUnknown;
  }
  for (std::uint64_t i = exhibits.range.first; i < exhibits.range.end; ++i) {
    const auto found = wanted.find(tlog::leaf_hash(exhibits.entry(i)));
    if (found != wanted.end()) found->second = i;
  }
  std::erase_if(wanted, [](const auto& item) { return item.second == kUnknown; });
  return wanted;
}

class Chains {
 public:
  Chains(const Exhibits& exhibits, const std::vector<RecordView>& records)
      : exhibits_(exhibits), leaves_(named_leaves(exhibits, records)) {
    for (const RecordView& view : records) shown_[view.index()] = &view;
  }

  /// `earlier` is the leaf of the newest record shown of the same group or sender before `view`;
  /// `whole` tells that all of them between two that are shown are in scope.
  Link link(const RecordView& view, const warrant::PreviousRecord& previous,
            std::optional<std::uint64_t> earlier, bool whole) const {
    if (previous == warrant::PreviousRecord()) {
      return {earlier ? Link::To::restarted : Link::To::none, std::nullopt};
    }
    const auto found = leaves_.find(previous.leaf_hash);
    if (found == leaves_.end()) {
      return {earlier ? Link::To::missing : Link::To::before, std::nullopt};
    }
    const std::uint64_t at = found->second;
    if (at >= view.index()) return {Link::To::missing, at};
    const auto target = shown_.find(at);
    if (target != shown_.end()) {
      const bool fits = target->second->record.id == previous.record && earlier == at;
      return {fits ? Link::To::shown : Link::To::missing, at};
    }
    if (std::binary_search(exhibits_.requested.begin(), exhibits_.requested.end(), at)) {
      return {Link::To::set_aside, at};
    }
    return {whole && earlier && at > *earlier ? Link::To::missing : Link::To::opaque, at};
  }

 private:
  const Exhibits& exhibits_;
  LeafIndices leaves_;
  std::map<std::uint64_t, const RecordView*> shown_;
};

bool is_message(const RecordView& view) {
  return view.record.kind == tlog::LeafKind::message || view.record.kind == tlog::LeafKind::attempt;
}

void find_replays(Examination& out) {
  std::map<MessageId, std::uint64_t> first;
  for (RecordView& view : out.records) {
    if (!is_message(view)) continue;
    const auto [at, fresh] = first.emplace(view.record.message_id, view.index());
    if (fresh) continue;
    view.replay_of = at->second;
    ++out.replays;
  }
}

}  // namespace

void examination::chain(const Exhibits& exhibits, Examination& out) {
  const Chains chains(exhibits, out.records);
  std::map<GroupId, std::uint64_t> of_group;
  std::map<DeviceId, std::uint64_t> of_sender;
  const auto newest = [](const auto& map, const auto& key) -> std::optional<std::uint64_t> {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
  };
  std::size_t missing = 0;
  for (RecordView& view : out.records) {
    const warrant::Record& record = view.record;
    view.of_group = chains.link(view, record.previous_of_group, newest(of_group, record.group),
                                out.warrant.authors.empty());
    view.of_sender = chains.link(view, record.previous_of_sender, newest(of_sender, record.sender),
                                 out.warrant.groups.empty());
    of_group[record.group] = of_sender[record.sender] = view.index();
    for (const Link& link : {view.of_group, view.of_sender}) {
      missing += link.to == Link::To::missing ? 1 : 0;
      out.open_links += link.to == Link::To::none || link.to == Link::To::shown ? 0 : 1;
    }
  }
  find_replays(out);
  out.complete = missing == 0;
  Check check{"completeness", out.complete, {}};
  if (!out.complete) {
    check.detail =
        std::to_string(missing) + " links lead to records in scope that the bundle does not show";
  } else {
    check.detail = std::to_string(out.open_links) + " links lead to leaves that stay opaque, " +
                   std::to_string(out.replays) + " messages appear again under the same id";
    if (exhibits.requested.size() > out.records.size()) {
      check.detail += "; " + std::to_string(exhibits.requested.size() - out.records.size()) +
                      " records asked for are not shown, and that they could not be opened or "
                      "fall outside the warrant's categories is the investigator's word";
    }
  }
  out.checks.push_back(std::move(check));
}

}  // namespace candour::ctl
