#!/usr/bin/env bash
# An installed longc works from any folder, and what it compiles runs where there is neither LLVM nor a C++ library.
source "$(dirname "$0")/programs.sh"
folder=$work/install.d
rm -rf "$folder"
mkdir -p "$folder/elsewhere"

cmake --install "$build" --prefix "$folder/first" >/dev/null
mv "$folder/first" "$folder/prefix" # nothing in it may know where it was put
model=$PWD/test/golden/fot_tiny.gguf
(cd "$folder/elsewhere" && ../prefix/bin/longc compile "$model" --variants avx2 --quiet -o app)
[ -s "$folder/prefix/share/doc/longc/README.md" ] || fail "expected the README in the prefix"
printf '#include "runtime/abi/longc_abi.h"\nint main(void) { return sizeof(longc_view) != 72; }\n' >"$folder/abi.c"
cc -std=c99 -Wall -Wextra -Werror -I"$folder/prefix/include" "$folder/abi.c" -o "$folder/abi"
"$folder/abi" || fail "the header of the C ABI says something else than programs do"

# A root with the program and what Debian's libc6 has of it, nothing else.
root=$folder/root
libraries=$(ldd "$folder/elsewhere/app" | grep -oE '/[^ ]+')
for library in $libraries; do
  [[ $library =~ /(ld-linux-x86-64|libc|libm)\.so ]] || fail "a program needs $library, which a bare system does not have"
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
cp "$folder/elsewhere/app" "$root/app"
expected=$("$folder/elsewhere/app" generate -p abc -n 4 --temperature 0 -q)
mkdir "$root/proc" # where a program finds itself
bare() { unshare --user --map-root-user --mount bash -c 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"; }
unshare --user --map-root-user --mount true 2>/dev/null || { echo "no user namespaces here: the program was not run in a bare root"; exit 77; }
got=$(bare /app generate -p abc -n 4 --temperature 0 -q)
[ "$got" = "$expected" ] || fail "expected '$expected' in a bare root, got '$got'"
