// Devices with keys, key packages and a group each, driven command by command: what
// candour-mls-peer does with mls/.
#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "mls/group.h"
#include "tests/interop/arguments.h"

namespace candour::interop {

using Answer = Result<boost::json::object>;

/// One device of one person.
class Device {
 public:
  Device(std::string_view name, mls::CipherSuite suite, const mls::Policy& policy, Random& random);

  /// For the key packages and groups made from now on.
  Answer use_suite(const Arguments& a);
  Answer make_key_package(const Arguments& a, TimeMs now);
  Answer create(const Arguments& a, TimeMs now);
  Answer join(const Arguments& a, TimeMs now);
  Answer join_by_external_commit(const Arguments& a);
  Answer commit(const Arguments& a, TimeMs now);
  Answer merge();
  /// A message of any kind; a commit is merged at once. state_damaged when the message is refused
  /// and the group is not as before, to the byte.
  Answer process(const Arguments& a, TimeMs now);
  Answer propose(const Arguments& a, TimeMs now);
  Answer propose_own_add(const Arguments& a);
  Answer propose_from_outside(const Arguments& a, TimeMs now);
  Answer protect(const Arguments& a);
  Answer group_info(const Arguments& a) const;
  Answer continue_reinit(const Arguments& a, TimeMs now);
  Answer branch(const Arguments& a, TimeMs now);
  /// Saves the group, forgets it, and restores it from what was saved.
  Answer restart();
  /// For a Welcome without it.
  Answer tree() const;
  Answer state() const;

 private:
  Answer open_commit(ByteView message, const Arguments& a, TimeMs now);
  Answer open_application(ByteView message);
  Answer dispatch(ByteView message, const Arguments& a, TimeMs now);
  Answer found(Result<mls::SuccessorGroup>&& made);
  mls::Lifetime lifetime(const Arguments& a, TimeMs now) const;

  std::string name_;
  mls::CipherSuite suite_;
  mls::Policy policy_;
  Random& random_;
  crypto::SigningKey key_;
  std::map<Digest, mls::KeyPackageBundle> packages_;
  std::optional<mls::Group> group_;
  /// The group that the present one follows or branched from.
  std::optional<mls::Group> former_;
  std::optional<mls::StagedCommit> staged_;
};

/// Carries out one command for the device it names.
class Devices {
 public:
  Devices(const Clock& clock, Random& random) : clock_(clock), random_(random) {}
  Answer run(const boost::json::object& command);

 private:
  Answer run_on(Device& device, std::string_view op, const Arguments& a, TimeMs now);

  const Clock& clock_;
  Random& random_;
  std::map<std::string, Device, std::less<>> devices_;
};

}  // namespace candour::interop
