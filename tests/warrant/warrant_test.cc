// Goal: a warrant says one thing only, to people and to programs. Method: what prints parses to the
// same and prints the same again; every field is then missing, doubled, misspelt or out of order
// once, and the error must name the line.
#include "warrant/open/warrant.h"

#include "tests/warrant/world.h"
#include "warrant/open/summary.h"

namespace candour::tests {
namespace {

using warrant::Warrant;

class WarrantNote : public testing::Test {
 protected:
  World world;
  Warrant& w = world.warrant;

  std::string fault(const std::string& text) const {
    const auto parsed = Warrant::parse(text);
    if (parsed) {
      ADD_FAILURE() << "parsed:\n" << text;
      return "";
    }
    EXPECT_EQ(parsed.error().code, ErrorCode::warrant_invalid);
    return parsed.error().message;
  }
  void expect_fault(const std::string& text, const std::string& words) const {
    const std::string message = fault(text);
    EXPECT_NE(message.find(words), std::string::npos) << message;
  }
};

TEST_F(WarrantNote, PrintsWhatItParses) {
  w.categories = {"misogyny", "data"};
  w.named = {"p-7", "p-8"};
  w.widens = warrant::testing_only::filled<Digest>(0xC3);
  w.groups.push_back({world.group_b, ""});
  const auto parsed = Warrant::parse(w.print());
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed.value(), w);
  EXPECT_EQ(parsed.value().print(), w.print());
  EXPECT_EQ(w.digest(), crypto::sha256(as_bytes(w.print())));
}

TEST_F(WarrantNote, EveryLineIsNeededOnceInItsPlace) {
  const std::string text = w.print();
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at + 1));
    at = end + 1;
  }
  const auto join = [](const std::vector<std::string>& list) {
    std::string out;
    for (const std::string& line : list) out += line;
    return out;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    // The purpose has two lines, and one of author and group is enough: these may go.
    const bool optional = lines[i].starts_with("purpose") || lines[i].starts_with("author ") ||
                          lines[i].starts_with("group");
    if (!optional) {
      auto without = lines;
      without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
      expect_fault(join(without), "line " + std::to_string(i + 1) + ":");
    }
    auto misspelt = lines;
    misspelt[i] = "x" + misspelt[i];
    expect_fault(join(misspelt), "line " + std::to_string(i + 1) + ":");
    if (i + 1 < lines.size() && lines[i].substr(0, 3) != lines[i + 1].substr(0, 3)) {
      auto swapped = lines;
      std::swap(swapped[i], swapped[i + 1]);
      expect_fault(join(swapped), "line ");
    }
  }
  expect_fault(text + "note of mine\n", "unexpected field 'note'");
  expect_fault(text.substr(0, text.size() - 1), "newline");
}

TEST_F(WarrantNote, RefusesWhatMisleads) {
  const std::string text = w.print();
  expect_fault(replaced(text, "Gross misconduct", "Gross \u202Emisconduct"), "severity");
  expect_fault(replaced(text, "PSD-2026-0117", std::string(129, 'x')), "'case'");
  expect_fault(replaced(text, "from 2026-", "from 2026-1"), "time");
  expect_fault(replaced(text, "author " + world.amy.hex(), "author " + std::string(64, 'A')),
               "lower-case");
  expect_fault(replaced(text, "requester investigator-1 p-20", "requester investigator-1"),
               "<key name> <person>");
  expect_fault(replaced(text, "purpose To establish", "purpose " + std::string(513, 'x')),
               "purpose");
}

