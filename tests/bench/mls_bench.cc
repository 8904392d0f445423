// mls_bench: what MLS operations cost beside the least their primitives could cost. Every floor is
// made of libsodium calls timed in the same run, on one thread: how many of each an operation
// cannot do without is written down below.
//
// mls_bench [N...]  prints a table; by default N = 10, 100, 1000, 10 000.
#include <malloc.h>
#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "mls/key_package_bundle.h"
#include "tests/bench/mls_world.h"

namespace {

using namespace candour;
using namespace candour::mls;
using bench::kBenchLifetime;
using bench::kBenchNow;
using bench::LargeGroup;

/// Of this thread alone: others share the machine.
double cpu_us() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

/// The least of several rounds, as only the least repeats.
template <class Operation>
double microseconds(Operation&& operation, int rounds = 7, double round_us = 20'000) {
  double best = 1e18;
  int batch = 1;
  for (int done = 0; done < rounds;) {
    const double begin = cpu_us();
    for (int i = 0; i < batch; ++i) operation();
    const double us = cpu_us() - begin;
    best = std::min(best, us / batch);
    if (us < round_us / 2) {
      batch = std::max(batch + 1, static_cast<int>(batch * round_us / (us + 1)));
    } else {
      ++done;
    }
  }
  return best;
}

/// libsodium alone, in microseconds.
struct Primitives {
  double sign, verify, base, multiply, seal_256, seal_12, hmac, sha_64, sha_256;

