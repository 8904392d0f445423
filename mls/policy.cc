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
  out.steward = LeafIndex(0);
  return out;
}

}  // namespace candour::mls
