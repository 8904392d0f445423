// A case as an investigator's station has it after opening: people who really chat in an MLS group,
// records the bot would have sealed of it, and everything a bundle is made of. Built on the world
// of tests/warrant/world.h, so every run is the same.
#pragma once

#include "client/messages/content.h"
#include "ctl/evidence/bundle.h"
#include "mls/group.h"
#include "tests/warrant/world.h"
#include "warrant/open/approval.h"
#include "warrant/open/combine.h"
#include "warrant/open/notes.h"

namespace candour::tests {

inline const ctl::Progress kQuiet = [](std::string_view, std::size_t, std::size_t) {};

class CaseWorld {
 public:
  CaseWorld();

  /// What Amy (or Ben) writes: signed by MLS, sealed, logged. Returns the place in `world.records`.
  std::size_t say(const DeviceId& who, const std::string& text, const GroupId& group,
                  std::vector<warrant::RecordFinding> findings = {});
  std::size_t say(const DeviceId& who, const messages::Content& content, const GroupId& group,
                  std::vector<warrant::RecordFinding> findings = {});
  /// Seals and logs a record whose evidence is there; fills in id, times and links.
  std::size_t log(warrant::Record record, const Digest& content_commitment);
  /// The record as it was before sealing.
  const warrant::Record& plain(std::size_t place) const { return plain_[place]; }

  /// Everything after the request: approvals, opening, certificate, directory, range. `chosen` of
  /// the world says which records are asked for; `shown` which of those the bundle shows (all by
  /// default).
  ctl::Exhibits exhibits();

  warrant::EscrowShare share(std::uint32_t index) const;
  Secret<32> retention_part(std::size_t place) const;
  ctl::PinnedKeys keys() const { return {world.root(), std::nullopt}; }

  World world;
  warrant::RequestPackage package;  // of the last `exhibits`
  std::vector<std::size_t> shown;   // places; empty = all chosen
  bool write_links = true;
  TimeMs now{kNow - 20 * kDay};
  std::function<void(warrant::Record&)> bend_record = [](warrant::Record&) {};
  std::function<void(messages::Inner&)> bend_inner = [](messages::Inner&) {};

 private:
  struct Person {
    std::uint8_t key_number;
    std::string certificate;
    std::uint64_t certificate_index = 0;
    std::optional<mls::Group> group;
    std::uint64_t counter = 0;
  };
  void form_group();
  void add_directory(tlog::LeafKind kind, const std::string& note);
  tlog::ProofFile proof_of(std::uint64_t index, const tlog::LeafOpening& opening,
                           const std::string& checkpoint) const;
  void approve(const warrant::Request& request, ctl::Exhibits& out);
  void open(ctl::Exhibits& out);
  void certify(const warrant::Request& request, ctl::Exhibits& out);

  std::map<DeviceId, Person> people_;
  std::optional<mls::Group> bot_group_;
  std::vector<warrant::Record> plain_;
  std::map<std::uint32_t, warrant::PartialDecryptions> parts_;
  std::map<GroupId, warrant::PreviousRecord> of_group_;
  std::map<DeviceId, warrant::PreviousRecord> of_sender_;
  struct Published {
    tlog::LeafKind kind;
    std::string object;
    tlog::LeafOpening opening;
    std::uint64_t index;
  };
  std::vector<Published> directory_;
  Digest policy_;
};

}  // namespace candour::tests
