#!/usr/bin/env bash
# Puts the browser's store to many crashes, killed browsers, tabs or flipped bits; a failed run prints the seed to give again.
#   eng/stress.sh crash|kill|tabs|damage [N] [--seed S]
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage="$(sed -n '3s/^# *//p' "$0")"
case "${1:-}" in
  crash) test=CrashStressTests count=STRESS_CRASHES otherwise=500 ;;
  kill) test=KilledBrowserTests count=STRESS_KILLS otherwise=100 ;;
  tabs) test=TabStressTests count=STRESS_ROUNDS otherwise=20 ;;
  damage) test=DamageTests count=STRESS_DAMAGES otherwise=200 ;;
  -h | --help) printf '%s\n' "$usage"; exit 0 ;;
  *) fail "say what to stress the store with, not '${1:-}'. Usage: $usage" ;;
esac
shift
export "$count=$otherwise"
while [ $# -gt 0 ]; do
  case "$1" in
    --seed)
      [[ "${2:-}" =~ ^[0-9]{1,10}$ ]] || fail "--seed takes the number that a failed run has printed, not '${2:-}'."
      export STRESS_SEED="$2"
      shift ;;
    *)
      [[ "$1" =~ ^[0-9]{1,6}$ ]] && [ "$((10#$1))" -ge 1 ] || fail "a run takes a number from 1 on, not '$1'. Usage: $usage"
      export "$count=$((10#$1))" ;;
  esac
  shift
done

need_toolchains
need_debian chromium chromium
CHROMIUM="$(command -v chromium)"
export CHROMIUM
project="$root/tests/Sync.IndexedDb.Tests/Sync.IndexedDb.Tests.csproj"
quietly stress-build.log dotnet build "$project" -c Release
echo "Running ${!count} ..."
ok=0
dotnet test "$project" -c Release --no-build --nologo --filter "FullyQualifiedName~$test" --logger "console;verbosity=detailed" >"$artifacts/stress.log" 2>&1 || ok=$?
sed -n -e '/Standard Output Messages:/,/^$/{ /Standard Output Messages:/d; s/^ //p; }' "$artifacts/stress.log"
[ "$ok" = 0 ] || fail "a promise was broken; the whole output is in artifacts/stress.log"
