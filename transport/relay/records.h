// What investigators fetch for a release: sealed records by what their labels say, the rosters that
// tell who was in which group, and the entries of the range. All of it is ciphertext or public; the
// relay can open none of it. IoThread only.
#pragma once

#include "transport/relay/context.h"

namespace candour::relay {

class Records {
 public:
  explicit Records(Context& context) : context_(context) {}

  /// Investigators only. A page may be empty and still not be the last: next_index says so.
  Status get(const Session& session, std::uint64_t request, const v1::GetRecords& frame);
  /// Investigators, and the bot, which is also told how far each group has come: from that it forms
  /// groups again that it has lost.
  Status rosters(const Session& session, std::uint64_t request, const v1::GetRosters& frame);
  /// Role keys only. At most kEntriesMax entries of those asked for.
  Status entries(const Session& session, std::uint64_t request, const v1::GetEntries& frame);

  static constexpr std::uint64_t kEntriesMax = 16'384;

 private:
  void answer_rosters(SessionId session, std::uint64_t request, const GroupId& after,
                      bool with_groups);
  Status check_role(const Session& session, std::string_view wanted) const;
  Context& context_;
};

}  // namespace candour::relay
