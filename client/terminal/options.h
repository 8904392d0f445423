// What a person typed, after reading it; one value for all verbs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/secret.h"

namespace candour::terminal {

struct Options {
  std::string verb;  // empty = interactive chat

  std::filesystem::path state;
  std::filesystem::path config;
  std::filesystem::path passphrase_file;
  bool json = false;
  bool offline = false;
  std::uint64_t timeout_ms = 30'000;

  // enrol
  std::string relay;
  std::string tls_name = "localhost";
  std::filesystem::path ca_file;
  std::filesystem::path root_file;
  std::string organisation;
  std::string person;
  std::string name;
  std::string role = "officer";
  std::string unit;
  std::filesystem::path request_file;
  std::filesystem::path certificate_file;

  // messages
  std::string group;
  std::string id;  // message or alert
  SecretText text;
  bool has_text = false;
  SecretText reason;
  std::string reply_to;
  std::string react;
  std::string about;                      // --to
  std::string remove;                     // --delete
  std::vector<std::string> mentions;      // person ids
  std::vector<std::string> poll_options;  // of a new poll
  std::string choice;                     // of a vote
  std::string emoji;                      // of a reaction
  std::filesystem::path lines_file;
  std::string on_warning = "keep";
  std::size_t window = 64;
  std::uint64_t delay_ms = 0;
  bool no_wait = false;

  // groups and their people
  std::string action;  // create, rename, ...
  std::string title;
  std::string group_class = "ordinary";
  std::vector<std::string> people;  // --member
  std::vector<std::string> owners;
  std::string until;  // of read
  // alerts check, alerts context, record
  std::string what;
  std::filesystem::path out_file;
  std::uint64_t minutes = 10;
  bool everyone = false;

  // watch
  std::uint64_t until_idle_ms = 0;  // 0 = for ever
  std::uint64_t seconds = 0;        // 0 = for ever

  // alerts, receipts, notice
  bool all = false;
  std::string to_person;
  std::string resolution;  // of close
  bool proof = false;
  std::filesystem::path proof_file;  // empty: print only
  bool acknowledge = false;
};

}  // namespace candour::terminal
