#!/usr/bin/env bash
# Builds the browser app for the tests, or runs one of them, with Node 20 or later (the machine's, or
# the one script/bootstrap fetched) and Debian's chromium.
# Usage: run.sh BUILD_FOLDER build|bundle|screens|flows
# Exit status: 77 where Node or chromium is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
web=$here/..
root=$(cd "$web/.." && pwd)
source "$root/script/node-path.sh"
out=$1/web

if ! has_node; then
  echo "SKIPPED: the browser app needs Node 20 or later; script/bootstrap installs it"
  exit 77
fi
if [ ! -d "$web/node_modules/vite" ]; then
  echo "web/ has no npm packages yet: run script/bootstrap" >&2
  exit 1
fi
if [[ $2 = screens || $2 = flows ]] && [ ! -x "${CANDOUR_CHROMIUM:-/usr/bin/chromium}" ]; then
  echo "SKIPPED: this needs chromium; script/bootstrap --dev installs it"
  exit 77
fi
cd "$web"
case "$2" in
  build)
    npm run --silent wire
    npm run --silent check
    CANDOUR_ENGINE="$out/engine/policy.wasm" npx vite build --logLevel warn --outDir "$out/app" --emptyOutDir
    npx vite build --logLevel warn --config e2e/specimen.config.ts --outDir "$out/specimen"
    ;;
  bundle) node e2e/bundle.js "$out/app" ;;
  screens) node e2e/screens.js "$out/specimen" "$out/pictures" ;;
  flows) python3 e2e/flows_test.py "$out/app" "$out/pictures" ;;
esac
