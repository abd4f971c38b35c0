# Sourced by the other scripts: finds what they need, and installs it where that is possible.
# shellcheck shell=bash
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
artifacts="$root/artifacts"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false
# A build server that outlives the script would keep files and memory.
export MSBUILDDISABLENODEREUSE=1 DOTNET_CLI_USE_MSBUILD_SERVER=0

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$1" >&2
  exit 2
}

need_toolchains() {
  command -v dotnet >/dev/null || fail "the .NET SDK is missing. Install .NET SDK 10.0.4xx and run this again."
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    fail "no .NET SDK fits global.json. Install SDK $(sed -n 's/.*"version": "\(.*\)".*/\1/p' "$root/global.json") or a later patch of it; here are: $(dotnet --list-sdks | cut -d' ' -f1 | tr '\n' ' ')"
  command -v node >/dev/null && command -v npm >/dev/null || fail "Node.js is missing. Install Node.js 20 or later, with npm, and run this again."
  [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || fail "Node.js $(node --version) is too old. Install Node.js 20 or later."
}

# need_debian COMMAND PACKAGE: leaves a command that is there alone.
need_debian() {
  command -v "$1" >/dev/null || install_debian "$1" "$2"
}

# install_debian WHAT PACKAGE: installs it, or says how to.
install_debian() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "$1 is missing. Install it (on Debian: sudo apt-get install $2) and run this again."
  fi
  echo "Installing $2 ..."
  mkdir -p "$artifacts"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2"; } >"$artifacts/apt.log" 2>&1 ||
    { tail -n 20 "$artifacts/apt.log" >&2; fail "could not install $2; the whole output is in artifacts/apt.log"; }
}

# postgres_programs [MAJOR]: prints the folder of PostgreSQL's programs, the newest or those of that version.
# Debian keeps them out of PATH, so that several versions can stand side by side.
# shellcheck disable=SC2120 # postgres.sh passes a version.
postgres_programs() {
  local programs
  # A link in PATH may stand for one program only; its target has the others beside it.
  if [ $# = 0 ] && programs="$(command -v pg_ctl)" && programs="$(dirname "$(realpath "$programs")")" && [ -x "$programs/initdb" ]; then
    printf '%s\n' "$programs"
    return
  fi
  for programs in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin; do
    [ -x "$programs/initdb" ] && printf '%s\n' "$programs"
  done | grep -E "[/-]${1:-[0-9]+}/bin\$" | sort -V | tail -n 1 | grep .
}

need_postgres() {
  # shellcheck disable=SC2119
  postgres_programs >/dev/null && return
  # What Debian's package brings up by default is a server for the whole machine: only the programs are wanted.
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ ! -e /etc/postgresql-common ]; then
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/no-main-cluster.conf
  fi
  install_debian "PostgreSQL (14 or later)" postgresql
}

# quietly LOG COMMAND...: shows the output only if the command fails.
quietly() {
  local log="$artifacts/$1"
  shift
  mkdir -p "$artifacts"
  "$@" >"$log" 2>&1 || { grep -E 'error|fail' "$log" | sort -u | head -n 40 >&2 || true; fail "failed: $*; the whole output is in ${log#"$root"/}"; }
}

# Into an empty folder: names carry fingerprints, and files of older builds would stay beside the new ones.
# Puts the page that compares grids beside an app: into the folder "compare" of a wwwroot.
publish_compare() {
  rm -rf "$artifacts/compare" "$1/compare"
  quietly compare.log dotnet publish "$root/samples/Sellers/Compare/Sellers.Compare.csproj" -c Release -o "$artifacts/compare"
  cp -r "$artifacts/compare/wwwroot" "$1/compare"
}

publish_host() {
  rm -rf "$artifacts/host"
  quietly publish.log dotnet publish "$root/samples/Sellers/Host/Sellers.Host.csproj" -c Release -p:Devtools=true -o "$artifacts/host"
}
