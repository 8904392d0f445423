// Goal: the browser app's files are given out by exact name, with the header fields that keep it
// honest, and nothing else is; its signed list is logged like other objects. Method: a small app in
// a folder, asked for over TLS by good and by hostile requests.
#include <openssl/ssl.h>
#include <zlib.h>

#include <fstream>
#include <thread>

#include "base/codec.h"
#include "base/files.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "identity/web_bundle.h"
#include "tests/net/raw_tls.h"
#include "tests/relay/world.h"
#include "transport/relay/web_files.h"

namespace candour::tests {
namespace {

namespace fs = std::filesystem;

const std::string kScript(4000, 'x');

class Web : public ::testing::Test {
 protected:
  void SetUp() override {
    root = world.folder.path() / "dist";
    fs::create_directories(root / "assets");
    put("index.html", "<!doctype html>");
    put("assets/app-1234.js", kScript);
  }
  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(root / name, as_bytes(text)));
  }
  void start() {
    world.config.web_root = root;
    world.start();
  }
  /// The whole answer; names of fields in lower case.
  std::string raw(const std::string& request_line, const std::string& fields = "") {
    auto socket = testing::RawTls::connect(world.app->port(), TLS1_3_VERSION);
    EXPECT_TRUE(socket);
    socket->write(as_bytes(request_line + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
                           "Connection: close\r\n\r\n"));
    std::string out(as_text(socket->read_all()));
    bool name = true;
    for (std::size_t i = 0; i < out.size() && out.compare(i, 4, "\r\n\r\n") != 0; ++i) {
      if (out[i] == ':') name = false;
      if (out[i] == '\n') name = true;
      if (name) out[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[i])));
    }
    return out;
  }
  static std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }
  static std::string field(const std::string& answer, const std::string& name) {
    const auto at = answer.find("\r\n" + name + ": ");
    if (at == answer.npos) return {};
    const auto begin = at + 4 + name.size();
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }
  /// Why the relay does not start with the folder as it is.
  std::string refused() {
    const auto loaded = relay::WebFiles::load(root);
    return loaded ? "" : loaded.error().message;
  }

  World world;
  fs::path root;
};

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  Bytes in = to_bytes(packed);
  Bytes out(100'000);
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return std::string(as_text(out));
}

TEST_F(Web, NothingIsServedUnlessConfigured) {
  world.start();
  EXPECT_EQ(world.get("/").status, 404u);
  EXPECT_EQ(world.get("/index.html").status, 404u);
}

