#!/usr/bin/env bash
# Runs web/test/formats*.test.ts. Usage: formats.sh COMPILED_FOLDER FIXTURES_PROGRAM
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/script/node-path.sh"
[ -e "$1/test/formats.test.js" ] || { echo "SKIPPED: the app's core was not compiled" >&2; exit 77; }
"$2" >"$1/fixtures.json"
CANDOUR_FIXTURES="$1/fixtures.json" node --test "$1"/test/formats*.test.js
