#!/usr/bin/env bash
# Runs a private PostgreSQL, 14 or later, in a folder of its own. It listens on 127.0.0.1 alone, on a port that it keeps.
#   eng/postgres.sh start DIR [--attached] [-c NAME=VALUE ...]         makes DIR if there is none, and starts it
#   eng/postgres.sh standby DIR OF [--attached] [-c NAME=VALUE ...]    the same, as a streaming standby of the server in OF
#   eng/postgres.sh database DIR NAME                                  makes one more database
#   eng/postgres.sh stop DIR [fast|immediate]                          immediate is a crash: the next start recovers
#   eng/postgres.sh remove DIR                                         stops it and deletes DIR
# The first three print a connection string for Npgsql as their last line. Settings given with -c replace all that
# were given before. With --attached it is removed once standard input ends, so that it does not outlive its caller.
# shellcheck source=eng/setup.sh disable=SC2015,SC2016 # As in the other scripts; the inner shells expand what they are passed.
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }

# PostgreSQL refuses to run as root.
as_owner() {
  if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# write FILE: from standard input, readable by the owner alone.
write() { as_owner sh -c 'umask 077 && cat >"$1"' sh "$1"; }

in_sql() { printf "'%s'" "${1//\'/\'\'}"; }

# connection_string DIR DATABASE. The password stays in its file: arguments and logs are no place for it.
connection_string() {
  local passfile="$1/passfile"
  [[ "$passfile" != *[\;\'\"=]* ]] || passfile="\"${passfile//\"/\"\"}\""
  printf 'Host=127.0.0.1;Port=%s;Username=collection;Passfile=%s;Database=%s\n' "$(cat "$1/port")" "$passfile" "$2"
}

# Sets `programs` to those that fit DIR's data, if there is any.
find_programs() {
  local version made
  need_postgres
  programs="$(postgres_programs)"
  version="$("$programs/postgres" --version | sed -nE 's/^[^0-9]*([0-9]+).*/\1/p')"
  if [ -e "$1/data/PG_VERSION" ]; then
    made="$(cat "$1/data/PG_VERSION")"
    if [ "$made" != "$version" ]; then
      programs="$(postgres_programs "$made")" || fail "the data in $1 was made by PostgreSQL $made; here is $version. Install PostgreSQL $made, or delete $1 to begin anew."
    fi
  elif [ "$version" -lt 13 ]; then
    fail "PostgreSQL $version is too old. Install PostgreSQL 14 or later."
  fi
  if [ "$(id -u)" = 0 ]; then
    command -v runuser >/dev/null && id postgres >/dev/null 2>&1 ||
      fail "PostgreSQL refuses to run as root, and there is no runuser or no user 'postgres' to run it instead. Run this as another user."
  fi
}

# make_folder DIR: never takes over a folder that holds something else.
make_folder() {
  local dir="$1" new=""
  [ -e "$dir" ] || new=1
  if [ -d "$dir" ] && [ ! -e "$dir/passfile" ] && [ -n "$(ls -A "$dir")" ]; then
    fail "$dir holds other files. Give an empty folder, or one that does not exist."
  fi
  mkdir -p "$dir"
  if [ ! -e "$dir/passfile" ]; then
    if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
    chmod 700 "$dir"
  fi
  as_owner sh -c 'cd "$1" && [ -w . ]' sh "$dir" 2>/dev/null && return
  if [ -n "$new" ]; then rmdir "$dir"; fi
  fail "the user that runs PostgreSQL here, $(as_owner id -un), cannot use $dir: the folder, or one above it, is closed to that user. Give a folder elsewhere, such as below /var/tmp, or run this as another user than root."
}

# running DIR: by its process and not by its pid file alone, which stays behind after a kill -9, when the number
# may be a zombie's or somebody else's by now.
running() {
  local pid command
  pid="$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)" && [ -n "$pid" ] || return 1
  if [ -d /proc/self ]; then
    command="$(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" || return 1
  else
    command="$(ps -o command= -p "$pid")" || return 1
  fi
  [[ "$command" == *" $1/data "* || "$command" == *" $1/data" ]]
}

# Into data.new first: what an interrupted run leaves is never taken for a data folder.
make_data() {
  local dir="$1" password
  password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  printf '*:*:*:collection:%s\n' "$password" | write "$dir/passfile"
  printf '%s\n' "$password" | write "$dir/password.new"
  as_owner rm -rf "$dir/data.new"
  # --no-sync: a start writes everything out in its own time, and a crash of the machine during these seconds costs nothing.
  as_owner "$programs/initdb" -D "$dir/data.new" -U collection --pwfile="$dir/password.new" --auth=scram-sha-256 \
    --encoding=UTF8 --locale=C --data-checksums --no-sync >"$log" 2>&1 || fail_with_log "initdb could not make $dir"
  as_owner rm "$dir/password.new"
  echo 'CREATE DATABASE collection' | as_owner "$programs/postgres" --single -D "$dir/data.new" postgres >"$log" 2>&1 ||
    fail_with_log "could not make the database in $dir"
  printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = ''" "include_if_exists = 'settings.conf'" |
    as_owner sh -c 'cat >>"$1"' sh "$dir/data.new/postgresql.conf"
  as_owner mv "$dir/data.new" "$dir/data"
}

make_standby() {
  local dir="$1" of="$2"
  as_owner cp "$of/passfile" "$dir/passfile"
  printf '%s\n' "$of" | write "$dir/of"
  as_owner rm -rf "$dir/data.new"
  as_owner "$programs/pg_basebackup" -D "$dir/data.new" -d "$(primary "$dir")" -R -X stream -c fast --no-sync >"$log" 2>&1 ||
    fail_with_log "could not copy the server in $of"
  as_owner mv "$dir/data.new" "$dir/data"
}

# primary DIR: how a standby finds its primary, whose port may have changed.
primary() {
  local passfile="${1//\\/\\\\}/passfile"
  printf "host=127.0.0.1 port=%s user=collection passfile='%s'" "$(cat "$(cat "$1/of")/port")" "${passfile//\'/\\\'}"
}

fail_with_log() {
  tail -n 20 "$log" >&2
  fail "$1: see above."
}

# end_orphans DIR: a server's processes are those that work in its data folder.
end_orphans() {
  local process
  for process in /proc/[0-9]*; do
    if [ "$(readlink "$process/cwd" 2>/dev/null)" = "$1/data" ]; then as_owner kill -QUIT "${process#/proc/}" 2>/dev/null || true; fi
  done
}

launch() {
  local dir="$1" port attempt options seen
  if port="$(cat "$dir/port" 2>/dev/null)"; then :; else port=""; fi
  if [ -e "$dir/data/postmaster.pid" ]; then as_owner rm "$dir/data/postmaster.pid"; fi
  for ((attempt = 1; attempt <= 40; attempt++)); do
    # Below the ports that the system hands out itself: nobody gets this one by chance while the server is down.
    : "${port:=$((20000 + RANDOM % 12000))}"
    options="-p $port"
    if [ -e "$dir/data/standby.signal" ]; then options+=" -c primary_conninfo=$(printf '%q' "$(primary "$dir")")"; fi
    as_owner touch "$dir/server.log"
    seen="$(wc -c <"$dir/server.log")"
    if as_owner "$programs/pg_ctl" start -w -t 120 -D "$dir/data" -l "$dir/server.log" -o "$options" >"$log" 2>&1; then
      printf '%s\n' "$port" | write "$dir/port"
      return
    fi
    tail -c "+$((seen + 1))" "$dir/server.log" >>"$log"
    if grep -q 'could not create any TCP/IP sockets' "$log"; then
      # The system lets one server listen on a port, so two that start at the same moment cannot get the same one.
      port=""
    elif grep -q 'pre-existing shared memory block' "$log"; then
      # Its processes of before a kill -9 are about to notice, but for one that is in the middle of a long query.
      end_orphans "$dir"
      sleep 0.25
    else
      break
    fi
  done
  fail_with_log "PostgreSQL does not start in $dir"
}

# remove_when_input_ends DIR: in a process group of its own, deaf to the signals that end its caller.
remove_when_input_ends() {
  set -m
  (
    trap '' HUP INT TERM
    cat >/dev/null || true
    remove "$1"
  ) <&0 >/dev/null 2>&1 &
  set +m
}

stop() {
  if running "$1"; then
    find_programs "$1"
    as_owner "$programs/pg_ctl" stop -w -t 120 -D "$1/data" -m "$2" >"$log" 2>&1 || ! running "$1" ||
      fail_with_log "PostgreSQL in $1 does not stop"
  fi
}

remove() {
  [ -e "$1" ] || return 0
  [ -e "$1/passfile" ] || [ -z "$(ls -A "$1")" ] || fail "$1 is no folder that this script has made: it stays."
  stop "$1" immediate
  rm -rf "$1"
}

case "${1:-}" in
  start | database | stop | remove) least=2 ;;
  standby) least=3 ;;
  -h | --help) usage; exit 0 ;;
  *) usage >&2; fail "unknown command '${1:-}'." ;;
