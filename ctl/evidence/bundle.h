// Evidence bundles as a whole: making one from exhibits, and verifying one with nothing but the
// bundle and the pinned keys. Verifying makes the bundle again from its exhibits and compares every
// byte, so that nothing in it can be changed that the exhibits do not prove, except what is
// nobody's signed word: the journal, whose hash stands in the manifest.
//
// Pure; thread-safe.
#pragma once

#include "ctl/evidence/views.h"

namespace candour::ctl {

/// What the report of a bundle says of one record.
struct RecordLine {
  std::uint64_t index = 0;
  std::string kind;
  TimeMs sender_time;
  std::string person;
  std::string signed_by;
  std::string verdict;
  std::vector<std::string> problems;
  std::optional<std::uint64_t> replay_of;
};

struct BundleReport {
  std::vector<Check> checks;
  std::vector<RecordLine> records;
  std::size_t files = 0;
  std::uint64_t requested = 0;
  std::uint64_t set_aside = 0;
  std::uint64_t failed = 0;
  std::uint64_t replays = 0;
  std::uint64_t open_links = 0;
  bool complete = false;
  std::string case_name;
  Digest manifest;  // SHA-256 of tagmanifest-sha256.txt: names the bundle

  bool passed() const;
};

struct MadeBundle {
  BagFiles files;
  BundleReport report;
};

/// Fails as examine() and bundle_files(); checks that fail are in the report, and the bundle shows
/// them.
Result<MadeBundle> make_bundle(const Exhibits& exhibits, const PinnedKeys& keys,
                               const Progress& progress);

/// An error when the files are no intact bag or hold nothing to examine; otherwise the report. Its
/// check "views" fails when a file differs from what the exhibits give.
Result<BundleReport> verify_bundle(const BagFiles& files, const PinnedKeys& keys,
                                   const Progress& progress);

}  // namespace candour::ctl
