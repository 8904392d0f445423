// The messages of a ceremony and the files the coordinator makes of them.
#include <algorithm>

#include "base/encoding.h"
#include "warrant/open/ceremony.h"

namespace candour::warrant {
namespace {

using identity::NoteFields;

constexpr std::string_view kRound = "candour-custodian-round/v1";
constexpr std::string_view kSet = "candour-custodian-round-set/v1";

Error invalid(const std::string& what) { return error(ErrorCode::input_invalid, what); }

// The two fields both files begin with.
Result<std::uint32_t> round_of(const NoteFields& fields, const Ceremony& ceremony) {
  CANDOUR_TRY(const auto session, fields.one("session"));
  if (session != ceremony.digest().hex()) {
    return invalid("this file is of session " + session.substr(0, 64) + ", not of " +
                   ceremony.digest().hex());
  }
  const bool second = fields.maybe("round") == "2";
  if (!second && fields.maybe("round") != "1") {
    return error(ErrorCode::note_malformed, "a ceremony has rounds 1 and 2");
  }
  return second ? 2u : 1u;
}

std::string head(std::string_view format, const Digest& session, std::uint32_t round) {
  return std::string(format) + "\nsession " + session.hex() + "\nround " + std::to_string(round) +
         "\n";
}

}  // namespace

std::string RoundMessage::print(const Digest& session) const {
  return head(kRound, session, round) + "name " + name + "\nmessage " + base64_encode(message) +
         "\n";
}

Result<RoundMessage> RoundMessage::verify(std::string_view note, const Ceremony& ceremony) {
  CANDOUR_TRY(const auto parsed, identity::SignedNote::parse(note));
  CANDOUR_TRY(const auto fields,
              NoteFields::parse(parsed.text, kRound, {"session", "round", "name", "message"}));
  RoundMessage out;
  CANDOUR_TRY(out.round, round_of(fields, ceremony));
  CANDOUR_TRY(out.name, fields.one("name"));
  CANDOUR_TRY(const auto text, fields.one("message"));
  const auto message = base64_decode(text);
  if (!message) return error(ErrorCode::note_malformed, "the message is not base64");
  out.message = *message;
  const auto senders = ceremony.senders(out.round);
  const auto sender = std::find_if(senders.begin(), senders.end(),
                                   [&](const auto& card) { return card.name == out.name; });
  if (sender == senders.end()) {
    return error(ErrorCode::not_found, "'" + out.name + "' has no part in round " +
                                           std::to_string(out.round) + " of this session");
  }
  if (!parsed.signed_by(sender->key)) {
    return error(ErrorCode::signature_invalid,
                 "the message in the name of '" + out.name + "' is not signed by its key");
  }
  return out;
}

Result<std::string> collect_round(const Ceremony& ceremony, std::uint32_t round,
                                  const std::vector<std::string>& notes) {
  const auto senders = ceremony.senders(round);
  std::vector<const std::string*> ordered(senders.size(), nullptr);
  for (const std::string& note : notes) {
    CANDOUR_TRY(const auto message, RoundMessage::verify(note, ceremony));
    if (message.round != round) {
      return invalid("the message of '" + message.name + "' is of round " +
                     std::to_string(message.round));
    }
    const auto sender = std::find_if(senders.begin(), senders.end(),
                                     [&](const auto& card) { return card.name == message.name; });
    const std::string*& place = ordered[static_cast<std::size_t>(sender - senders.begin())];
    if (place != nullptr && *place != note) {
      return invalid("'" + message.name + "' sent two messages in round " + std::to_string(round));
    }
    place = &note;
  }
  std::string out = head(kSet, ceremony.digest(), round);
  for (std::size_t i = 0; i < senders.size(); ++i) {
    if (ordered[i] == nullptr) {
      return invalid("the message of '" + senders[i].name + "' in round " + std::to_string(round) +
                     " is missing");
    }
    out += "part " + base64_encode(as_bytes(*ordered[i])) + "\n";
  }
  return out;
}

Result<std::vector<Bytes>> read_round(const Ceremony& ceremony, std::uint32_t round,
                                      std::string_view text) {
  CANDOUR_TRY(const auto fields, NoteFields::parse(text, kSet, {"session", "round", "part"}));
  CANDOUR_TRY(const auto number, round_of(fields, ceremony));
  if (number != round) {
    return invalid("this file holds round " + std::to_string(number) + ", not round " +
                   std::to_string(round));
  }
  const auto senders = ceremony.senders(round);
  const auto parts = fields.all("part");
  if (parts.size() != senders.size()) {
    return invalid("round " + std::to_string(round) + " has " + std::to_string(senders.size()) +
                   " messages, " + std::to_string(parts.size()) + " are there");
  }
  std::vector<Bytes> out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto note = base64_decode(parts[i]);
    if (!note) return error(ErrorCode::note_malformed, "a part is not base64");
    CANDOUR_TRY(auto message, RoundMessage::verify(as_text(*note), ceremony));
    if (message.round != round || message.name != senders[i].name) {
      return invalid("message " + std::to_string(i + 1) + " should be of '" + senders[i].name +
                     "' in round " + std::to_string(round));
    }
    out.push_back(std::move(message.message));
  }
  return out;
}

}  // namespace candour::warrant