TEST_F(Web, FilesComeWithTypeTagAndTheFieldsThatKeepThemHonest) {
  start();
  const std::string page = raw("GET /");
  EXPECT_TRUE(page.starts_with("http/1.1 200")) << page;
  EXPECT_EQ(body_of(page), "<!doctype html>");
  EXPECT_EQ(field(page, "content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(field(page, "cache-control"), "no-cache");
  const std::string policy = field(page, "content-security-policy");
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self' ")) << policy;
  for (const char* part : {"require-trusted-types-for 'script'", "frame-ancestors 'none'",
                           "base-uri 'none'", "form-action 'none'"}) {
    EXPECT_NE(policy.find(part), policy.npos) << part;
  }
  EXPECT_NE(policy.find("script-src 'self' 'wasm-unsafe-eval';"), policy.npos) << policy;
  for (const char* loose : {"unsafe-inline", "'unsafe-eval'", "data:", "http", "*"}) {
    EXPECT_EQ(policy.find(loose), policy.npos) << loose;
  }
  EXPECT_EQ(field(page, "x-content-type-options"), "nosniff");
  EXPECT_EQ(field(page, "referrer-policy"), "no-referrer");
  EXPECT_EQ(field(page, "cross-origin-opener-policy"), "same-origin");
  EXPECT_EQ(field(page, "cross-origin-resource-policy"), "same-origin");
  EXPECT_FALSE(field(page, "permissions-policy").empty());
  EXPECT_FALSE(field(page, "strict-transport-security").empty());

  const std::string script = raw("GET /assets/app-1234.js");
  EXPECT_EQ(body_of(script), kScript);
  EXPECT_EQ(field(script, "content-type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(field(script, "cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(field(script, "content-encoding"), "");
}

TEST_F(Web, WhatTheBrowserHasIsNotSentAgainAndTheRestCompressed) {
  start();
  const std::string packed = raw("GET /assets/app-1234.js", "Accept-Encoding: br, gzip\r\n");
  EXPECT_EQ(field(packed, "content-encoding"), "gzip");
  EXPECT_EQ(field(packed, "vary"), "Accept-Encoding");
  EXPECT_LT(body_of(packed).size(), 200u);
  EXPECT_EQ(gunzip(body_of(packed)), kScript);
  const std::string tag = field(packed, "etag");
  EXPECT_EQ(tag, "\"" + crypto::sha256(as_bytes(kScript)).hex() + "\"");
  const std::string known = raw("GET /assets/app-1234.js", "If-None-Match: W/" + tag + "\r\n");
  EXPECT_TRUE(known.starts_with("http/1.1 304")) << known;
  EXPECT_EQ(body_of(known), "");
  EXPECT_EQ(field(known, "etag"), tag);
  EXPECT_TRUE(raw("GET /", "If-None-Match: " + tag + "\r\n").starts_with("http/1.1 200"));
  const std::string head = raw("HEAD /assets/app-1234.js");
  EXPECT_EQ(field(head, "content-length"), std::to_string(kScript.size()));
  EXPECT_EQ(body_of(head), "");
}

TEST_F(Web, OnlyKnownNamesAndOnlyReading) {
  start();
  std::ofstream(world.folder.path() / "secret.txt") << "secret";
  for (const char* target :
       {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//index.html",
        "/assets/", "/assets", "/./index.html", "/index.html/", "/INDEX.HTML", "/index.html%00",
        "/relay.db", "/.git/config", "https://localhost/index.html"}) {
    const std::string answer = raw("GET " + std::string(target));
    EXPECT_TRUE(answer.starts_with("http/1.1 404") || answer.starts_with("http/1.1 400"))
        << target << ": " << answer;
    EXPECT_EQ(answer.find("secret"), answer.npos);
  }
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE"}) {
    EXPECT_TRUE(raw(std::string(method) + " /index.html").starts_with("http/1.1 405")) << method;
  }
  EXPECT_EQ(world.get("/index.html?anything").status, 200u);
  // Read once: what is written later is not seen.
  put("index.html", "changed");
  put("later.html", "later");
  EXPECT_EQ(body_of(raw("GET /")), "<!doctype html>");
  EXPECT_EQ(world.get("/later.html").status, 404u);
  // The log is served as before, once it has a checkpoint.
  const auto checkpoint = [&] { return world.get("/checkpoint").status; };
  for (int i = 0; i < 100 && checkpoint() != 200; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_EQ(checkpoint(), 200u);
}

/// As far as the relay looks into one.
Bytes pack_of(std::string_view note, std::string_view rules) {
  Writer out;
  out.raw(as_bytes("candour-pack/v1\n"));
  out.vec(as_bytes(std::string(note) + "\nsignature\n"));
  out.vec(as_bytes(rules));
  return out.take();
}
std::string pack_name(std::string_view note) {
  return crypto::sha256(as_bytes(note)).hex() + ".pack";
}

TEST_F(Web, PacksAreGivenOutByTheirDigestAndReadAgainOnReload) {
  const fs::path packs = world.folder.path() / "packs";
  const std::string name = pack_name("first\n");
  const std::string later = pack_name("second\n");
  const Bytes first = pack_of("first\n", kScript);
  fs::create_directories(packs);
  ASSERT_TRUE(write_file(packs / name, first));
  world.config.policy_root = packs;
  world.start();
  const std::string answer = raw("GET /policy/" + name);
  EXPECT_EQ(body_of(answer), as_text(first));
  EXPECT_EQ(field(answer, "content-type"), "application/octet-stream");
  EXPECT_EQ(field(answer, "cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(field(answer, "x-content-type-options"), "nosniff");
  for (const char* target : {"/policy/", "/policy", "/policy/../secret.txt", "/"}) {
    EXPECT_EQ(world.get(target).status, 404u) << target;
  }
  EXPECT_EQ(world.get("/policy/" + later).status, 404u);
  // A wrong file under a right name would be kept by browsers for a year.
  ASSERT_TRUE(write_file(packs / later, first));
  const Status other = world.app->reload(world.config);
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("is not the compiled pack that its name says"),
            std::string::npos)
      << other.error().message;
  ASSERT_TRUE(write_file(packs / later, pack_of("second\n", "rules")));
  // Put right under its old name.
  const Bytes corrected = pack_of("first\n", "other rules");
  ASSERT_TRUE(write_file(packs / name, corrected));
  ASSERT_TRUE(world.app->reload(world.config));
  EXPECT_EQ(world.get("/policy/" + later).status, 200u);
  EXPECT_EQ(body_of(raw("GET /policy/" + name)), as_text(corrected));
  // Nothing changes when something there is no pack.
  ASSERT_TRUE(write_file(packs / "pack.note", as_bytes("x")));
  const Status refused = world.app->reload(world.config);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("pack.note is no compiled pack under its digest"),
            std::string::npos)
      << refused.error().message;
  EXPECT_EQ(world.get("/policy/" + name).status, 200u);
}

TEST_F(Web, AFolderThatIsNoAppIsRefused) {
  ASSERT_EQ(refused(), "");
  put(".hidden", "x");
  EXPECT_NE(refused().find(".hidden has a name"), std::string::npos) << refused();
  fs::remove(root / ".hidden");
  put("notes.doc", "x");
  EXPECT_NE(refused().find("is of no type"), std::string::npos) << refused();
  fs::remove(root / "notes.doc");
  fs::create_symlink("/etc/hostname", root / "link.txt");
  EXPECT_NE(refused().find("is no plain file"), std::string::npos) << refused();
  fs::remove(root / "link.txt");
  put("large.txt", std::string(limits::kWebFileSizeMax + 1, 'x'));
  EXPECT_NE(refused().find("cannot be read"), std::string::npos) << refused();
  fs::remove(root / "large.txt");
  fs::remove(root / "index.html");
  EXPECT_NE(refused().find("has no index.html"), std::string::npos) << refused();
  fs::remove_all(root);
  EXPECT_NE(refused().find("cannot be read"), std::string::npos) << refused();
}

TEST_F(Web, ABundleIsLoggedOnceTwoRegistrarsSignedIt) {
  world.start();
  identity::WebBundle bundle{.organisation = world.statement.id, .version = 3};
  bundle.issued = world.clock.now();
  bundle.files = {{"assets/app-1234.js", kScript.size(), crypto::sha256(as_bytes(kScript))},
                  {"index.html", 15, crypto::sha256(as_bytes("<!doctype html>"))}};
  using Signer = std::pair<const char*, KeyNumber>;
  const auto publish = [&](std::initializer_list<Signer> signers) {
    return signed_text(bundle.print(), signers);
  };
  const Signer one{"registrar-1", kRegistrar1};
  const Signer two{"registrar-2", kRegistrar2};
  EXPECT_EQ(world.publish_refusal(v1::WEB_BUNDLE, publish({one})), ErrorCode::signature_invalid);
  EXPECT_EQ(world.publish_refusal(v1::WEB_BUNDLE,
                                  publish({one, {"registrar-1-spare", kRegistrar1Spare}})),
            ErrorCode::signature_invalid);
  const auto done = world.publish(v1::WEB_BUNDLE, publish({one, two}));
  ASSERT_EQ(done.body_case(), Body::kDone);
  const auto again = world.publish(v1::WEB_BUNDLE, publish({two, one}));
  EXPECT_TRUE(again.done().duplicate());
  EXPECT_EQ(again.done().number(), done.done().number());
  std::swap(bundle.files[0], bundle.files[1]);
  EXPECT_EQ(world.publish_refusal(v1::WEB_BUNDLE, publish({one, two})), ErrorCode::note_malformed);
  bundle.files.pop_back();
  bundle.files[0].path = "../index.html";
  EXPECT_EQ(world.publish_refusal(v1::WEB_BUNDLE, publish({one, two})), ErrorCode::note_malformed);
}

}  // namespace
}  // namespace candour::tests
