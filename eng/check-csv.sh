#!/usr/bin/env bash
# Opens a CSV file in LibreOffice and counts the cells that it takes for formulas: there have to be none.
#   eng/check-csv.sh [FILE]     tests/Export.Streaming.Tests/Data/formulas.csv unless said, which has every text that may be taken for one
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

file="${1:-$root/tests/Export.Streaming.Tests/Data/formulas.csv}"
[ -f "$file" ] || fail "there is no file '$file'."
command -v soffice >/dev/null ||
  fail "LibreOffice is missing. Install LibreOffice Calc 7 or later (on Debian: sudo apt-get install --no-install-recommends libreoffice-calc), so that soffice is in PATH, and run this again."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# formulas_in CSV: comma, double quote, UTF-8, from line 1, and with formulas evaluated as if a person had asked for it.
formulas_in() {
  rm -rf "$work/out"
  soffice "-env:UserInstallation=file://$work/profile" --headless \
    --infilter='CSV:44,34,76,1,,0,false,true,false,false,false,-1,true' \
    --convert-to fods --outdir "$work/out" "$1" >"$work/log" 2>&1 || true
  compgen -G "$work/out/*.fods" >/dev/null || { cat "$work/log" >&2; fail "LibreOffice could not open '$1'."; }
  { grep -o 'table:formula=' "$work"/out/*.fods || true; } | wc -l
}

# A check that finds nothing has to be able to find something.
printf 'id,name\r\n1,=1+1\r\n' >"$work/unsafe.csv"
[ "$(formulas_in "$work/unsafe.csv")" = 1 ] || fail "LibreOffice has not taken =1+1 for a formula, so that this check says nothing. Is it older than 7?"
count="$(formulas_in "$file")"
echo "$count formulas in ${file#"$root"/}"
[ "$count" = 0 ]
