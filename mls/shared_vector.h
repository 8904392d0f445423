// A vector whose copies share what is the same: runs of values are behind pointers, runs in blocks
// behind pointers again, and copied only when one of them changes. A ratchet tree of thousands of
// nodes is copied for every commit that is looked at, and a commit changes a path of it.
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
  const T& operator[](std::size_t i) const {
    return (*blocks_[i / kBlock]->runs[i % kBlock / kRun])[i % kRun];
  }
  const T& back() const { return (*this)[size_ - 1]; }

  void set(std::size_t i, T value) { own_run(i)[i % kRun] = std::move(value); }
  /// New values are default ones, numbers zero.
  void resize(std::size_t size) {
    for (std::size_t i = size; i < std::min(size_, (size + kRun - 1) / kRun * kRun); ++i) {
      set(i, T());
    }
    blocks_.resize((size + kBlock - 1) / kBlock);
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const std::size_t runs = (std::min(kBlock, size - b * kBlock) + kRun - 1) / kRun;
      if (blocks_[b] == nullptr) blocks_[b] = std::make_shared<Block>();
      if (blocks_[b]->runs.size() == runs) continue;
      auto& own = own_block(b).runs;
      own.resize(runs);
      for (auto& run : own) {
        if (run == nullptr) run = std::make_shared<Run>();
      }
    }
    size_ = size;
  }
  void push_back(T value) {
    resize(size_ + 1);
    set(size_ - 1, std::move(value));
  }

 private:
  static constexpr std::size_t kRun = 32;
  static constexpr std::size_t kBlock = 32 * kRun;
  using Run = std::array<T, kRun>;
  struct Block {
    std::vector<std::shared_ptr<Run>> runs;
  };

  // A group has one owner and one thread, so nobody else can be about to share either.
  Block& own_block(std::size_t block) {
    if (blocks_[block].use_count() > 1) blocks_[block] = std::make_shared<Block>(*blocks_[block]);
    return *blocks_[block];
  }
  Run& own_run(std::size_t i) {
    std::shared_ptr<Run>& run = own_block(i / kBlock).runs[i % kBlock / kRun];
    if (run.use_count() > 1) run = std::make_shared<Run>(*run);
    return *run;
  }

  std::vector<std::shared_ptr<Block>> blocks_;
  std::size_t size_ = 0;
};

}  // namespace candour::mls
