#!/usr/bin/env bash
# Measures against what teams use instead, and prints a table: benchmarks/README.md.
#   eng/bench.sh browser|dotnet [--rows N] [--json FILE] [--runs N] [--only SCENARIO[,SCENARIO]] [--peers PEER[,PEER]]
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage="$(sed -n '3s/^# *//p' "$0")"
browser="first-sync warm-open window-jump search export delta-1000 \
store-bulk store-warm-open store-window store-screen-name-cold store-screen-name-cached store-screen-seen-cold store-screen-seen-cached \
store-search store-filter-sort store-delta store-edit memory sync-scroll scroll"
dotnet="csv-export json-export row-decode sync-apply feed-read feed-read-postgres upsert-sqlite upsert-postgres event-streams query-cache"
help() { printf '%s\nScenarios in the browser: %s\nOn .NET: %s\n' "$usage" "$browser" "$dotnet"; exit 0; }
kind="${1:-}"
case "$kind" in
  browser) scenarios="$browser" ;;
  dotnet) scenarios="$dotnet" ;;
  -h | --help) help ;;
  *) fail "say what to measure, browser or dotnet, not '$kind'. Usage: $usage" ;;
esac
shift

rows=100000
only=""
bench_args=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help ;;
    --rows | --json | --runs | --only | --peers) [ $# -ge 2 ] || fail "$1 wants a value." ;;&
    --rows) rows="$2" ;;
    --json) [ ! -d "$2" ] || fail "--json names a folder, '$2'; it takes a file."; bench_args+=(--json "$(realpath -m "$2")") ;;
    --runs) [[ "$2" =~ ^[0-9]{1,3}$ ]] && [ "$((10#$2))" -ge 5 ] || fail "--runs takes a number from 5 to 999, not '$2'."; bench_args+=(--runs "$2") ;;
    --only)
      for name in ${2//,/ }; do
        [[ " $scenarios " == *" $name "* ]] || fail "$kind has no scenario '$name'; it has $scenarios."
      done
      only="$2"
      bench_args+=(--only "$only") ;;
    --peers) [ "$kind" = browser ] || fail "--peers is for the browser."; bench_args+=(--peers "$2") ;;
    *) fail "unknown option '$1'. Usage: $usage" ;;
  esac
  shift 2
done
[[ "$rows" =~ ^[0-9]{4,7}$ ]] && [ "$((10#$rows))" -ge 1000 ] && [ "$((10#$rows))" -le 5000000 ] || fail "--rows takes a number from 1000 to 5000000, not '$rows'."
rows="$((10#$rows))"
data="$artifacts/bench/data-$rows"

# The rows are those of the sample, made once by starting its host, and anew when its tables or those of sync have changed.
make_data() {
  local newer=""
  if [ -e "$data/complete" ]; then
    newer="$(find "$root/samples/Sellers/Host/Data" "$root/src/Sync.AspNetCore/Sqlite" -name '*.sql' -newer "$data/complete")"
    [ -n "$newer" ] || return 0
  fi
  echo "Making $rows sellers (once) ..."
  publish_host
  rm -rf "$data"
  mkdir -p "$data"
  coproc HOST {
    cd "$artifacts/host" &&
      exec dotnet Sellers.Host.dll --sellers "$rows" --data "$data" --urls http://127.0.0.1:0 2>"$artifacts/bench/host.log"
  }
  local line="" pid="$HOST_PID"
  while [[ "$line" != Sellers:* ]]; do
    IFS= read -r line <&"${HOST[0]}" || { cat "$artifacts/bench/host.log" >&2; fail "the sample's host ended before it had made its data."; }
  done
  kill "$pid"
  wait "$pid" || true
  touch "$data/complete"
}

# event-streams has 1,000 connections open, in each of two processes.
need_open_files() {
  local limit
  limit="$(ulimit -n)"
  [ "$limit" = unlimited ] || [ "$limit" -ge 4096 ] || ulimit -Sn 4096 2>/dev/null ||
    fail "event-streams wants 4096 open files, and $(ulimit -Hn) are allowed here: have the limit raised (ulimit -n), or leave the scenario out with --only."
}

need_toolchains
mkdir -p "$artifacts/bench"
if [ "$kind" = browser ]; then
  need_debian chromium chromium
  CHROMIUM="$(command -v chromium)"
  export CHROMIUM
fi
if [ "$kind" = dotnet ]; then
  if [[ -z "$only" || "$only" == *postgres* ]]; then need_postgres; fi
  if [[ -z "$only" || "$only" == *event-streams* ]]; then need_open_files; fi
fi
make_data
echo "Publishing ..."
published="$artifacts/bench/app-$kind"
rm -rf "$published"
quietly "bench-$kind.log" dotnet publish "$root/benchmarks/${kind^}/${kind^}.csproj" -c Release -o "$published"
if [[ "$kind" = browser && ( -z "$only" || ",$only," == *,scroll,* ) ]]; then publish_compare "$published/wwwroot"; fi
exec dotnet "$published/Collection.Benchmarks.${kind^}.dll" --database "$data/sellers.db" ${bench_args[@]+"${bench_args[@]}"}
