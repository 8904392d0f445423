#include "mls/policy.h"

namespace candour::mls {

Policy Policy::candour() {
  Policy out;
  out.public_handshakes = false;
  out.standalone_proposals = false;
  out.outside_proposals = false;
  out.external_commits = false;
  out.reinit = false;
  out.identity_changes = false;
  out.ended_key_packages = true;
  out.steward = LeafIndex(0);
  out.member_commits = false;
  return out;
}

}  // namespace candour::mls
