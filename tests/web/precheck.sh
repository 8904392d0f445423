#!/usr/bin/env bash
# Runs web/test/precheck.test.ts. Usage: precheck.sh COMPILED_FOLDER EXAMPLES_PROGRAM MODULE
# Exit 77 where Node or emscripten, which makes the module, is missing.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/script/node-path.sh"
[ -e "$1/test/precheck.test.js" ] || { echo "SKIPPED: the app was not compiled" >&2; exit 77; }
[ -e "$3" ] || { echo "SKIPPED: no policy engine for the browser: script/bootstrap --dev installs emscripten" >&2; exit 77; }
"$2" "$1/precheck.examples"
CANDOUR_EXAMPLES="$1/precheck.examples" CANDOUR_ENGINE="$3" node --test --test-reporter=spec "$1/test/precheck.test.js"
