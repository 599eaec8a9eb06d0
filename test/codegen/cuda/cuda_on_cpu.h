// What CUDA C++ means to a processor: enough of it to run emitted kernels of the block and the warp form, one block after
// the other. A thread is a context of its own; it hands over where its warp exchanges values or the block waits.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "test/codegen/cpu/ReadCases.h"

#include <setjmp.h>
#include <ucontext.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>

#define __device__
#define __global__
#define __grid_constant__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __cvta_generic_to_shared(pointer) size_t(pointer)

struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) float4 { float x, y, z, w; };
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

inline unsigned __float_as_uint(float value) { unsigned bits; std::memcpy(&bits, &value, 4); return bits; }
inline float __uint_as_float(unsigned bits) { float value; std::memcpy(&value, &bits, 4); return value; }
inline float __int_as_float(int bits) { return __uint_as_float(unsigned(bits)); }
inline int __popc(unsigned bits) { return __builtin_popcount(bits); }
template <typename T> T min(T x, T y) { return y < x ? y : x; }
template <typename T> T max(T x, T y) { return x < y ? y : x; }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }

namespace on_cpu {

constexpr int kLanes = 32, kMostThreads = 1024;
constexpr size_t kStack = size_t(256) << 10;

struct Index { int x; };
struct Thread {
  ucontext_t context; // where it begins: from there on it jumps, which asks the system nothing
  jmp_buf place;
  bool begun;
  std::unique_ptr<char[]> stack;
  Index index;
  enum { running, atWarp, atBlock, done } state;
};

inline Thread threads[kMostThreads];
inline Thread *current;
inline jmp_buf scheduler;
inline Index block, blockSize, gridSize;
inline std::function<void()> kernel;
alignas(16) inline unsigned char given[kMostThreads][64]; // what lanes exchange
alignas(1024) inline unsigned char memory[232448];        // shared by a block

inline void handOver(decltype(Thread::state) state) {
  current->state = state;
  if (!_setjmp(current->place))
    _longjmp(scheduler, 1);
}

inline void runThread() {
  kernel();
  current->state = Thread::done;
  _longjmp(scheduler, 1);
}

inline void resume(Thread &thread) {
  current = &thread;
  thread.state = Thread::running;
  if (_setjmp(scheduler))
    return;
  if (thread.begun)
    _longjmp(thread.place, 1);
  thread.begun = true;
  setcontext(&thread.context);
}

/// Runs a warp until all of its lanes wait for the block, or are done.
inline void runWarp(int first, int count) {
  for (bool again = true; again;) {
    int waiting = 0;
    for (int lane = first; lane < first + count; ++lane)
      if (threads[lane].state == Thread::running)
        resume(threads[lane]);
    for (int lane = first; lane < first + count; ++lane)
      waiting += threads[lane].state == Thread::atWarp;
    again = waiting > 0;
    if (again && waiting != count) {
      std::fprintf(stderr, "%d of %d lanes wait for a warp that the others left\n", waiting, count);
      std::exit(3);
    }
    for (int lane = first; again && lane < first + count; ++lane)
      threads[lane].state = Thread::running;
  }
}

inline void runBlock(int number, int count) {
  block.x = number;
  blockSize.x = count;
  std::memset(memory, 0xff, sizeof memory); // NaN: nothing may be read that was not written
  for (int i = 0; i < count; ++i) {
    Thread &thread = threads[i];
    if (!thread.stack)
      thread.stack.reset(new char[kStack]);
    thread.index.x = i;
    thread.state = Thread::running;
    thread.begun = false;
    getcontext(&thread.context);
    thread.context.uc_stack.ss_sp = thread.stack.get();
    thread.context.uc_stack.ss_size = kStack;
    thread.context.uc_link = nullptr;
    makecontext(&thread.context, runThread, 0);
  }
  for (bool again = true; again;) {
    for (int first = 0; first < count; first += kLanes)
      runWarp(first, kLanes);
    int waiting = 0;
    for (int i = 0; i < count; ++i)
      waiting += threads[i].state == Thread::atBlock;
    again = waiting > 0;
    if (again && waiting != count) {
      std::fprintf(stderr, "%d of %d threads wait for a block that the others left\n", waiting, count);
      std::exit(3);
    }
    for (int i = 0; again && i < count; ++i)
      threads[i].state = Thread::running;
  }
}

/// What each lane of the warp gave, in two steps: all have given before any reads, all have read before any gives again.
template <typename T> struct Exchange {
  T of[kLanes];
  explicit Exchange(const T &value) {
    static_assert(sizeof(T) <= sizeof given[0]);
    const int first = current->index.x / kLanes * kLanes;
    std::memcpy(given[current->index.x], &value, sizeof value);
    handOver(Thread::atWarp);
    for (int lane = 0; lane < kLanes; ++lane)
      std::memcpy(&of[lane], given[first + lane], sizeof value);
    handOver(Thread::atWarp);
  }
};

inline int lane() { return current->index.x % kLanes; }

} // namespace on_cpu

#define threadIdx (on_cpu::current->index)
#define blockIdx on_cpu::block
#define blockDim on_cpu::blockSize
#define gridDim on_cpu::gridSize