TEST_F(WarrantNote, RefusesFieldsThatDoNotFitTogether) {
  const auto bent = [&](auto&& bend, const std::string& words) {
    Warrant copy = w;
    bend(copy);
    expect_fault(copy.print(), words);
  };
  bent([](Warrant& c) { c.authors.clear(), c.groups.clear(); }, "everybody");
  bent([](Warrant& c) { c.until = c.from; }, "'from' is not before 'until'");
  bent([](Warrant& c) { c.expires = c.issued; }, "'issued' is not before 'expires'");
  bent([](Warrant& c) { c.sealed_until = TimeMs(c.issued.value - 1); }, "sealed-until");
  bent([](Warrant& c) { c.sealed_until = TimeMs(c.issued.value + 6 * 366 * kDay); }, "five years");
  bent([](Warrant& c) { c.authors.push_back(c.authors[0]); }, "twice");
  bent([](Warrant& c) { c.groups.push_back(c.groups[0]); }, "twice");
  bent([](Warrant& c) { c.named = {"p-1", "p-1"}; }, "twice");
  bent([](Warrant& c) { c.named.assign(65, "p"); }, "more than 64");
}

TEST_F(WarrantNote, IsOfOneOrganisationAndLog) {
  w.log = "elsewhere.example/log";
  EXPECT_EQ(code_of(Warrant::verify(world.warrant_note(), world.statement)),
            ErrorCode::warrant_invalid);
  w.log = world.statement.log.name;
  w.organisation = "elsewhere";
  EXPECT_EQ(code_of(Warrant::verify(world.warrant_note(), world.statement)),
            ErrorCode::warrant_invalid);
}

TEST_F(WarrantNote, DraftsSayWhoHasYetToSign) {
  identity::SignedNote draft{w.print(), {}};
  EXPECT_TRUE(Warrant::verify_draft(draft, world.statement));
  EXPECT_EQ(missing_signatures(draft, world.statement, w),
            (std::vector<std::string>{"requester 'investigator-1' (p-20)",
                                      "authoriser 'authoriser-1' (p-22)"}));
  identity::sign_note(draft, "investigator-1", test_key(kInvestigator));
  EXPECT_EQ(missing_signatures(draft, world.statement, w).size(), 1u);
  draft.text = replaced(draft.text, "One author", "Two authors");
  EXPECT_EQ(code_of(Warrant::verify_draft(draft, world.statement)),
            ErrorCode::warrant_signature_invalid);
}

TEST_F(WarrantNote, ScopeIsTheNarrowestReading) {
  tlog::RecordLabel label;
  label.log_origin = w.log;
  label.sender = world.amy;
  label.group = world.group_a;
  label.bot_time = w.from;
  EXPECT_TRUE(w.covers(label));
  label.group = world.group_b;
  EXPECT_EQ(code_of(w.covers(label)), ErrorCode::out_of_scope);
  w.groups.clear();  // this author in every group
  EXPECT_TRUE(w.covers(label));
  label.sender = world.ben;
  EXPECT_EQ(code_of(w.covers(label)), ErrorCode::out_of_scope);
  w.authors.clear();
  w.groups = {{world.group_b, ""}};  // everybody in this group
  EXPECT_TRUE(w.covers(label));
  label.log_origin = "elsewhere";
  EXPECT_EQ(code_of(w.covers(label)), ErrorCode::out_of_scope);
}

TEST_F(WarrantNote, SummaryHoldsWhatACustodianDecidesOn) {
  w.named = {"p-77"};
  const identity::SignedNote unsigned_note{w.print(), {}};
  const std::string text = describe(w, unsigned_note, world.statement, TimeMs(kNow));
  for (const char* words :
       {"PSD-2026-0117", "p-20", "p-22", "p-24", "Gross misconduct", "No other source",
        "as two witnesses describe.", "p-1042", "Team A", "p-77", "30 days left",
        "SIGNATURE MISSING: authoriser", "AND in one of these groups"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
  w.authors.clear();
  EXPECT_NE(describe_scope(w).find("EVERYBODY"), std::string::npos);
  EXPECT_NE(describe(w, unsigned_note, world.statement, TimeMs(kNow + 40 * kDay)).find("EXPIRED"),
            std::string::npos);
}

}  // namespace
}  // namespace candour::tests
