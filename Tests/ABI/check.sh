#!/usr/bin/env bash
# Compares the types behind the headers' functions with the baseline holdfast.abi, and proves that the comparison sees
# what breaks programs and lets pass what does not.
#
#   Tests/ABI/check.sh              compares, then tries changes on copies of the headers
#   Tests/ABI/check.sh --record     rewrites the baseline from the headers
#
# Functions and constants may be added without recording. A field at the end of options is recorded, as in layout.txt; any
# other change is a break of the binary interface. Takes abidw and abidiff (Debian: abigail-tools).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=Tests/ABI
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ "${1:-}" = --record ]; then
  $here/stub.sh include "$work/stub.so"
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --type-id-style hash "$work/stub.so" \
    > $here/holdfast.abi
  exit
fi

compare() { # compare INCLUDE: abidiff's exit status, 0 for no break; its words in $work/report
  $here/stub.sh "$1" "$work/stub.so"
  local status=0
  abidiff --no-added-syms $here/holdfast.abi "$work/stub.so" > "$work/report" ||
    status=$?
  [ $((status & 3)) -eq 0 ] || { cat "$work/report" >&2; echo "abidiff itself failed" >&2; exit 1; }
  return $status
}

if ! compare include; then
  cat "$work/report" >&2
  echo "the headers break the binary interface of Tests/ABI/holdfast.abi" >&2
  exit 1
fi

try() { # try WANTED NAME HEADER SED: changes a copy of one header, which must be seen as WANTED, break or pass
  rm -rf "$work/include"
  cp -r include "$work/include"
  sed -i -E "$4" "$work/include/holdfast/$3"
  if cmp -s "include/holdfast/$3" "$work/include/holdfast/$3"; then echo "$2: the headers did not change" >&2; exit 1; fi
  local seen=pass
  compare "$work/include" || seen=break
  [ $seen = "$1" ] || { cat "$work/report" >&2; echo "$2 was taken for a $seen" >&2; exit 1; }
}

try break "a removed function" inspect.h '/^holdfast_status holdfast_inspect\(.*;$/d'
try break "another type of a parameter" system.h 's/(holdfast_set_num_threads\()int32_t/\1int64_t/'
try break "another type of a result" system.h 's/^int32_t (holdfast_num_threads)/int64_t \1/'
try break "fields in another order" generate.h '/^  double temperature;$/d; s/^  double top_p;$/&\n  double temperature;/'
try break "a field in the middle" generate.h 's/^  double top_p;$/  double middle;\n&/'
try break "another number of a constant" dtype.h 's/(HOLDFAST_DTYPE_INT32 =) 4/\1 9/'
try pass "a new function" system.h 's/^int32_t holdfast_num_threads\(void\);$/&\nint32_t holdfast_num_cores(void);/'
try pass "a new constant" dtype.h 's/(HOLDFAST_DTYPE_BOOL = 7)/\1,\n  HOLDFAST_DTYPE_INT8 = 8/'
