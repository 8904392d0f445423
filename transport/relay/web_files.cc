#include "transport/relay/web_files.h"

#include <zlib.h>

#include <algorithm>

#include "base/assert.h"
#include "base/codec.h"
#include "base/files.h"
#include "base/limits.h"
#include "crypto/hash.h"
#include "identity/web_bundle.h"

namespace candour::relay {
namespace {

namespace fs = std::filesystem;

struct Type {
  std::string_view ending;
  std::string_view content_type;
  bool text;
};

constexpr Type kTypes[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".svg", "image/svg+xml", true},
    {".json", "application/json", true},
    {".webmanifest", "application/manifest+json", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".wasm", "application/wasm", true},
    {".png", "image/png", false},
    {".woff2", "font/woff2", false},
};
constexpr Type kPack = {".pack", "application/octet-stream", true};

/// What the build names after its content: it can be kept for ever.
constexpr std::string_view kHashedFolder = "/assets/";
constexpr std::string_view kPackFolder = "/policy/";
constexpr std::string_view kStart = "/index.html";

/// Nothing but this site's own files, no inline code, no eval (WebAssembly may be compiled: the
/// policy engine), no markup from strings (Trusted Types; policies are named: Lit's templates, the
/// addresses of the workers), in no frame.
constexpr std::pair<std::string_view, std::string_view> kFields[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; "
     "font-src 'self'; "
     "connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; "
     "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
     "trusted-types lit-html candour-worker"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy",
     "accelerometer=(), autoplay=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
     "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"},
    {"X-Frame-Options", "DENY"},
    {"Vary", "Accept-Encoding"},
};

/// policy/compiled.h, which the relay has no other use for.
constexpr std::size_t kPackSizeMax = 16 * 1024 * 1024;
constexpr std::string_view kPackMagic = "candour-pack/v1\n";

constexpr std::string_view kRootKey = "web_root";
constexpr std::string_view kPacksKey = "policy_root";

Error unfit(std::string_view key, const fs::path& path, const std::string& why) {
  return error(ErrorCode::config_invalid,
               "key '" + std::string(key) + "': " + path.string() + " " + why);
}

bool is_pack_name(std::string_view name) {
  if (!name.ends_with(kPack.ending)) return false;
  name.remove_suffix(kPack.ending.size());
  return Digest::from_hex(name).has_value() && name.find_first_of("ABCDEF") == name.npos;
}

/// Whether the pack carries the signed text of which its name is the SHA-256. A wrong file under a
/// right name would be kept by browsers for a year.
bool is_pack_of(std::string_view name, ByteView bytes) {
  Reader reader(bytes);
  if (as_text(reader.raw(kPackMagic.size())) != kPackMagic) return false;
  std::string_view note = as_text(reader.vec());
  if (!reader.ok()) return false;
  note = note.substr(0, note.find("\n\n") == note.npos ? note.npos : note.find("\n\n") + 1);
  return name == crypto::sha256(as_bytes(note)).hex() + std::string(kPack.ending);
}

const Type* type_of(std::string_view name) {
  if (name.starts_with(kPackFolder) && name.ends_with(kPack.ending)) return &kPack;
  for (const Type& type : kTypes) {
    if (name.ends_with(type.ending)) return &type;
  }
  return nullptr;
}

Bytes compress_gzip(ByteView plain) {
  constexpr int kGzipFormat = 15 + 16;
  constexpr int kMemory = 9;
  z_stream stream{};
  const int begun = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipFormat, kMemory,
                                 Z_DEFAULT_STRATEGY);
  CANDOUR_ASSERT(begun == Z_OK);
  Bytes in = to_bytes(plain);
  Bytes out(deflateBound(&stream, in.size()));
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  CANDOUR_ASSERT(done == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// If-None-Match (RFC 9110 section 13.1.2): one of the tags, weak or not, or any.
bool lists_tag(std::string_view field, std::string_view tag) {
  return field == "*" || field.find(tag) != field.npos;
}

}  // namespace

