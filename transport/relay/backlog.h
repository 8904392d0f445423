// Released messages on their way to devices that come back. A page of a group's messages is read
// from the store and encoded once for all members who need it at about the same time, and shared.
// Messages never change once they are released, so what is in memory is never wrong, only bounded.
// IoThread only.
#pragma once

#include <list>

#include "transport/relay/context.h"

namespace candour::relay {

class Backlog {
 public:
  /// Consecutive messages as Deliver frames.
  struct Page {
    GroupId group;
    Seq first;
    std::vector<net::SharedFrame> frames;
    std::size_t bytes = 0;

    bool holds(Seq seq) const { return seq >= first && seq.value - first.value < frames.size(); }
    const net::SharedFrame& frame(Seq seq) const { return frames[seq.value - first.value]; }
  };
  using PagePtr = std::shared_ptr<const Page>;
  using Done = std::function<void(const PagePtr&)>;

  explicit Backlog(Context& context) : context_(context) {}

  /// The page with this message, when it is in memory.
  PagePtr find(const GroupId& group, Seq seq);
  /// Reads on from this message, soon; null when the store cannot be read. The page begins later
  /// when older ones are gone, and is empty when there are none.
  void read(const GroupId& group, Seq from, Done done);

 private:
  struct Reading {
    GroupId group;
    Seq from;
    std::vector<Done> waiting;
  };
  using Place = std::list<PagePtr>::iterator;
  void keep(const PagePtr& page);
  void drop(Place page);

  Context& context_;
  std::list<PagePtr> pages_;  // most recently used first
  std::unordered_map<GroupId, std::vector<Place>> by_group_;
  std::size_t bytes_ = 0;
  std::list<Reading> readings_;
};

}  // namespace candour::relay
