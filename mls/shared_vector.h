// A vector whose copies share what is the same: runs of values are behind pointers and copied only
// when one of them changes. A ratchet tree of thousands of nodes is copied for every commit that is
// looked at, and a commit changes a path of it.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

namespace candour::mls {

template <class T>
class SharedVector {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t i) const { return (*runs_[i / kRun])[i % kRun]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void set(std::size_t i, T value) { own_run(i / kRun)[i % kRun] = std::move(value); }
  /// New values are default ones.
  void resize(std::size_t size) {
    for (std::size_t i = size; i < std::min(size_, (size + kRun - 1) / kRun * kRun); ++i) {
      set(i, T());
    }
    runs_.resize((size + kRun - 1) / kRun);
    for (auto& run : runs_) {
      if (run == nullptr) run = std::make_shared<Run>();  // zeros, for numbers
    }
    size_ = size;
  }
  void push_back(T value) {
    resize(size_ + 1);
    set(size_ - 1, std::move(value));
  }

 private:
  static constexpr std::size_t kRun = 32;
  using Run = std::array<T, kRun>;

  Run& own_run(std::size_t run) {
    // A group has one owner and one thread, so nobody else can be about to share it.
    if (runs_[run].use_count() > 1) runs_[run] = std::make_shared<Run>(*runs_[run]);
    return *runs_[run];
  }

  std::vector<std::shared_ptr<Run>> runs_;
  std::size_t size_ = 0;
};

}  // namespace candour::mls
