// Watches over the messages of one run: prints every event and remembers what became of each.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "client/terminal/printer.h"

namespace candour::terminal {

class Outcomes : public client::EventSink {
 public:
  Outcomes(std::ostream& out, bool json) : printer_(out, json) {}
  PrintingSink& printer() { return printer_; }
  void on_event(const client::Event& event) override;

  /// released, overridden, warned, blocked, rejected, reported or withdrawn; nothing until then.
  std::optional<client::EventType> of(const MessageId& id) const;
  /// True once the relay has said that it has the message durably.
  bool submitted(const MessageId& id) const { return submitted_.contains(id); }
  /// The messages warned since the last call, in order.
  std::vector<MessageId> take_warned();
  std::size_t count(client::EventType type) const;
  /// Why the last rejected message was rejected.
  const Error& rejection() const { return rejection_; }

 private:
  PrintingSink printer_;
  std::set<MessageId> submitted_;
  std::map<MessageId, client::EventType> outcomes_;
  std::map<client::EventType, std::size_t> counts_;
  std::vector<MessageId> warned_;
  Error rejection_;
};

}  // namespace candour::terminal
