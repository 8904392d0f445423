#include "crypto/hash.h"
#include "ctl/evidence/views.h"

namespace candour::ctl {
namespace {

using messages::ContentType;

std::string_view name_of_type(ContentType type) {
  switch (type) {
    case ContentType::text:
      return "text";
    case ContentType::reaction:
      return "reaction";
    case ContentType::edit:
      return "edit";
    case ContentType::deletion:
      return "deletion";
    case ContentType::poll:
      return "poll";
    case ContentType::vote:
      return "vote";
    case ContentType::attachment_reserved:
      return "attachment";
  }
  return "unknown";
}

std::string_view name_of_severity(std::uint8_t severity) {
  return severity == 1 ? "notice" : severity == 2 ? "warn" : "block";
}

std::string_view name_of_verdict(warrant::RecordVerdict verdict) {
  switch (verdict) {
    case warrant::RecordVerdict::none:
      return "none";
    case warrant::RecordVerdict::release:
      return "release";
    case warrant::RecordVerdict::warn:
      return "warn";
    case warrant::RecordVerdict::block:
      return "block";
  }
  return "none";
}

std::string_view name_of_remark(warrant::RemarkType type) {
  switch (type) {
    case warrant::RemarkType::none:
      return "none";
    case warrant::RemarkType::override_warning:
      return "override";
    case warrant::RemarkType::dispute:
      return "dispute";
    case warrant::RemarkType::report:
      return "report";
    case warrant::RemarkType::approval:
      return "approval";
  }
  return "none";
}

std::string_view name_of_action(messages::AlertAction action) {
  switch (action) {
    case messages::AlertAction::acknowledge:
      return "acknowledge";
    case messages::AlertAction::assign:
      return "assign";
    case messages::AlertAction::escalate:
      return "escalate";
    case messages::AlertAction::close:
      return "close";
  }
  return "unknown";
}

/// The members of one record, a function for each that is an object of its own.
class RecordJson {
 public:
  RecordJson(CanonicalJson& json, const RecordView& view, const Examination& examined)
      : json_(json), view_(view), record_(view.record), examined_(examined) {}

  void write() {
    json_.object([&] {
      json_.key("bot_time").time(record_.bot_time);
      json_.key("certificate").hex_or_null(record_.certificate);
      json_.key("change");
      change();
      json_.key("content");
      content();
      json_.key("content_commitment").hex_or_null(view_.exhibit->opening.content_commitment);
      json_.key("epoch").number(record_.epoch.value);
      json_.key("evidence_sha256").hex(crypto::sha256(record_.evidence.view()));
      json_.key("findings");
      findings();
      json_.key("group").hex(record_.group);
      json_.key("group_title").text(title());
      json_.key("index").number(view_.index());
      json_.key("kind").text(tlog::name_of(record_.kind));
      json_.key("leaf_hash").hex(view_.leaf_hash);
      json_.key("message_id").hex_or_null(record_.message_id);
      json_.key("policy").hex(record_.policy);
      json_.key("previous_of_group");
      link(record_.previous_of_group, view_.of_group);
      json_.key("previous_of_sender");
      link(record_.previous_of_sender, view_.of_sender);
      json_.key("problems");
      problems();
      json_.key("record").hex(record_.id);
      json_.key("remark");
      remark();
      json_.key("replay_of");
      number_or_null(view_.replay_of);
      rest();
    });
  }

 private:
  void rest() {
    json_.key("roster");
    roster();
    json_.key("sealed_sha256").hex(view_.exhibit->opening.object_hash);
    json_.key("sender");
    sender();
    json_.key("sender_time").time(record_.sender_time);
    json_.key("seq");
    number_or_null(record_.seq.value == 0 ? std::nullopt
                                          : std::optional<std::uint64_t>(record_.seq.value));
    json_.key("signed");
    signature();
    json_.key("step");
    step();
    json_.key("submission").number(record_.submission.value);
    json_.key("verdict").text(name_of_verdict(record_.verdict));
  }

  void number_or_null(const std::optional<std::uint64_t>& value) {
    value ? json_.number(*value) : json_.null();
  }

  std::string_view title() const {
    for (const warrant::ScopeGroup& group : examined_.warrant.groups) {
      if (group.group == record_.group) return group.title;
    }
    return "";
  }

  void change() {
    if (view_.testimony.note.empty()) {
      json_.null();
    } else {
      json_.text(view_.testimony.note.expose());
    }
  }

