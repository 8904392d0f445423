#!/usr/bin/env bash
# Runs web/test/formats.test.ts. Usage: formats.sh COMPILED_FOLDER FIXTURES_PROGRAM
set -euo pipefail
export PATH="$(cd "$(dirname "$0")/../.." && pwd)/var/node/bin:$PATH"
[ -e "$1/test/formats.test.js" ] || { echo "SKIPPED: the app's core was not compiled" >&2; exit 77; }
"$2" >"$1/fixtures.json"
CANDOUR_FIXTURES="$1/fixtures.json" node --test "$1/test/formats.test.js"
