// A value that passed its checks, as a type of its own: what was only decoded cannot be taken for
// what was verified. The stages are
//   message      decoded; Verified<AuthenticatedContent>; Staged, the next epoch; merged
//   key package  decoded; Verified<KeyPackage>, which is all that can be added to a tree
//   leaf         decoded; VerifiedLeaf, which is all that can be put into a tree
//   GroupInfo    decoded or decrypted; VerifiedGroupInfo with a verified tree; the joiner's group
#pragma once

#include <utility>

namespace candour::mls {

template <class T>
class Verified {
 public:
  const T& operator*() const { return value_; }
  const T* operator->() const { return &value_; }
  T take() && { return std::move(value_); }

 private:
  friend struct Verification;
  explicit Verified(T&& value) : value_(std::move(value)) {}
  T value_;
};

/// Only the functions that check use this, where their last check has passed.
struct Verification {
  template <class T>
  static Verified<T> passed(T&& value) {
    return Verified<T>(std::move(value));
  }
};

}  // namespace candour::mls
