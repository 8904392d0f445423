// A group of two by the installed headers alone: form, say a word, read it.
#include <mls/group.h>

#include <cstdio>

int main() {
  namespace mls = candour::mls;
  using candour::as_bytes;
  using candour::TimeMs;
  candour::Random& random = candour::system_random();
  const TimeMs now(1'790'000'000'000);
  const mls::Lifetime lifetime{now, TimeMs(now.value + 3'600'000)};
  const auto ann = candour::crypto::SigningKey::generate(random);
  const auto bob = candour::crypto::SigningKey::generate(random);

  auto group = mls::Group::create(as_bytes("tea"), ann, as_bytes("ann"), lifetime, random);
  auto package = mls::make_key_package(bob, as_bytes("bob"), lifetime, random);
  if (!group || !package) return 1;
  auto checked = mls::verify_key_package(package.value().key_package, now);
  if (!checked) return 6;
  mls::CommitRequest request;
  request.adds = {checked.value()};
  auto commit = group.value().commit(request, now, random);
  if (!commit || !group.value().merge(std::move(commit.value().staged))) return 2;
  auto joined = mls::Group::join(commit.value().welcome, package.value().key_package,
                                 package.value().private_part.view(), bob, now);
  if (!joined) return 3;
  auto message = group.value().protect(as_bytes("milk?"), {}, random);
  if (!message) return 4;
  auto received = joined.value().unprotect(message.value());
  if (!received || !candour::same(received.value().content.view(), as_bytes("milk?"))) return 5;
  std::puts("bob read it");
  return 0;
}
