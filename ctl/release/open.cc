#include "ctl/release/open.h"

#include <algorithm>
#include <set>

#include "base/files.h"
#include "base/limits.h"
#include "base/private_folder.h"
#include "crypto/hash.h"
#include "warrant/open/notes.h"

namespace candour::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kProgressStep = 200;

/// Reads one answer into the lists, or says what is wrong with it.
class AnswerReader {
 public:
  AnswerReader(const crypto::SealingKey& reply_key, const identity::Statement& statement,
               const warrant::Request& request, std::span<const crypto::Point> points)
      : reply_key_(reply_key), statement_(statement), request_(request), points_(points) {}

  void take(const fs::path& path, Answers& out) {
    std::string who = path.filename().string();
    const Status taken = read(path, who, out);
    if (!taken) out.refused.push_back({who, taken.error().message});
  }

 private:
  Status read(const fs::path& path, std::string& who, Answers& out) {
    CANDOUR_TRY(const auto bytes, read_secret_file(path, limits::kRequestSizeMax));
    CANDOUR_TRY(const auto file, warrant::ApprovalFile::decode(bytes.view()));
    CANDOUR_TRY(const auto approval, warrant::verify_approval(file, statement_, request_));
    who = approval.custodian;
    if (seen_.contains(who)) return ok();
    CANDOUR_TRY(auto parts, warrant::open_approval(file, approval, reply_key_));
    if (approval.by_keeper()) {
      if (parts.size() != points_.size() * 32) {
        return error(ErrorCode::input_invalid, "not one retention part for each record");
      }
      out.keepers.push_back({approval, std::move(parts)});
    } else {
      CANDOUR_TRY(auto decoded, warrant::PartialDecryptions::decode(parts.view(), points_.size()));
      CANDOUR_TRY(warrant::verify_contribution(statement_, points_,
                                               {approval.group, approval.index, &decoded}));
      out.custodians.push_back({approval, std::move(decoded)});
    }
    seen_.insert(who);
    return ok();
  }

  const crypto::SealingKey& reply_key_;
  const identity::Statement& statement_;
  const warrant::Request& request_;
  std::span<const crypto::Point> points_;
  std::set<std::string> seen_;
};

bool in_categories(const warrant::Record& record, const warrant::Warrant& warrant) {
  if (warrant.categories.empty()) return true;
  return std::any_of(record.findings.begin(), record.findings.end(), [&](const auto& finding) {
    return std::find(warrant.categories.begin(), warrant.categories.end(), finding.category) !=
           warrant.categories.end();
  });
}

/// Opens all records with the parts of one keeper.
class Opener {
 public:
  Opener(const warrant::RequestPackage& package, const warrant::Combiner& combiner,
         const Authority& authority, const warrant::Warrant& warrant, const Progress& progress)
      : package_(package),
        combiner_(combiner),
        authority_(authority),
        warrant_(warrant),
        progress_(progress) {}

  OpenedRecords run(const Answers::Keeper& keeper) const {
    OpenedRecords out;
    out.keeper = keeper.approval.custodian;
    crypto::Sha256 hash;
    for (std::size_t i = 0; i < package_.records.size(); ++i) {
      out.keys.push_back(open_one(i, keeper.parts.view().subspan(i * 32, 32), hash));
      const OpenState state = out.keys.back().state;
      ++(state == OpenState::shown       ? out.shown
         : state == OpenState::set_aside ? out.set_aside
                                         : out.failed);
      if ((i + 1) % kProgressStep == 0) progress_("opening", i + 1, package_.records.size());
    }
    out.digest = hash.finish();
    return out;
  }

 private:
  OpenedKey open_one(std::size_t place, ByteView part, crypto::Sha256& hash) const {
    OpenedKey key;
    key.index = package_.records[place].index;
    auto shared = combiner_.shared(place);
    if (!shared) return key;
    auto retention = Secret<32>::copy_of(part.first<32>());
    const auto record = open_record(place, shared.value(), retention);
    if (!record) return key;
    if (!in_categories(record.value(), warrant_)) {
      key.state = OpenState::set_aside;
      return key;
    }
    hash.update(record.value().encode().view());
    key.state = OpenState::shown;
    key.shared = std::move(shared).value();
    key.part = std::move(retention);
    return key;
  }

  Result<warrant::Record> open_record(std::size_t place, const Secret<32>& shared,
                                      const Secret<32>& part) const {
    const warrant::RequestedRecord& asked = package_.records[place];
    CANDOUR_TRY(const auto sealed, warrant::SealedRecord::decode(asked.sealed));
    CANDOUR_TRY(const auto key, warrant::escrow_key(authority_.statement_at(asked.index)));
    return warrant::open_record(sealed, shared, part, key);
  }

  const warrant::RequestPackage& package_;
  const warrant::Combiner& combiner_;
  const Authority& authority_;
  const warrant::Warrant& warrant_;
  const Progress& progress_;
};

}  // namespace

Status take_in(const CaseFolder& folder, const std::vector<std::string>& files) {
  const fs::path dir = folder.file("approvals");
  CANDOUR_TRY(make_private_folder(dir));
  for (const std::string& file : files) {
    CANDOUR_TRY(const Bytes bytes, read_file(file, limits::kRequestSizeMax));
    const fs::path to = dir / (crypto::sha256(bytes).hex().substr(0, 24) + ".approval");
    if (fs::exists(to)) continue;
    CANDOUR_TRY(write_secret_file(to, bytes));
  }
  return ok();
}

Result<Answers> read_answers(const Station& station, const identity::Statement& statement,
                             const warrant::Request& request,
                             std::span<const crypto::Point> points) {
  CANDOUR_TRY(const auto reply_key, station.reply_key());
  AnswerReader reader(reply_key, statement, request, points);
  std::error_code none;
  std::set<fs::path> files;
  for (const auto& entry : fs::directory_iterator(station.folder().file("approvals"), none)) {
    files.insert(entry.path());
  }
  Answers out;
  for (const fs::path& file : files) reader.take(file, out);
  return out;
}

Result<OpenedRecords> open_all(const warrant::RequestPackage& package, const Answers& answers,
                               const Authority& authority, const warrant::Warrant& warrant,
                               const Progress& progress) {
  std::vector<warrant::Contribution> contributions;
  for (const Answers::Custodian& custodian : answers.custodians) {
    contributions.push_back({custodian.approval.group, custodian.approval.index, &custodian.parts});
  }
  CANDOUR_TRY(const auto combiner,
              warrant::Combiner::create(authority.statement(), std::move(contributions),
                                        package.records.size()));
  if (answers.keepers.empty()) {
    return error(ErrorCode::evidence_incomplete,
                 "no keeper's approval is there: without the retention parts nothing opens");
  }
  const Opener opener(package, combiner, authority, warrant, progress);
  for (const Answers::Keeper& keeper : answers.keepers) {
    OpenedRecords opened = opener.run(keeper);
    if (opened.shown + opened.set_aside == 0) continue;
    for (const warrant::Contribution& used : combiner.used()) {
      for (const Answers::Custodian& custodian : answers.custodians) {
        if (custodian.approval.group == used.group && custodian.approval.index == used.index) {
          opened.custodians.push_back(custodian.approval.custodian);
        }
      }
    }
    return opened;
  }
  return error(ErrorCode::decryption_failed,
               "no record opens although every custodian's proof holds: the keeper's parts are "
               "not of these records' retention keys");
}

}  // namespace candour::ctl
