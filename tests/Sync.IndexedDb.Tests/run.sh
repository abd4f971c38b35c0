#!/bin/sh
# Runs the tests of the browser store's script in Node: bundled, so that they read the same TypeScript as the build.
set -eu
cd "$(dirname "$0")"
script=../../src/Sync.IndexedDb/Script
[ -d "$script/node_modules" ] || (cd "$script" && npm ci --ignore-scripts --no-audit --no-fund)
rm -rf obj/script
"$script/node_modules/.bin/esbuild" Script/*.test.ts --bundle --platform=node --format=esm --target=node20 --outdir=obj/script --out-extension:.js=.mjs --log-level=warning
exec node --test --test-reporter=spec obj/script/*.mjs
