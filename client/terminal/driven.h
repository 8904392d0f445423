// `candour --json` without a verb: the client driven by a program, over one connection.
//
// Each line of standard input is a command line of one verb, its words separated by tabs; inside a
// word \t, \n and \\ stand for a tab, a line feed and a backslash. `send`, `edit` and their kin
// take their text as a word, not from standard input. Verbs that run for long or make the state
// (watch, enrol, the chat) are not taken.
//
// Standard output has what `candour watch --json` prints, as it happens, and between that what the
// verbs print; each line is answered, when its verb is done, by
//   {"event":"answer","line":N}                                      or
//   {"event":"answer","line":N,"error":"<code>","status":S,"message":"..."}
// with the exit status S the verb would have ended with. The end of the input ends the run; what
// is under way goes on at the next start.
#pragma once

#include <functional>

#include "client/terminal/options.h"
#include "client/terminal/session.h"

namespace candour::terminal {

using RunVerb = std::function<Status(const Options& options, const World& world)>;

/// The words of one line, as above.
std::vector<SecretText> words_of(std::string_view line);

Status driven(const Options& options, const World& world, const RunVerb& run);

}  // namespace candour::terminal
