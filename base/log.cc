#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/json_text.h"

namespace candour::log {
namespace {

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto l = std::make_shared<spdlog::logger>("candour",
                                              std::make_shared<spdlog::sinks::stderr_sink_mt>());
    l->set_pattern("%v");
    l->flush_on(spdlog::level::debug);
    return l;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

Field::Field(std::string_view n, const LogSafe& v) : name(n), json(json_quote(v.text)) {}
Field::Field(std::string_view n, std::uint64_t v) : name(n), json(std::to_string(v)) {}
Field::Field(std::string_view n, bool v) : name(n), json(v ? "true" : "false") {}

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  std::string line = "{\"time\":" + json_quote(time_encode(system_clock().now().value)) +
                     ",\"level\":\"" + std::string(kNames[static_cast<int>(level)]) +
                     "\",\"event\":" + json_quote(event);
  for (const Field& f : fields) {
    line += "," + json_quote(f.name) + ":" + f.json;
  }
  line += "}";
  logger().log(to_spdlog(level), "{}", line);
}

}  // namespace candour::log
