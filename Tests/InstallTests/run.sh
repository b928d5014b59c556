#!/usr/bin/env bash
# What `make install`, `make dist` and `make wheel` put out, used from an empty directory as a stranger would. Needs
# `make build` before; links both products again in three ways, and compiles no Swift.
set -euo pipefail
cd "$(dirname "$0")/../.."

CC=${CC:-cc}
python=$PWD/.venv/bin/python
checkout=$PWD
model=$PWD/Tests/Fixtures/model/tiny-tied
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { printf '%s\n' "$*"; }
fail() { echo "** $*" >&2; exit 1; }
quietly() { "$@" > "$work/log" 2>&1 || { sed "s/^/  /" "$work/log" | tail -30 >&2; fail "failed: $*"; }; }
install_to() { quietly make --no-print-directory install PREFIX=/usr/local DESTDIR="$@"; }
# Neither the checkout, nor Swift, nor a library path of the caller is seen by what is tried.
stranger() { env -i HOME="$work" PATH=/usr/bin:/bin "$@"; }
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

# What is exported, and what is needed to load it.
check_library() { # check_library LIBRARY
  readelf -d "$1" | grep -q 'SONAME.*\[libholdfast.so.0\]' || fail "$1 has the wrong soname"
  local foreign
  foreign=$(nm -D --defined-only "$1" | awk '$3 !~ /^holdfast_/ { print $3 }')
  [ -z "$foreign" ] || fail "$1 exports more than holdfast_*: $foreign"
}
no_swift() { ! needed "$1" | grep -iE 'swift|foundation|dispatch' || fail "$1 needs Swift"; }

# A program through pkg-config, and one through CMake, in an empty directory, with the prefix as given.
build_programs() { # build_programs PREFIX
  local folder=$work/empty options
  rm -rf "$folder" && mkdir "$folder" && cp Tests/InstallTests/{app.c,CMakeLists.txt} "$folder"
  (
    cd "$folder"
    # pkg-config quotes what a shell would split
    options=$(PKG_CONFIG_PATH=$1/lib/pkgconfig pkg-config --cflags --libs holdfast)
    eval "$CC -std=c99 -Wall -Wextra -Werror app.c -o app $options -Wl,-rpath,\"\$1/lib\""
    stranger ./app "$model" | grep -qx 'holdfast [0-9.]*: [1-9][0-9]* tokens' || fail "the program built with pkg-config does not run"
    command -v cmake > /dev/null || { echo "skipped: cmake is not there" >&2; exit 0; }
    quietly cmake -S . -B built -DCMAKE_PREFIX_PATH="$1" -DCMAKE_C_COMPILER="$CC"
    quietly cmake --build built
    stranger built/app "$model" | grep -q ' tokens$' || fail "the program built with CMake does not run"
  )
}

install_to "$work/static"
root=$work/static/usr/local
check_library "$root/lib/libholdfast.so"; no_swift "$root/lib/libholdfast.so"; no_swift "$root/bin/holdfast"
build_programs "$root"
say "install: programs build with pkg-config and CMake, and need no Swift"

mkdir -p "$work/moved to an odd place" && mv "$root" "$work/moved to an odd place/it"
moved="$work/moved to an odd place/it"
build_programs "$moved"
stranger "$moved/bin/holdfast" --version > /dev/null
say "moved: the same from another folder, with a space in its name"

grep -q 'min\\-consistency' "$moved/share/man/man1/holdfast-compare.1" || fail "the manual lacks an option"
for word in $(stranger "$moved/bin/holdfast" --help | awk '/^SUBCOMMANDS:$/ { on = 1; next } /^$/ { on = 0 } on && /^  [^ ]/ { print $1 }'); do
  [ -s "$moved/share/man/man1/holdfast-$word.1" ] || fail "there is no manual page of $word"
done
if command -v groff > /dev/null; then
  warnings=$(for page in "$moved"/share/man/man1/*.1; do groff -man -ww -K utf8 -T utf8 -z "$page" 2>&1; done)
  [ -z "$warnings" ] || fail "the manual: $warnings"
fi
bash -n "$moved/share/bash-completion/completions/holdfast"
say "manual: a page for each subcommand, without warnings"

mkdir -p "$work/static/usr" && mv "$moved" "$root"
quietly make --no-print-directory uninstall PREFIX=/usr/local DESTDIR="$work/static"
left=$(find "$work/static" ! -type d)
[ -z "$left" ] || fail "uninstall left: $left"
say "uninstall: nothing is left"

install_to "$work/dynamic" STATIC_STDLIB=no
root=$work/dynamic/usr/local
check_library "$root/lib/libholdfast.so"
needed "$root/lib/libholdfast.so" | grep -q libswiftCore || fail "STATIC_STDLIB=no did not leave Swift outside"
build_programs "$root"
say "swift outside: programs build with STATIC_STDLIB=no too"

[ -e "$(clang -print-file-name=libsz.a)" ] || { echo "skipped: no static libraries of HDF5 to put inside" >&2; exit 0; }
quietly make --no-print-directory dist
mkdir "$work/a tarball" && tar -C "$work/a tarball" -xzf dist/holdfast-*-linux-*.tar.gz
root=$(echo "$work/a tarball"/holdfast-*)
check_library "$root/lib/libholdfast.so"
for file in "$root/bin/holdfast" "$root/lib/libholdfast.so"; do
  strange=$(needed "$file" | grep -vE '^(lib(c|m|dl|pthread|stdc\+\+|gcc_s)\.so\.[0-9]|ld-linux.*)$' || true)
  [ -z "$strange" ] || fail "$file of the tarball needs $strange"
done
(
  cd "$work/a tarball"
  stranger "$root/bin/holdfast" probe "$model" --questions "$checkout/Tests/Fixtures/face/questions.jsonl" --out l.h5 --quiet > /dev/null
  "$python" -c 'import h5py, sys; sys.exit(h5py.File("l.h5").attrs["format"] != "holdfast-ledger")'
  # The command finds its package: the error is about the file, not about a missing module.
  ! stranger HOLDFAST_PYTHON="$python" "$root/bin/holdfast" report l.h5 -o r.html 2> err || fail "a ledger was reported as a study"
  grep -q 'holdfast-ledger' err || { cat err >&2; fail "the command does not find its Python package"; }
  # ... and the package finds its library.
  stranger PYTHONPATH="$root/share/holdfast/python" "$python" -c 'import holdfast; holdfast.version()'
)
say "tarball: runs where it is unpacked, with nothing but the C and C++ runtimes"

quietly make --no-print-directory wheel
wheel=$(echo dist/holdfast-*-py3-none-manylinux_*.whl)
if "$python" -c 'import auditwheel' 2> /dev/null; then
  tag=${wheel##*-none-}
  "$python" -m auditwheel show "$wheel" > "$work/log"
  tr -s ' \n' ' ' < "$work/log" | grep -q "following platform tag: \"${tag%.whl}\"" || { cat "$work/log" >&2; fail "the wheel's tag is wrong"; }
else
  echo "skipped: auditwheel is not there to check the wheel's tag" >&2
fi
quietly "$python" -m pip install --disable-pip-version-check --no-deps --no-index --target "$work/site" "$wheel"
for order in "h5py, holdfast" "holdfast, h5py"; do
  (cd "$work/empty" && stranger PYTHONPATH="$work/site" "$python" "$checkout/Tests/InstallTests/wheel.py" "$order" "$checkout/Tests/Fixtures")
done
say "wheel: works beside h5py, whichever is imported first"