  double hpke_seal() const { return base + multiply + 7 * hmac + seal_12; }
  double hpke_open() const { return multiply + 7 * hmac + seal_12; }
  /// One level of a path: two secrets, the key pair of the node, its parent hash and tree hash.
  double path_level() const { return 4 * hmac + base + 2 * sha_64; }
};

Primitives measure_primitives() {
  unsigned char pk[32], sk[64], sig[64], scalar[32], point[32], out[512], message[420] = {1};
  unsigned char mac[32];
  const unsigned char key[32] = {2}, nonce[12] = {3};
  crypto_sign_keypair(pk, sk);
  randombytes_buf(scalar, sizeof scalar);
  crypto_scalarmult_base(point, scalar);
  crypto_sign_detached(sig, nullptr, message, sizeof message, sk);
  const auto seal = [&](std::size_t size) {
    crypto_aead_chacha20poly1305_ietf_encrypt(out, nullptr, message, size, nullptr, 0, nullptr,
                                              nonce, key);
  };
  unsigned char shared[32];
  int sink = 0;
  Primitives p{};
  p.sign = microseconds([&] { crypto_sign_detached(sig, nullptr, message, 420, sk); });
  p.verify = microseconds([&] { sink += crypto_sign_verify_detached(sig, message, 420, pk); });
  p.base = microseconds([&] { crypto_scalarmult_base(shared, scalar); });
  p.multiply = microseconds([&] { sink += crypto_scalarmult(shared, scalar, point); });
  p.seal_256 = microseconds([&] { seal(326); });
  p.seal_12 = microseconds([&] { seal(12); });
  p.hmac = microseconds([&] { crypto_auth_hmacsha256(mac, message, 24, key); });
  p.sha_64 = microseconds([&] { crypto_hash_sha256(mac, message, 64); });
  p.sha_256 = microseconds([&] { crypto_hash_sha256(mac, message, 256); });
  if (sink != 0) std::abort();
  return p;
}

struct Row {
  const char* name;
  std::uint32_t members;
  double floor;
  double measured;
  double goal;  // times the floor; 0 for none
};

void print(const Row& row) {
  const double times = row.measured / row.floor;
  std::printf("%-34s %6u %12.1f %12.1f %7.2f", row.name, row.members, row.floor, row.measured,
              times);
  if (row.goal > 0) std::printf("   <= %.1f %s", row.goal, times <= row.goal ? "met" : "MISSED");
  std::printf("\n");
  std::fflush(stdout);
}

void messages(const Primitives& p) {
  Random& random = system_random();
  const LargeGroup large(100, true, random);
  Group sender = large.member(3);
  Group receiver = large.member(50);
  const Bytes text(256, 7);
  const auto protect = [&] { return sender.protect(text, {}, random, 1).value(); };
  const double protect_us = microseconds([&] { protect(); }, 9);
  Group again = large.member(3);
  std::vector<Bytes> sent;
  for (int i = 0; i < 4000; ++i) sent.push_back(again.protect(text, {}, random, 1).value());
  double unprotect_us = 1e18;
  for (std::size_t at = 0; at < sent.size(); at += 500) {
    const double begin = cpu_us();
    for (std::size_t i = at; i < at + 500; ++i) {
      if (!receiver.unprotect(sent[i])) std::abort();
    }
    unprotect_us = std::min(unprotect_us, (cpu_us() - begin) / 500);
  }
  print({"protect 256 B", 100, p.sign + p.seal_256 + p.seal_12 + 5 * p.hmac, protect_us, 1.4});
  print(
      {"unprotect 256 B", 100, p.verify + p.seal_256 + p.seal_12 + 5 * p.hmac, unprotect_us, 1.4});
}

void commits(const Primitives& p, std::uint32_t size) {
  Random& random = system_random();
  const double height = std::bit_width(size - 1);
  const bool goal = size == 1000;
  const int rounds = size > 1000 ? 2 : 7;
  // Two signatures (leaf, commit), the key schedule, the framing, the own leaf's key.
  const double frame = 2 * p.sign + 20 * p.hmac + 2 * p.seal_256 + p.base;
  {
    const LargeGroup full(size, true, random);
    Group committer = full.member(0);
    const Bytes last = full.member(0).commit({}, kBenchNow, random).value().commit;
    const double create =
        microseconds([&] { committer.commit({}, kBenchNow, random).value(); }, rounds);
    print({"empty commit, full tree: create", size,
           frame + height * (p.hpke_seal() + p.path_level()), create, goal ? 2.2 : 0});

    double process = 0;
    double floor = 0;
    const int peers = 5;
    for (int i = 0; i < peers; ++i) {
      const auto leaf = 1 + static_cast<std::uint32_t>(i) * (size - 2) / (peers - 1);
      const Group peer = full.member(leaf);
      process += microseconds(
          [&] {
            if (!peer.process_commit(last, kBenchNow)) std::abort();
          },
          rounds);
      const double meets = height - std::bit_width(leaf) + 1;
      floor += 2 * p.verify + p.hpke_open() + meets * (4 * p.hmac + p.base) + 20 * p.hmac +
               p.seal_256 + height * 4 * p.sha_64;
    }
    print({"  process, mean of 5 peers", size, floor / peers, process / peers, goal ? 3.0 : 0});
  }
  const LargeGroup blank(size, false, random);
  Group committer = blank.member(0);
  const double create =
      microseconds([&] { committer.commit({}, kBenchNow, random).value(); }, rounds);
  print({"empty commit, blank tree: create", size,
         frame + (size - 1) * p.hpke_seal() + height * p.path_level(), create, goal ? 1.3 : 0});
}

void joining(const Primitives& p, std::uint32_t size) {
  Random& random = system_random();
  const double height = std::bit_width(size - 1);
  const LargeGroup full(size, true, random);
  Group adder = full.member(0);
  const auto key = crypto::SigningKey::generate(random);
  const auto package = make_key_package(key, as_bytes("joiner"), kBenchLifetime, random).value();
  CommitRequest request;
  request.adds = {verify_key_package(package.key_package, kBenchNow).value()};
  const Bytes welcome = adder.commit(request, kBenchNow, random).value().welcome;
  JoinOptions options;
  options.policy = LargeGroup::policy();
  const double join = microseconds(
      [&] {
        if (!Group::join(welcome, package.key_package, package.private_part.view(), key, kBenchNow,
                         options)) {
          std::abort();
        }
      },
      size > 1000 ? 1 : 5);
  // Each leaf: a signature, its content and tree hash; each parent: tree hash and parent hash.
  print({"join by Welcome, full tree", size,
         (size + 1) * (p.verify + p.sha_256) + size * 2.0 * p.sha_64 + p.hpke_open() +
             height * (4 * p.hmac + p.base) + p.verify,
         join, size == 1000 ? 1.5 : 0});

  const std::size_t tree = full.tree_size();
  const std::size_t before = mallinfo2().uordblks;
  auto joined =
      std::make_unique<Group>(Group::join(welcome, package.key_package, package.private_part.view(),
                                          key, kBenchNow, options)
                                  .value());
  const double held = static_cast<double>(mallinfo2().uordblks - before);
  const double over = (held - static_cast<double>(tree)) / size;
  std::printf("%-34s %6u %12.1f %12.1f %7.1f B a member beyond it%s\n",
              "state in memory, serialised tree B", size, static_cast<double>(tree), held, over,
              size == 1000 ? (over <= 500 ? "   <= 500 met" : "   <= 500 MISSED") : "");
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::uint32_t> sizes;
  for (int i = 1; i < argc; ++i) {
    const int size = std::atoi(argv[i]);
    if (size < 2 || size > 60'000) {
      std::fputs("usage: mls_bench [N...], N from 2 to 60000\n", stderr);
      return 2;
    }
    sizes.push_back(static_cast<std::uint32_t>(size));
  }
  if (sizes.empty()) sizes = {10, 100, 1000, 10'000};
  if (sodium_init() < 0) return 1;
  const Primitives p = measure_primitives();
  std::printf(
      "libsodium: sign %.1f us, verify %.1f, x25519 base %.1f, x25519 %.1f, HMAC %.2f, "
      "SHA-256 of 64 B %.2f, seal 326 B %.2f\n",
      p.sign, p.verify, p.base, p.multiply, p.hmac, p.sha_64, p.seal_256);
  std::printf("%-34s %6s %12s %12s %7s\n", "operation", "N", "floor us", "measured us", "times");
  messages(p);
  for (std::uint32_t size : sizes) {
    commits(p, size);
    joining(p, size);
  }
  return 0;
}
