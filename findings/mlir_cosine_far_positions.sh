#!/usr/bin/env bash
# mlir-opt 22.1.8: the polynomial approximation of math.cos and math.sin loses the angle at large arguments.
#
# The pass reduces the argument by subtracting k * pi/2 in one float32 step, so that the rounding of k * pi/2 (an ulp of the *argument*)
# becomes the error of the angle. The exact values of float32 arguments are known to a few ulp everywhere in libm's cosf. Seen with 22.1.8:
#
#   x           cos(x) by the polynomial    exact          error
#   1           0.540302                    0.54030231     3e-07
#   10000       -0.952167                   -0.95215537    1e-05
#   262143      -0.597697                   -0.60916149    1.1e-02
#   1048575     0.767543                    0.78804224     2.0e-02
#
# Rotary position embedding turns its first pair by one radian a position, so these are the angles of positions 262,143 and 1,048,575:
# a long-context compiler that lowers its angles by this pass rotates far keys by a wrong angle without any warning.
# For us: angles are made in double precision on the host (dialects/lm/LmRope.cpp), never by this pass.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

version=1:22.1.8
full=$(apt-cache madison mlir-22-tools | awk -v v="$version" 'index($3, v) == 1 { print $3; exit }')
[ -n "$full" ] || { echo "no package mlir-22-tools $version is offered here" >&2; exit 2; }
apt-get download -qq "mlir-22-tools=$full" "libmlir-22=$full" "libllvm22=$full" 2>/dev/null
for package in *.deb; do dpkg -x "$package" root; done
bin=root/usr/lib/llvm-22/bin
export LD_LIBRARY_PATH=$PWD/root/usr/lib/llvm-22/lib:$PWD/root/usr/lib/x86_64-linux-gnu
"$bin/mlir-opt" --version | grep 'LLVM version'

python3 - > angles.mlir <<'PYTHON'
print("func.func private @opaque(%x: f32) -> f32 attributes {no_inline} { return %x : f32 }")
print("func.func @main() {")
for i, x in enumerate((1.0, 10000.0, 262143.0, 1048575.0)):
    print(f"  %a{i} = arith.constant {x:e} : f32\n  %x{i} = func.call @opaque(%a{i}) : (f32) -> f32")
    print(f"  %c{i} = math.cos %x{i} : f32\n  vector.print %c{i} : f32")
print("  return\n}")
PYTHON
"$bin/mlir-opt" angles.mlir --test-math-polynomial-approximation --convert-math-to-llvm --convert-vector-to-llvm \
  --convert-arith-to-llvm --convert-func-to-llvm --convert-cf-to-llvm --reconcile-unrealized-casts -o lowered.mlir
"$bin/mlir-runner" lowered.mlir -e main -entry-point-result=void \
  -shared-libs="$(find root -name 'libmlir_c_runner_utils.so*' | head -1)" > seen

python3 - <<'PYTHON'
import math
errors = []
for x, line in zip((1.0, 10000.0, 262143.0, 1048575.0), open("seen")):
    errors.append(abs(float(line) - math.cos(x)))
    print(f"cos({x:.0f}) = {float(line):.6f}, exact {math.cos(x):.8f}, error {errors[-1]:.1e}")
assert errors[0] < 1e-6, "the approximation is wrong near zero as well"
assert errors[2] > 5e-3 and errors[3] > 1e-2, "the approximation is right at far positions now"
PYTHON