  void content() {
    if (!view_.testimony.content) {
      json_.null();
      return;
    }
    const messages::Content& c = *view_.testimony.content;
    const messages::Inner& inner = *view_.testimony.inner;
    const bool has_text = c.type != ContentType::deletion && c.type != ContentType::vote;
    json_.object([&] {
      json_.key("about");
      c.about ? json_.hex(*c.about) : json_.null();
      json_.key("checkpoint_seen").object([&] {
        json_.key("origin").text(inner.checkpoint.origin);
        json_.key("root").hex(inner.checkpoint.root);
        json_.key("size").number(inner.checkpoint.size);
      });
      json_.key("counter").number(inner.counter);
      json_.key("mentions").array([&] {
        for (const std::string& person : c.mentions) json_.text(person);
      });
      json_.key("option");
      number_or_null(c.type == ContentType::vote ? std::optional<std::uint64_t>(c.option)
                                                 : std::nullopt);
      json_.key("options").array([&] {
        for (const SecretText& option : c.options) json_.text(option.expose());
      });
      json_.key("text");
      has_text ? json_.text(c.text.expose()) : json_.null();
      json_.key("type").text(name_of_type(c.type));
    });
  }

  void findings() {
    json_.array([&] {
      for (const warrant::RecordFinding& finding : record_.findings) {
        json_.object([&] {
          json_.key("category").text(finding.category);
          json_.key("end").number(finding.end);
          json_.key("rule").text(finding.rule);
          json_.key("severity").text(name_of_severity(finding.severity));
          json_.key("standard").text(finding.standard);
          json_.key("start").number(finding.start);
        });
      }
    });
  }

  void link(const warrant::PreviousRecord& previous, const Link& link) {
    json_.object([&] {
      json_.key("index");
      number_or_null(link.index);
      json_.key("is").text(name_of(link.to));
      json_.key("leaf_hash").hex_or_null(previous.leaf_hash);
      json_.key("record").hex_or_null(previous.record);
    });
  }

  void problems() {
    json_.array([&] {
      for (const std::string& problem : view_.problems) json_.text(problem);
      for (const std::string& problem : view_.testimony.problems) json_.text(problem);
    });
  }

  void remark() {
    if (record_.remark.type == warrant::RemarkType::none) {
      json_.null();
      return;
    }
    json_.object([&] {
      json_.key("reason").text(record_.remark.reason.expose());
      json_.key("reported").hex_or_null(record_.remark.reported);
      json_.key("type").text(name_of_remark(record_.remark.type));
      json_.key("warning_sha256");
      record_.remark.warning.empty() ? json_.null()
                                     : json_.hex(crypto::sha256(record_.remark.warning));
    });
  }

  void roster() {
    if (!view_.testimony.roster) {
      json_.null();
      return;
    }
    const identity::Roster& roster = *view_.testimony.roster;
    json_.object([&] {
      json_.key("class").text(roster.group_class);
      json_.key("epoch").number(roster.epoch.value);
      json_.key("members").array([&] {
        for (const identity::RosterMember& member : roster.members) {
          json_.object([&] {
            json_.key("device").hex(member.device);
            json_.key("leaf").number(member.leaf);
            json_.key("owner").boolean(member.owner);
          });
        }
      });
      json_.key("mls_group").text(hex_encode(roster.mls_group));
    });
  }

  void sender() {
    const Certified* certified = view_.testimony.sender;
    if (record_.sender.is_zero()) {
      json_.null();
      return;
    }
    const identity::Enrolment nobody;
    const auto& subject = certified != nullptr ? certified->certificate.subject : nobody;
    json_.object([&] {
      json_.key("certificate_index");
      number_or_null(certified != nullptr ? std::optional<std::uint64_t>(certified->index)
                                          : std::nullopt);
      json_.key("device").hex(record_.sender);
      json_.key("name").text(subject.name);
      json_.key("person").text(subject.person);
      json_.key("role").text(subject.role);
      json_.key("unit").text(subject.unit);
    });
  }

  void signature() {
    json_.object([&] {
      json_.key("by").text(name_of(view_.testimony.signer));
      json_.key("mls");
      if (!view_.testimony.mls) {
        json_.null();
        return;
      }
      const MlsContext& mls = *view_.testimony.mls;
      json_.object([&] {
        json_.key("group").text(hex_encode(mls.group));
        json_.key("leaf").number(mls.leaf);
        json_.key("transcript_hash").hex(mls.transcript_hash);
        json_.key("tree_hash").hex(mls.tree_hash);
      });
    });
  }

  void step() {
    if (!view_.testimony.step) {
      json_.null();
      return;
    }
    const messages::AlertStep& step = *view_.testimony.step;
    json_.object([&] {
      json_.key("action").text(name_of_action(step.action));
      json_.key("alert").hex(step.alert);
      json_.key("argument").text(step.argument.expose());
    });
  }

  CanonicalJson& json_;
  const RecordView& view_;
  const warrant::Record& record_;
  const Examination& examined_;
};

}  // namespace

void write_record(CanonicalJson& json, const RecordView& view, const Examination& examined) {
  RecordJson(json, view, examined).write();
}

SecretBytes records_jsonl(const Examination& examined) {
  CanonicalJson json;
  for (const RecordView& view : examined.records) {
    write_record(json, view, examined);
    json.end_line();
  }
  return json.take();
}

}  // namespace candour::ctl
