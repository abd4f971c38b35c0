#!/usr/bin/env bash
# Runs schedules of the simulation on all cores, and prints what happened how often: docs/simulation.md.
#   eng/simulate.sh [--seeds N] [--from S]   N schedules (1,000,000) from seed S (1) on
#   eng/simulate.sh --from S --trace         one schedule, with everything that happens in it
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage="$(sed -n '3,4s/^# *//p' "$0")"
seeds=1000000
from=1
trace=""
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) printf '%s\n' "$usage"; exit 0 ;;
    --seeds | --from)
      [[ "${2:-}" =~ ^[0-9]{1,12}$ ]] && [ "$((10#$2))" -ge 1 ] || fail "$1 takes a number from 1 on, not '${2:-}'."
      if [ "$1" = --seeds ]; then seeds="$((10#$2))"; else from="$((10#$2))"; fi
      shift ;;
    --trace) trace=yes ;;
    *) fail "unknown option '$1'. Usage: $usage" ;;
  esac
  shift
done

need_toolchains
project="$root/tests/Simulation/Simulation.csproj"
quietly simulate-build.log dotnet build "$project" -c Release
if [ -n "$trace" ]; then
  test=A_seed_can_be_replayed
  export SIMULATION_SEED="$from"
else
  test=Ten_thousand_schedules
  export SIMULATION_FROM="$from" SIMULATION_SEEDS="$seeds"
  echo "Running $seeds schedules ..."
fi

log="$artifacts/simulate.log"
ok=0
dotnet test "$project" -c Release --no-build --nologo --filter "FullyQualifiedName~$test" --logger "console;verbosity=detailed" >"$log" 2>&1 || ok=$?
sed -n '/Standard Output Messages:/,$p' "$log" | sed -e 1d -e '/^\[xUnit.net/d' -e '/^Test Run /,$d' -e 's/^ //'
[ "$ok" = 0 ] || fail "a promise was broken; the whole output is in artifacts/simulate.log"
