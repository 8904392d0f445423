// The engine as a WebAssembly module without any other code: what its page calls
// (web/src/precheck/engine.ts). One pack for each instance of the module; one thread.
//
// The page writes `size` bytes to candour_input(size), calls candour_load or candour_judge with
// that size, and reads candour_output_size() bytes at candour_output(), which stand until the next
// call: the answer, or after 0 the reason in words. The input is wiped by the call that reads it.
#include <emscripten/emscripten.h>

#include <memory>
#include <string>
#include <utility>

#include "base/codec.h"
#include "base/secret.h"
#include "policy/browser/request.h"
#include "policy/compiled.h"

namespace candour::policy {
namespace {

struct Instance {
  SecretBytes input;
  Bytes output;
  std::shared_ptr<const Pack> pack;
};

Instance& instance() {
  static Instance only;
  return only;
}

Result<Bytes> load(ByteView compiled) {
  CANDOUR_TRY(instance().pack, load_compiled(compiled));
  Writer out;
  out.vec(instance().pack->name);
  out.vec(instance().pack->version);
  out.id(instance().pack->digest);
  return out.take();
}

Result<Bytes> judge(ByteView request) {
  if (instance().pack == nullptr) return error(ErrorCode::internal, "no policy pack is loaded");
  return judge_request(*instance().pack->engine, request);
}

int finish(Result<Bytes> result) {
  instance().input.clear();
  const bool done = result.has_value();
  instance().output = done ? std::move(result).value() : to_bytes(result.error().message);
  return done ? 1 : 0;
}

ByteView input(std::size_t size) { return instance().input.view().first(size); }

}  // namespace
}  // namespace candour::policy

extern "C" {

EMSCRIPTEN_KEEPALIVE unsigned char* candour_input(std::size_t size) {
  auto& all = candour::policy::instance();
  all.input = candour::SecretBytes(size);
  return all.input.mutable_view().data();
}

EMSCRIPTEN_KEEPALIVE int candour_load(std::size_t size) {
  return candour::policy::finish(candour::policy::load(candour::policy::input(size)));
}

EMSCRIPTEN_KEEPALIVE int candour_judge(std::size_t size) {
  return candour::policy::finish(candour::policy::judge(candour::policy::input(size)));
}

EMSCRIPTEN_KEEPALIVE const unsigned char* candour_output() {
  return candour::policy::instance().output.data();
}

EMSCRIPTEN_KEEPALIVE std::size_t candour_output_size() {
  return candour::policy::instance().output.size();
}

}  // extern "C"
