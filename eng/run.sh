#!/usr/bin/env bash
# Starts the sellers sample, with data in it.
#   eng/run.sh [--port N] [--sellers N] [--data DIR] [--import FILE.csv]
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

port=5080
data="$artifacts/data"
host_args=()
while [ $# -gt 0 ]; do
  case "$1" in
    --port | --sellers | --data | --import) [ $# -ge 2 ] || fail "$1 wants a value." ;;&
    --port) port="$2"; shift 2 ;;
    --data) data="$2"; shift 2 ;;
    --sellers) host_args+=(--sellers "$2"); shift 2 ;;
    --import) [ -r "$2" ] || fail "cannot read '$2'."; host_args+=(--import "$(realpath "$2")"); shift 2 ;;
    -h | --help) sed -n '2,3s/^# *//p' "$0"; exit 0 ;;
    *) fail "unknown option '$1'. Usage: eng/run.sh [--port N] [--sellers N] [--data DIR] [--import FILE.csv]" ;;
  esac
done
[[ "$port" =~ ^[0-9]{1,5}$ ]] && [ "$port" -ge 1 ] && [ "$port" -le 65535 ] || fail "--port takes a number from 1 to 65535, not '$port'."

[ ${#host_args[@]} -gt 0 ] || host_args=(--sellers 100000)

need_toolchains
mkdir -p "$data"
echo "Publishing (Release, trimmed; the first time takes some minutes) ..."
publish_host
data="$(realpath "$data")"
cd "$artifacts/host"
exec dotnet Sellers.Host.dll --urls "http://127.0.0.1:$port" --data "$data" "${host_args[@]}"
