// The reader is one page: fixed script and style, and the data as inert JSON that the script shows
// as text, never as markup. A content security policy allows exactly that script and style, by
// their hashes, and nothing from elsewhere.
#include "base/assert.h"
#include "crypto/hash.h"
#include "ctl/evidence/reader_parts.h"
#include "ctl/evidence/views.h"
#include "warrant/seal/key_text.h"

namespace candour::ctl {
namespace {

using warrant::append_text;

std::string hash_source(std::string_view text) {
  return "'sha256-" + base64_encode(crypto::sha256(as_bytes(text)).view()) + "'";
}

std::string policy() {
  return "default-src 'none'; script-src " + hash_source(reader::kScript) + "; style-src " +
         hash_source(reader::kStyle) + "; base-uri 'none'; form-action 'none'";
}

void write_lines(CanonicalJson& json, const warrant::FreeText& lines) {
  json.array([&] {
    for (const std::string& line : lines) json.text(line);
  });
}

void write_scope(CanonicalJson& json, const warrant::Warrant& w) {
  json.key("scope_authors").array([&] {
    for (const warrant::ScopeAuthor& author : w.authors) {
      json.object([&] {
        json.key("device").hex(author.device);
        json.key("person").text(author.person);
      });
    }
  });
  json.key("scope_categories").array([&] {
    for (const std::string& category : w.categories) json.text(category);
  });
  json.key("scope_groups").array([&] {
    for (const warrant::ScopeGroup& group : w.groups) {
      json.object([&] {
        json.key("group").hex(group.group);
        json.key("title").text(group.title);
      });
    }
  });
}

void write_case(CanonicalJson& json, const warrant::Warrant& w) {
  json.object([&] {
    json.key("authoriser").text(w.authoriser.person + " (" + w.authoriser.key_name + ")");
    json.key("case").text(w.case_name);
    json.key("collateral_intrusion");
    write_lines(json, w.collateral_intrusion);
    json.key("digest").hex(w.digest());
    json.key("expires").time(w.expires);
    json.key("from").time(w.from);
    json.key("issued").time(w.issued);
    json.key("legal_basis");
    write_lines(json, w.legal_basis);
    json.key("necessity");
    write_lines(json, w.necessity);
    json.key("proportionality");
    write_lines(json, w.proportionality);
    json.key("purpose");
    write_lines(json, w.purpose);
    json.key("requester").text(w.requester.person + " (" + w.requester.key_name + ")");
    json.key("reviewer").text(w.reviewer);
    write_scope(json, w);
    json.key("severity");
    write_lines(json, w.severity);
    json.key("until").time(w.until);
  });
}

void write_people(CanonicalJson& json, const Authority& authority) {
  json.array([&] {
    for (const Certified& certified : authority.certificates()) {
      const identity::Enrolment& subject = certified.certificate.subject;
      json.object([&] {
        json.key("acknowledged").array([&] {
          for (const auto& [index, time] : certified.acknowledgements) json.time(time);
        });
        json.key("certificate_index").number(certified.index);
        json.key("device").hex(certified.certificate.device());
        json.key("name").text(subject.name);
        json.key("person").text(subject.person);
        json.key("role").text(subject.role);
        json.key("unit").text(subject.unit);
      });
    }
  });
}

void write_log(CanonicalJson& json, const Exhibits& exhibits, const Examination& examined) {
  json.object([&] {
    json.key("origin").text(examined.authority.statement().log.name);
    json.key("range_end").number(exhibits.range.end);
    json.key("range_first").number(exhibits.range.first);
    json.key("root").hex(examined.tree->root());
    json.key("size").number(examined.tree->size());
  });
}

void write_release(CanonicalJson& json, const Examination& examined) {
  json.object([&] {
    json.key("custodians").array([&] {
      for (const std::string& name : examined.release.custodians) json.text(name);
    });
    json.key("failed").number(examined.release.failed);
    json.key("issued").time(examined.release.issued);
    json.key("keeper").text(examined.release.keeper);
    json.key("opened").number(examined.release.opened);
    json.key("requested").number(examined.request.records);
    json.key("set_aside").number(examined.set_aside);
  });
}

SecretBytes data_of(const Exhibits& exhibits, const Examination& examined,
                    const std::vector<ContinuityStep>& steps) {
  CanonicalJson json(CanonicalJson::Escape::inside_html);
  json.object([&] {
    json.key("case");
    write_case(json, examined.warrant);
    json.key("checks").array([&] {
      for (const Check& check : examined.checks) {
        json.object([&] {
          json.key("detail").text(check.detail);
          json.key("passed").boolean(check.passed);
          json.key("what").text(check.what);
        });
      }
    });
    json.key("continuity").array([&] {
      for (const ContinuityStep& step : steps) {
        json.object([&] {
          json.key("time").time(step.time);
          json.key("what").text(step.what);
          json.key("who").text(step.who);
        });
      }
    });
    json.key("log");
    write_log(json, exhibits, examined);
    json.key("organisation").text(examined.authority.statement().name);
    json.key("people");
    write_people(json, examined.authority);
    json.key("records").array([&] {
      for (const RecordView& view : examined.records) write_record(json, view, examined);
    });
    json.key("release");
    write_release(json, examined);
  });
  return json.take();
}

}  // namespace

SecretBytes reader_html(const Exhibits& exhibits, const Examination& examined,
                        const std::vector<ContinuityStep>& steps) {
  const SecretBytes data = data_of(exhibits, examined, steps);
  SecretBytes::Buffer out;
  std::string_view page = reader::kPage;
  while (true) {
    const auto begin = page.find("{{");
    append_text(out, page.substr(0, begin));
    if (begin == page.npos) break;
    const auto end = page.find("}}", begin);
    const std::string_view part = page.substr(begin + 2, end - begin - 2);
    if (part == "policy") append_text(out, policy());
    if (part == "style") append_text(out, reader::kStyle);
    if (part == "script") append_text(out, reader::kScript);
    if (part == "data") out.insert(out.end(), data.view().begin(), data.view().end());
    page.remove_prefix(end + 2);
  }
  return SecretBytes(std::move(out));
}

}  // namespace candour::ctl