inline void __syncthreads() { on_cpu::handOver(on_cpu::Thread::atBlock); }
inline void __syncwarp() { on_cpu::handOver(on_cpu::Thread::atWarp); }
template <typename T> T __shfl_sync(unsigned, T value, int lane) { return on_cpu::Exchange<T>(value).of[lane]; }
template <typename T> T __shfl_xor_sync(unsigned, T value, int lanes) { return on_cpu::Exchange<T>(value).of[on_cpu::lane() ^ lanes]; }
inline unsigned __ballot_sync(unsigned, bool is) {
  on_cpu::Exchange<bool> all(is);
  unsigned bits = 0;
  for (int lane = 0; lane < on_cpu::kLanes; ++lane)
    bits |= unsigned(all.of[lane]) << lane;
  return bits;
}

// Functions of the prelude that are instructions there.
inline void griddepcontrol_wait() {}
inline void griddepcontrol_wait_behind(int) {}
inline void griddepcontrol_launch_dependents() {}
inline void wait_for_copies() {}
inline void prefetch_l2(const void *, int) {}
inline void prefetch_chunk(const void *) {}
inline int thread_index() { return threadIdx.x; }
inline uint4 ld_global_v4(const void *pointer) { return *(const uint4 *)pointer; }
inline uint4 ld_here_v4(const void *pointer, bool inside) { return inside ? *(const uint4 *)pointer : uint4{0, 0, 0, 0}; }
inline void copy_async(void *place, const void *from, bool inside) {
  const uint4 zero = {0, 0, 0, 0};
  std::memcpy(place, inside ? from : &zero, 16);
}
inline unsigned bits_of_bf16(float value) {
  const unsigned bits = __float_as_uint(value);
  return std::isnan(value) ? 0x7fffu : (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
}
inline unsigned cvt_bf16x2(float low, float high) { return bits_of_bf16(low) | bits_of_bf16(high) << 16; }
inline float max_nan(float x, float y) { return std::isnan(x) || std::isnan(y) ? NAN : fmaxf(x, y); }
inline float min_nan(float x, float y) { return std::isnan(x) || std::isnan(y) ? NAN : fminf(x, y); }
inline float ex2_approx(float x) { return exp2f(x); }
inline float rcp_approx(float x) { return 1.0f / x; }

/// Matrices of 8 x 8 whose rows the lanes point at, eight lanes a matrix.
template <int Count> void ldmatrix(unsigned (&r)[Count], const unsigned short *row, bool turned) {
  on_cpu::Exchange<const unsigned short *> rows(row);
  const int lane = on_cpu::lane();
  for (int i = 0; i < Count; ++i) {
    auto at = [&](int x, int y) { return unsigned(rows.of[8 * i + x][y]); };
    const int pair = lane % 4 * 2, other = lane / 4;
    r[i] = turned ? at(pair, other) | at(pair + 1, other) << 16 : at(other, pair) | at(other, pair + 1) << 16;
  }
}
inline void ldmatrix_x4(unsigned (&r)[4], const unsigned short *row) { ldmatrix(r, row, false); }
inline void ldmatrix_x2(unsigned (&r)[2], const unsigned short *row) { ldmatrix(r, row, false); }
inline void ldmatrix_x2_trans(unsigned (&r)[2], const unsigned short *row) { ldmatrix(r, row, true); }

inline void mma_m16n8k16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
  struct Operands { unsigned a[4], b[2]; } own;
  std::memcpy(own.a, a, sizeof own.a);
  std::memcpy(own.b, b, sizeof own.b);
  on_cpu::Exchange<Operands> all(own);
  auto half = [](unsigned pair, int which) { return __uint_as_float(which ? pair & 0xffff0000u : pair << 16); };
  for (int i = 0; i < 4; ++i) {
    const int row = on_cpu::lane() / 4, column = on_cpu::lane() % 4 * 2 + i % 2;
    for (int k = 0; k < 16; ++k) {
      const int quad = k % 8 / 2;
      d[i] += half(all.of[row * 4 + quad].a[i / 2 + k / 8 * 2], k % 2) * half(all.of[column * 4 + quad].b[k / 8], k % 2);
    }
  }
}

namespace on_cpu {

/// Runs a kernel on a case's memories; its arguments are the views, its own scalars, the sizes of the grid.
template <typename View> struct Arguments {
  const longc::KernelCase &one;
  View view(int number) const {
    View result;
    const longc_view &given = one.views[size_t(number)];
    result.data = given.data;
    for (int dim = 0; dim < 4; ++dim)
      result.size[dim] = given.size[dim], result.stride[dim] = given.stride[dim];
    return result;
  }
  int scalar(int number) const { return int(one.scalars[size_t(one.gridRank + number)]); }
  int grid(int number) const { return int(one.scalars[size_t(number)]); }
};

/// A block owns `points` of the grid; those past its end are for the kernel to leave out.
inline void launch(const longc::KernelCase &one, int threads, int points, std::function<void()> call) {
  kernel = std::move(call);
  gridSize.x = (int(one.blocks) + points - 1) / points;
  for (int number = 0; number < gridSize.x; ++number)
    runBlock(number, threads);
}

} // namespace on_cpu
