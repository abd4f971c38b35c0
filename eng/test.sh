#!/usr/bin/env bash
# Builds everything and runs every test, those in a real browser included.
#   eng/test.sh [filter]      only tests whose full name contains the filter
#   eng/test.sh --seed N      one schedule of the simulation again, with its trace
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

filter="${1:-}"
if [ "$filter" = --seed ]; then
  [[ "${2:-}" =~ ^[0-9]+$ ]] || { echo "test: --seed takes the number that a failed run has printed" >&2; exit 2; }
  exec bash "$root/eng/simulate.sh" --from "$2" --seeds 1 --trace
fi
need_toolchains
need_debian chromium chromium
CHROMIUM="$(command -v chromium)"
export CHROMIUM
need_postgres

# One compiler that stays warm takes half the time of one for each project. It goes with the builds.
(
  export UseSharedCompilation=true
  trap 'dotnet build-server shutdown --vbcscompiler >"$artifacts/build-server.log" 2>&1' EXIT
  echo "Building ..."
  quietly build.log dotnet build "$root/Collection.Sdk.sln" -c Release
  grep -E '^ *(sync-indexeddb|bundle)' "$artifacts/build.log" || true
  echo "Publishing the sample ..."
  publish_host
)
export SELLERS_HOST="$artifacts/host"

passed=0
failed=0
log="$artifacts/test.log"
: >"$log"

# Runs one suite. Its counts are read from its closing lines; a suite that ends badly without any counts as one failure.
suite() {
  local name="$1" output ok=0 p f
  shift
  output="$("$@" 2>&1)" || ok=$?
  printf '== %s\n%s\n' "$name" "$output" >>"$log"
  # "Failed: 0, Passed: 12, ..." of dotnet test; "# pass 12" and "# fail 0" of node --test.
  p=$(sed -nE 's/.*Passed: +([0-9]+).*/\1/p; s/^(# |ℹ )pass ([0-9]+)/\2/p' <<<"$output" | awk '{ n += $1 } END { print n + 0 }')
  f=$(sed -nE 's/.*Failed: +([0-9]+).*/\1/p; s/^(# |ℹ )fail ([0-9]+)/\2/p' <<<"$output" | awk '{ n += $1 } END { print n + 0 }')
  if [ "$ok" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f))
  printf '%-32s %5d passed, %d failed\n' "$name" "$p" "$f"
  # What a test has written for people to read: how often each fault happened, which bug was found by which seed.
  sed -n '/Standard Output Messages:/,/^$/{ /Standard Output Messages:/d; s/^ /    /p; }' <<<"$output"
  if [ "$f" != 0 ]; then printf '%s\n' "$output" | tail -n 80; fi
}

for project in "$root"/tests/*/*.csproj; do
  grep -q 'IsTestProject>false' "$project" && continue
  name="$(basename "$project" .csproj)" detail=""
  if [[ "$name" =~ ^(Simulation|Scrolling)$ ]]; then detail="console;verbosity=detailed"; fi
  suite "$name" dotnet test "$project" -c Release --no-build --nologo \
    ${detail:+--logger "$detail"} ${filter:+--filter "FullyQualifiedName~$filter"}
done
for script in "$root"/tests/*/run.sh; do
  [ -e "$script" ] && suite "$(basename "$(dirname "$script")") (node)" bash "$script" ${filter:+"$filter"}
done

echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
