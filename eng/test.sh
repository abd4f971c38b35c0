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

# What each suite has said, and its two counts.
results="$artifacts/test"
rm -rf "$results"
mkdir -p "$results"

# Runs one suite. Its counts are read from its closing lines; a suite that ends badly without any counts as one failure.
suite() {
  local name="$1" log="$results/$1.log" ok=0 p f
  shift
  "$@" >"$log" 2>&1 || ok=$?
  # "Failed: 0, Passed: 12, ..." of dotnet test; "# pass 12" and "# fail 0" of node --test.
  p=$(sed -nE 's/.*Passed: +([0-9]+).*/\1/p; s/^(# |ℹ )pass ([0-9]+)/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  f=$(sed -nE 's/.*Failed: +([0-9]+).*/\1/p; s/^(# |ℹ )fail ([0-9]+)/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  if [ "$ok" != 0 ] && [ "$f" = 0 ]; then f=1; fi
  printf '%-32s %5d passed, %d failed\n' "$name" "$p" "$f"
  # What a test has written for people to read: how often each fault happened, which bug was found by which seed.
  sed -n '/Standard Output Messages:/,/^$/{ /Standard Output Messages:/d; s/^ /    /p; }' "$log"
  if [ "$f" != 0 ]; then tail -n 80 "$log"; fi
  echo "$p $f" >"$results/$name.counts"
}

# Begins a suite, two at a time: those that drive a browser or a database wait for it most of their time.
begin() {
  while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
  suite "$@" &
  begun=$((begun + 1))
}

begun=0
for project in "$root"/tests/*/*.csproj; do
  grep -q 'IsTestProject>false' "$project" && continue
  name="$(basename "$project" .csproj)" detail=""
  if [[ "$name" =~ ^(Simulation|Scrolling)$ ]]; then detail="console;verbosity=detailed"; fi
  begin "$name" dotnet test "$project" -c Release --no-build --nologo \
    ${detail:+--logger "$detail"} ${filter:+--filter "FullyQualifiedName~$filter"}
done
for script in "$root"/tests/*/run.sh; do
  [ -e "$script" ] && begin "$(basename "$(dirname "$script")") (node)" bash "$script" ${filter:+"$filter"}
done
wait

read -r ended passed failed < <(cat "$results"/*.counts | awk '{ p += $1; f += $2 } END { print NR, p + 0, f + 0 }')
# A suite that has left no counts has not been run to its end.
failed=$((failed + begun - ended))
echo
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