Result<WebFiles::File> WebFiles::read(const fs::path& path, const std::string& name,
                                      const WebFiles* before) {
  const Type* type = type_of(name);
  const bool pack = type == &kPack;
  const std::string_view key = pack ? kPacksKey : kRootKey;
  if (type == nullptr) return unfit(key, path, "is of no type that the browser app is made of");
  auto bytes = read_file(path, pack ? kPackSizeMax : limits::kWebFileSizeMax);
  if (!bytes) return unfit(key, path, "cannot be read: " + bytes.error().message);
  if (pack && !is_pack_of(path.filename().string(), bytes.value())) {
    return unfit(key, path,
                 "is not the compiled pack that its name says; compile it again (candourctl policy "
                 "compile --out FOLDER)");
  }
  File file;
  file.content_type = type->content_type;
  file.tag = "\"" + crypto::sha256(bytes.value()).hex() + "\"";
  // Compressing takes long, and the relay serves nobody meanwhile.
  const File* kept = before == nullptr ? nullptr : before->at(name);
  if (kept != nullptr && kept->tag == file.tag) return *kept;
  file.hashed = name.starts_with(kHashedFolder) || pack;
  if (type->text) {
    Bytes smaller = compress_gzip(bytes.value());
    if (smaller.size() < bytes.value().size()) {
      file.gzip = std::make_shared<const Bytes>(std::move(smaller));
    }
  }
  file.plain = std::make_shared<const Bytes>(std::move(bytes.value()));
  return file;
}

Result<WebFiles> WebFiles::load(const fs::path& root) {
  WebFiles out;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(root, failed), end; !failed && at != end;
       at.increment(failed)) {
    std::error_code unknown;
    const auto status = at->symlink_status(unknown);
    if (fs::is_directory(status)) continue;
    const std::string relative = at->path().lexically_relative(root).generic_string();
    if (!fs::is_regular_file(status)) return unfit(kRootKey, at->path(), "is no plain file");
    if (!identity::valid_web_path(relative)) {
      return unfit(kRootKey, at->path(),
                   "has a name that is not made of letters, digits, '.', '_' and '-'");
    }
    if (out.files_.size() >= limits::kWebFilesMax) {
      return unfit(kRootKey, root,
                   "has more than " + std::to_string(limits::kWebFilesMax) + " files");
    }
    const std::string target = "/" + relative;
    CANDOUR_TRY(auto file, read(at->path(), target, nullptr));
    out.files_.emplace(target, std::move(file));
  }
  if (failed) return unfit(kRootKey, root, "cannot be read: " + failed.message());
  if (!out.files_.contains(kStart)) {
    return unfit(kRootKey, root,
                 "has no index.html; build the browser app first (script/run --web)");
  }
  return out;
}

Result<WebFiles> WebFiles::load_packs(const fs::path& folder, const WebFiles& before) {
  WebFiles out;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code unknown;
    const std::string name = at->path().filename().string();
    if (!fs::is_regular_file(at->symlink_status(unknown)) || !is_pack_name(name)) {
      return unfit(kPacksKey, at->path(),
                   "is no compiled pack under its digest (candourctl policy compile --out FOLDER)");
    }
    if (out.files_.size() >= limits::kWebFilesMax) {
      return unfit(kPacksKey, folder,
                   "has more than " + std::to_string(limits::kWebFilesMax) + " files");
    }
    const std::string target = std::string(kPackFolder) + name;
    CANDOUR_TRY(auto file, read(at->path(), target, &before));
    out.files_.emplace(target, std::move(file));
  }
  if (failed) return unfit(kPacksKey, folder, "cannot be read: " + failed.message());
  return out;
}

const WebFiles::File* WebFiles::at(std::string_view target) const {
  target = target.substr(0, target.find('?'));
  const auto found = files_.find(target == "/" ? kStart : target);
  return found == files_.end() ? nullptr : &found->second;
}

std::optional<net::HttpResponse> WebFiles::find(const net::HttpRequest& request) const {
  const File* found = at(request.target);
  if (found == nullptr) return std::nullopt;
  const File& file = *found;
  net::HttpResponse answer;
  answer.content_type = file.content_type;
  answer.cache_control = file.hashed ? "public, max-age=31536000, immutable" : "no-cache";
  answer.fields.assign(std::begin(kFields), std::end(kFields));
  answer.fields.emplace_back("ETag", file.tag);
  if (lists_tag(request.if_none_match, file.tag)) {
    answer.status = 304;
    return answer;
  }
  answer.shared_body = file.plain;
  if (file.gzip && request.accepts_gzip) {
    answer.shared_body = file.gzip;
    answer.fields.emplace_back("Content-Encoding", "gzip");
  }
  return answer;
}

}  // namespace candour::relay
