// candour-mls-peer: members of MLS groups that another implementation drives, for tests of
// interoperation. One JSON object a line in, one a line out:
//   {"id": 1, "op": "commit", "device": "alice", ...}  ->  {"id": 1, "commit": "...", ...}
// or, where mls/ refuses, {"id": 1, "error": {"code": "...", "message": "..."}}. Bytes are hex.
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "base/random.h"
#include "tests/interop/devices.h"

namespace {

namespace json = boost::json;

json::object answer(candour::interop::Devices& devices, const json::object& command) {
  candour::interop::Answer result = devices.run(command);
  json::object out;
  if (result) {
    out = std::move(result).value();
  } else {
    out["error"] = {{"code", candour::code_name(result.error().code)},
                    {"message", result.error().message}};
  }
  out["id"] = command.at("id");
  return out;
}

}  // namespace

int main() {
  candour::interop::Devices devices(candour::system_clock(), candour::system_random());
  try {
    for (std::string line; std::getline(std::cin, line);) {
      const json::value command = json::parse(line);
      std::cout << json::serialize(answer(devices, command.as_object())) << std::endl;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "candour-mls-peer: %s\n", e.what());
    return 2;
  }
  return 0;
}
