#!/usr/bin/env bash
# Compiles the browser app's core and its tests for Node. Usage: compile.sh FOLDER
# Exit 77 where Node 20 or the packages are missing: the tests then count as skipped.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=$(realpath -m "$1")
source "$root/script/node-path.sh"
if ! has_node || [ ! -d "$root/web/node_modules" ]; then
  echo "SKIPPED: the browser app's tests need Node 20 and script/node-packages" >&2
  exit 77
fi
mkdir -p "$out"
cd "$root/web"
mkdir -p src/core/wire
protoc --plugin=protoc-gen-es=node_modules/.bin/protoc-gen-es --es_out=src/core/wire \
  --es_opt=target=ts,import_extension=ts --proto_path=../transport/wire ../transport/wire/candour.proto
node_modules/.bin/tsc -p tsconfig.test.json --outDir "$out"
ln -sfn "$root/web/node_modules" "$out/node_modules"
echo '{ "type": "module" }' >"$out/package.json"
