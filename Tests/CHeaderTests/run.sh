#!/usr/bin/env bash
# The C face from the outside: headers in three dialects, the baseline of the binary interface, the examples and a
# hostile caller, all against the built library.
#
#   Tests/CHeaderTests/run.sh [LIBRARY]       default .build/release/libholdfast.so, else libHoldfastC.so beside it
#   Tests/CHeaderTests/run.sh --record        rewrites the baseline in Tests/ABI from the headers and the library
#
# CC, CXX and NM name other tools; VALGRIND=1 runs the programs under valgrind.
set -euo pipefail
cd "$(dirname "$0")/../.."

record=
if [ "${1:-}" = --record ]; then record=1; shift; fi
library=${1:-}
if [ -z "$library" ]; then
  for candidate in .build/release/libholdfast.so .build/release/libHoldfastC.so; do
    if [ -e "$candidate" ]; then library=$candidate; break; fi
  done
fi
[ -e "$library" ] || { echo "there is no library; run \`make build\` first" >&2; exit 1; }
library=$(realpath "$library")

CC=${CC:-cc} CXX=${CXX:-c++} NM=${NM:-nm}
strict="-Wall -Wextra -Werror -pedantic -Iinclude"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%s\n' "$*"; }

# Every header alone, in every dialect.
for header in include/holdfast.h include/holdfast/*.h; do
  name=${header#include/}
  printf '#include <%s>\n#include <%s>\nint main(void) { return 0; }\n' "$name" "$name" > "$work/one.c"
  cp "$work/one.c" "$work/one.cpp"
  $CC -std=c99 $strict -fsyntax-only "$work/one.c"
  $CC -std=c11 $strict -fsyntax-only "$work/one.c"
  $CXX -std=c++17 $strict -fsyntax-only "$work/one.cpp"
done
say "headers: C99, C11 and C++17 are clean"

# A program that names every function links, so everything that is declared is there.
functions=$(cat include/holdfast/*.h | grep -oE '\bholdfast_[a-z0-9_]+\(' | tr -d '(' | sort -u)
{
  echo '#include <holdfast.h>'
  echo 'typedef void (*any)(void);'
  echo 'int main(void) { any all[] = {'
  for function in $functions; do echo "  (any)$function,"; done
  echo '}; return all[0] == 0; }'
} > "$work/all.c"
$CC -std=c11 -Wall -Wextra -Werror -Iinclude "$work/all.c" -o "$work/all" "$library" -Wl,-rpath,"$(dirname "$library")"
"$work/all"

# The baseline: exported symbols, structures and constants.
printf '%s\n' $functions > "$work/functions.txt"
$NM -D --defined-only "$library" | awk '$2 == "T" { print $3 }' | sort -u > "$work/exported.txt"
grep '^holdfast_' "$work/exported.txt" > "$work/symbols.txt" || true
case $library in
  */libholdfast.so*)
    foreign=$(grep -v '^holdfast_' "$work/exported.txt" || true)
    [ -z "$foreign" ] || { echo "the library exports more than holdfast_*:" >&2; echo "$foreign" | head >&2; exit 1; } ;;
  *) # the plain SwiftPM product also exports Swift's symbols and the kernels
    grep -E '^holdfast_' "$work/exported.txt" | grep -Fxf "$work/functions.txt" > "$work/symbols.txt" ;;
esac
$CC -std=c99 $strict Tests/ABI/layout.c -o "$work/layout"
"$work/layout" > "$work/layout.txt"
if [ -n "$record" ]; then
  cp "$work/symbols.txt" "$work/layout.txt" Tests/ABI/
  Tests/ABI/check.sh --record
fi
diff -u Tests/ABI/symbols.txt "$work/symbols.txt"
diff -u "$work/functions.txt" "$work/symbols.txt"
diff -u Tests/ABI/layout.txt "$work/layout.txt"
grep -oE '^ +holdfast_[a-z0-9_]+;' bindings/c/holdfast.map | tr -d ' ;' | diff -u "$work/functions.txt" - ||
  { echo "bindings/c/holdfast.map must list exactly the functions of the headers" >&2; exit 1; }
