// The most that a device can move and multiply, measured where it runs: what a profile holds its kernels against.
#pragma once

namespace longc {

/// A second of the whole device; 0 where it is not known.
struct Roof {
  double bytes = 0; // read from memory
  double f32 = 0, bf16 = 0, int8 = 0; // multiplications and additions
};

class ThreadPool;

/// Of a processor's threads, by the instructions that its kernels' variant has. A quarter of a second. Matrix units are not measured.
Roof measureRoof(ThreadPool &pool, bool variantHas512, bool variantHasBf16, bool variantHasMatrixUnit);

} // namespace longc
