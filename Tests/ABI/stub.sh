#!/usr/bin/env bash
# Compiles a library of the functions the headers declare, with empty bodies and debug information: what abidiff can read,
# as a library built by Swift describes no C types.
#   Tests/ABI/stub.sh INCLUDE OUTPUT.so
set -euo pipefail
include=$(realpath "$1") output=$(realpath -m "$2")
CC=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$include" "$work/include"
cd "$work"
{
  echo '#include <holdfast.h>'
  echo '#include <holdfast/dlpack.h>'
  $CC -E -P -Iinclude include/holdfast.h | tr '\n' ' ' | awk -v RS=';' '
    /^[^(){}]*[ *]holdfast_[a-z0-9_]+\(/ && !/typedef/ { print $0 " { __builtin_trap(); }" }'
} > stub.c
$CC -shared -fPIC -g -O0 -w -Iinclude stub.c -o "$output" -Wl,-soname,libholdfast.so.0
