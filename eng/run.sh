#!/usr/bin/env bash
# Starts the sellers sample, with data in it.
#   eng/run.sh [--port N] [--sellers N] [--data DIR] [--import FILE.csv] [--database sqlite|postgres|CONNECTION_STRING] [--compare]
# postgres is a server of its own, in artifacts/postgres or in DIR/postgres, that goes down with the sample.
# A connection string, such as "Host=db.example;Database=sellers;Username=sellers", names a PostgreSQL that runs already.
# --compare puts a page beside the app, at /compare/, that shows the same rows in several grids.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

port=5080
usage="$(sed -n '3s/^# *//p' "$0")"
data="$artifacts/data"
server="$artifacts/postgres"
database=sqlite
compare=false
host_args=()
while [ $# -gt 0 ]; do
  case "$1" in
    --port | --sellers | --data | --import | --database) [ $# -ge 2 ] || fail "$1 wants a value." ;;&
    --port) port="$2"; shift 2 ;;
    --data) data="$2"; server="$2/postgres"; shift 2 ;;
    --sellers) host_args+=(--sellers "$2"); shift 2 ;;
    --import) [ -r "$2" ] || fail "cannot read '$2'."; host_args+=(--import "$(realpath "$2")"); shift 2 ;;
    --database)
      [[ "$2" =~ ^(sqlite|postgres)$ || "$2" == *=* ]] || fail "--database takes sqlite, postgres or a connection string such as \"Host=...;Database=...\", not '$2'."
      database="$2"; shift 2 ;;
    --compare) compare=true; shift ;;
    -h | --help) sed -n '2,6s/^# *//p' "$0"; exit 0 ;;
    *) fail "unknown option '$1'. Usage: $usage" ;;
  esac
done
[[ "$port" =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || fail "--port takes a number from 1 to 65535, not '$port'."

[ ${#host_args[@]} -gt 0 ] || host_args=(--sellers 100000)

need_toolchains
[ "$database" != postgres ] || need_postgres
mkdir -p "$data"
echo "Publishing (Release, trimmed; the first time takes some minutes) ..."
publish_host
if "$compare"; then publish_compare "$artifacts/host/wwwroot"; fi
data="$(realpath "$data")"
server="$(realpath -m "$server")"
cd "$artifacts/host"
command=(dotnet Sellers.Host.dll --urls "http://127.0.0.1:$port" --data "$data" "${host_args[@]}")
case "$database" in
  sqlite) exec "${command[@]}" ;;
  postgres) ;;
  *) exec "${command[@]}" --database "$database" ;;
esac

# The server goes down after the host, whatever ends the host, or this script before it.
host=""
end() {
  trap '' HUP INT TERM
  if [ -n "$host" ]; then kill -TERM "$host" 2>/dev/null && wait "$host" || true; fi
  "$root/eng/postgres.sh" stop "$server"
}
trap end EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
database="$("$root/eng/postgres.sh" start "$server")"
"${command[@]}" --database "${database##*$'\n'}" <&0 &
host=$!
status=0
wait "$host" || status=$?
host=""
exit "$status"
