#!/usr/bin/env bash
# Runs the scenarios with Node 20 or later: the machine's, or the one script/bootstrap fetched.
# Usage: run.sh PROGRAM [PATTERN [SEEDS]]
# Exit status: as run.js; 77 where there is no such Node.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
source "$root/script/node-path.sh"

if ! has_node; then
  echo "SKIPPED: interoperation with ts-mls needs Node 20 or later; script/bootstrap installs it"
  exit 77
fi
if [ ! -d "$here/node_modules/ts-mls" ]; then
  echo "tests/interop has no npm packages yet: run script/bootstrap" >&2
  exit 1
fi
exec node "$here/run.js" "$@"