esac
[ $# -ge "$least" ] && [[ "$2" != -* ]] || { usage >&2; fail "$1 wants a folder."; }
command="$1"
dir="$(realpath -m "$2")"
of=""
if [ "$command" = standby ]; then of="$(realpath -m "$3")"; fi
shift "$least"

# Of the person at the keyboard: PGHOST and its kin are not meant for this server. Messages are read below, in English.
# shellcheck disable=SC2086
unset ${!PG@}
export LC_ALL=C
# Where the other user may not look, its programs would complain.
cd /
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

case "$command" in
  start | standby)
    attached=""
    settings=()
    while [ $# -gt 0 ]; do
      case "$1" in
        --attached) attached=1; shift ;;
        -c)
          [[ "${2:-}" =~ ^[a-zA-Z_][a-zA-Z0-9_.]*=.*$ ]] || fail "-c takes NAME=VALUE, not '${2:-}'."
          settings+=("${2%%=*} = $(in_sql "${2#*=}")"); shift 2 ;;
        *) fail "unknown option '$1'." ;;
      esac
    done
    if [ -n "$of" ]; then running "$of" || [ -e "$dir/data" ] || fail "no server runs in $of: start it first."; fi
    find_programs "$dir"
    if running "$dir"; then
      [ ${#settings[@]} = 0 ] || echo "$(basename "$0"): the server in $dir is running; its settings stay as they are." >&2
    else
      make_folder "$dir"
      # shellcheck disable=SC2064 # The folder of now.
      if [ -n "$attached" ]; then trap "rm -f '$log'; remove $(printf '%q' "$dir")" EXIT; fi
      if [ ! -e "$dir/data" ]; then
        if [ -n "$of" ]; then make_standby "$dir" "$of"; else make_data "$dir"; fi
      fi
      if [ ${#settings[@]} -gt 0 ]; then printf '%s\n' "${settings[@]}" | write "$dir/data/settings.conf"; fi
      launch "$dir"
    fi
    trap 'rm -f "$log"' EXIT
    if [ -n "$attached" ]; then remove_when_input_ends "$dir"; fi
    connection_string "$dir" collection ;;
  database)
    [[ "${1:-}" =~ ^[a-z_][a-z0-9_]{0,62}$ ]] || fail "a database's name is small letters, digits and _, at most 63, not '${1:-}'."
    running "$dir" || fail "no server runs in $dir: start it first."
    find_programs "$dir"
    as_owner env PGPASSFILE="$dir/passfile" "$programs/psql" -X -q -h 127.0.0.1 -p "$(cat "$dir/port")" -U collection -d postgres \
      -c "CREATE DATABASE $1" >"$log" 2>&1 || fail_with_log "could not make the database $1"
    connection_string "$dir" "$1" ;;
  stop)
    [[ "${1:-fast}" =~ ^(fast|immediate)$ ]] || fail "stop takes fast or immediate, not '$1'."
    stop "$dir" "${1:-fast}" ;;
  remove) remove "$dir" ;;
esac
