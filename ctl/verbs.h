// The families of candourctl's verbs; each adds its subcommands to the program.
#pragma once

#include "ctl/context.h"

namespace candour::ctl {

void add_key_verbs(CLI::App& program, Context& context);           // key new, key show
void add_organisation_verbs(CLI::App& program, Context& context);  // org init, statement, show
void add_approval_verbs(CLI::App& program, Context& context);      // enrol show, approve
void add_note_verbs(CLI::App& program, Context& context);          // notice make, sign
void add_policy_verbs(CLI::App& program, Context& context);        // policy check, test, eval, ...
void add_custody_verbs(CLI::App& program, Context& context);       // custodian round1, finish, ...
void add_custodian_setup_verbs(CLI::App& family, Context& context);  // custodian init, session ...
void add_custodian_verbs(CLI::App& program, Context& context);       // custodian review, approve
void add_keeper_verbs(CLI::App& program, Context& context);          // keeper new, approve
void add_warrant_verbs(CLI::App& program, Context& context);         // warrant draft, sign, submit
void add_oversight_verbs(CLI::App& program, Context& context);       // oversight list
void add_config_verbs(CLI::App& program, Context& context);          // config check, show
void add_witness_verbs(CLI::App& program, Context& context);         // witness serve, cosign
void add_relay_verbs(CLI::App& program, Context& context);           // publish, revoke, group ...
void add_log_verbs(CLI::App& program, Context& context);             // log verify, proof
void add_succession_verbs(CLI::App& family, Context& context);       // log succession, ...
void add_release_verbs(CLI::App& program, Context& context);         // release request, open, show
void add_bundle_verbs(CLI::App& program, Context& context);          // bundle write, verify
void add_web_verbs(CLI::App& program, Context& context);             // web make, verify

}  // namespace candour::ctl
