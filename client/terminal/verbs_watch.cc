#include "client/terminal/verbs.h"

namespace candour::terminal {
namespace {

constexpr std::uint64_t kPumpMs = 100;

}  // namespace

void print_ready(Session& session, bool json) {
  std::ostream& out = session.world().out;
  if (json) {
    {
      JsonLine line(out);
      line.text("event", "ready").id("device", session.store().keys().device);
      line.number("groups", session.client().groups().size());
      line.time("time", session.world().clock.now());
    }
    out << '\n' << std::flush;
    return;
  }
  for (const auto& [id, group] : session.client().groups()) {
    out << group.record().name << ": " << banner(group, session.world().clock.now()) << '\n';
  }
  out << std::flush;
}

Status watch(const Options& options, const World& world) {
  PrintingSink sink(world.out, options.json);
  CANDOUR_TRY(auto session, Session::open(options, world, sink));
  sink.set_client(&session->client());
  CANDOUR_TRY(session->start());
  print_ready(*session, options.json);
  const std::uint64_t begin = monotonic_clock().now().value;
  std::uint64_t last = begin;
  std::uint64_t last_look = begin;
  const std::uint64_t end = options.seconds == 0 ? UINT64_MAX : begin + options.seconds * 1000;
  while (!session->stopped()) {
    // A watch outlives every outage of the relay, but not its own time.
    const std::uint64_t left = end - std::min(last_look, end);
    const auto some = session->pump(std::min(kPumpMs, left), options.seconds == 0 ? 0 : left);
    const std::uint64_t now = last_look = monotonic_clock().now().value;
    if (!some && !Session::passes(some.error().code)) return some.error();
    if (now >= end) break;
    if (some && some.value()) last = now;
    const bool idle = options.until_idle_ms != 0 && now - last >= options.until_idle_ms &&
                      session->client().undecided() == 0;
    if (idle) break;
  }
  return ok();
}

}  // namespace candour::terminal