say "interface: $(wc -l < Tests/ABI/symbols.txt) functions and $(wc -l < Tests/ABI/layout.txt) sizes, offsets and constants are as recorded"
[ -z "$record" ] || exit 0

# The types behind the functions, by abidiff on a stub of the headers, and the proof that it sees breaks.
command -v abidiff > /dev/null || .ci/install-packages abigail-tools
Tests/ABI/check.sh
say "types: abidiff finds no break, and finds the breaks made on purpose"

# The examples and the hostile caller, on a tiny model.
model=Tests/Fixtures/model/tiny-tied
mkdir -p "$work/model" "$work/scratch"
cp -r "$model" "$work/model/tiny-tied"
cp -r Tests/Fixtures/face "$work/face"
link=("$library" "-Wl,-rpath,$(dirname "$library")" -lm -lpthread)
$CC -std=c99 $strict -O1 -g examples/c/quickstart.c -o "$work/quickstart" "${link[@]}"
$CC -std=c99 $strict -O1 -g examples/c/tensors.c -o "$work/tensors" "${link[@]}"
$CC -std=c99 $strict -O1 -g examples/c/look_inside.c -o "$work/look_inside" "${link[@]}"
$CC -std=c11 $strict -O1 -g Tests/CHeaderTests/hostile/*.c -o "$work/hostile" "${link[@]}"
runner=()
if [ -n "${VALGRIND:-}" ]; then
  # valgrind knows no AVX-512
  export HOLDFAST_CPU=avx2
  # ... and runs one thread at a time; a caller that spins for a worker needs its turn to end
  runner=(valgrind --quiet --fair-sched=yes --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite)
fi

status=0
"${runner[@]}" "$work/quickstart" "$work/model/tiny-tied" "$work/face/questions.jsonl" "$work/face/instructions.jsonl" \
  "$work/face/study.json" > "$work/quickstart.out" 2> "$work/quickstart.err" || status=$?
if [ $status -ne 0 ] && [ $status -ne 3 ]; then
  tail -n 20 "$work/quickstart.err" "$work/quickstart.out" >&2
  echo "examples/c/quickstart.c ended with status $status" >&2
  exit 1
fi
for wanted in 'questions answered rightly' 'cancelled as asked' 'tuned:' 'study:' 'consistency'; do
  grep -q "$wanted" "$work/quickstart.out" || { cat "$work/quickstart.out" >&2; echo "no line with '$wanted'" >&2; exit 1; }
done
say "example: $(tail -1 "$work/quickstart.out")"

"${runner[@]}" "$work/tensors" > "$work/tensors.out" 2> "$work/tensors.err" || {
  tail -n 20 "$work/tensors.err" "$work/tensors.out" >&2
  echo "examples/c/tensors.c failed" >&2
  exit 1
}
for wanted in 'classified rightly' 'refused as it should' 'lent:' 'done with the points'; do
  grep -q "$wanted" "$work/tensors.out" || { cat "$work/tensors.out" >&2; echo "no line with '$wanted'" >&2; exit 1; }
done
say "example of tensors: $(head -1 "$work/tensors.out")"

"${runner[@]}" "$work/look_inside" "$work/model/tiny-tied" "$work/face/questions.jsonl" "$work/activations.h5" \
  > "$work/look_inside.out" 2> "$work/look_inside.err" || {
  tail -n 20 "$work/look_inside.err" "$work/look_inside.out" >&2
  echo "examples/c/look_inside.c failed" >&2
  exit 1
}
for wanted in 'goes on' 'loses most without blocks' 'lens: {' 'questions without blocks' 'written:'; do
  grep -q "$wanted" "$work/look_inside.out" || { cat "$work/look_inside.out" >&2; echo "no line with '$wanted'" >&2; exit 1; }
done
say "example of looking inside: $(grep 'loses most' "$work/look_inside.out")"

# A study that is finished has nothing to report and is not cancelled.
rm -rf "$work/face/tiny-study"
"${runner[@]}" "$work/hostile" "$work/model/tiny-tied" "$work/face" "$work/scratch" 2> "$work/hostile.err" || {
  tail -40 "$work/hostile.err" >&2
  echo "the hostile caller found a weakness" >&2
  exit 1
}
say "$(grep "^hostile: " "$work/hostile.err")"
