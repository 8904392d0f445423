// StagedCommit's face.
#include "mls/group_state.h"

namespace candour::mls {

StagedCommit::StagedCommit(std::unique_ptr<internal::Staged> staged) : staged_(std::move(staged)) {}
StagedCommit::StagedCommit(StagedCommit&&) noexcept = default;
StagedCommit& StagedCommit::operator=(StagedCommit&&) noexcept = default;
StagedCommit::~StagedCommit() = default;

LeafIndex StagedCommit::sender() const { return staged_->sender; }
bool StagedCommit::external() const { return staged_->external; }
Epoch StagedCommit::epoch() const { return staged_->from.next(); }
const std::vector<Member>& StagedCommit::added() const { return staged_->added; }
const std::vector<Member>& StagedCommit::removed() const { return staged_->removed; }
const std::vector<Member>& StagedCommit::changed() const { return staged_->changed; }
bool StagedCommit::removes_own_leaf() const { return !staged_->next.has_value(); }
bool StagedCommit::has_path() const { return staged_->has_path; }
const Bytes& StagedCommit::authenticated_data() const { return staged_->authenticated_data; }

std::optional<ReInitParameters> StagedCommit::reinit() const {
  if (!staged_->reinit) return std::nullopt;
  const ReInit& r = *staged_->reinit;
  return ReInitParameters{r.group_id, CipherSuite(r.cipher_suite), r.extensions};
}

Digest StagedCommit::epoch_authenticator() const {
  return staged_->next ? internal::authenticator_of(staged_->next->secrets) : Digest();
}

SecretBytes StagedCommit::save() const { return internal::save_staged(*staged_); }

Result<StagedCommit> StagedCommit::restore(ByteView saved) {
  CANDOUR_TRY(auto staged, internal::restore_staged(saved));
  return StagedCommit(std::make_unique<internal::Staged>(std::move(staged)));
}

}  // namespace candour::mls
