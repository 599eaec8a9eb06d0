// A plain read of memory, and chains of multiplications that nothing waits for.
#include "runtime/device/Roof.h"

#include "runtime/core/ThreadPool.h"
#include "runtime/device/Device.h"

#include <algorithm>
#include <chrono>
#include <immintrin.h>
#include <numeric>
#include <vector>

namespace longc {
namespace {

constexpr size_t readBytes = size_t{256} << 20; // more than any cache
constexpr int rounds = 3, chains = 12;          // a multiplication takes 4 cycles, two begin in each
constexpr int64_t steps = 2'000'000;

double secondsOf(const auto &work) {
  auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// The least of some rounds, the first of which warms up.
double leastSeconds(const auto &work) {
  double least = secondsOf(work);
  for (int round = 0; round < rounds; ++round)
    least = std::min(least, secondsOf(work));
  return least;
}

#define LONGC_CHAINS(VECTOR, ZERO, STEP)                                                                                                             \
  VECTOR sums[chains];                                                                                                                               \
  for (VECTOR &sum : sums)                                                                                                                           \
    sum = ZERO;                                                                                                                                      \
  for (int64_t i = 0; i < steps; ++i)                                                                                                                \
    for (VECTOR &sum : sums) {                                                                                                                       \
      STEP;                                                                                                                                          \
      asm volatile("" : "+v"(sum));                                                                                                                  \
    }

__attribute__((target("avx2,fma"))) void multiply256() {
  const __m256 x = _mm256_set1_ps(0.5f);
  LONGC_CHAINS(__m256, _mm256_setzero_ps(), sum = _mm256_fmadd_ps(x, x, sum))
}
__attribute__((target("avx512f"))) void multiply512() {
  const __m512 x = _mm512_set1_ps(0.5f);
  LONGC_CHAINS(__m512, _mm512_setzero_ps(), sum = _mm512_fmadd_ps(x, x, sum))
}
__attribute__((target("avx512f,avx512bf16"))) void multiplyBf16() {
  const __m512bh x = (__m512bh)_mm512_set1_epi16(0x3f00);
  LONGC_CHAINS(__m512, _mm512_setzero_ps(), sum = _mm512_dpbf16_ps(sum, x, x))
}
__attribute__((target("avx512f,avx512vnni"))) void multiplyInt8() {
  const __m512i x = _mm512_set1_epi8(1);
  LONGC_CHAINS(__m512i, _mm512_setzero_si512(), sum = _mm512_dpbusd_epi32(sum, x, x))
}
#undef LONGC_CHAINS

// `each`: multiplications and additions of one instruction.
double rateOf(ThreadPool &pool, void (*work)(), double each) {
  const int threads = pool.threads();
  const double seconds = leastSeconds([&] { pool.forRanges(threads, [&](int, int64_t, int64_t) { work(); }); });
  return each * chains * static_cast<double>(steps) * threads / seconds;
}

double readRate(ThreadPool &pool) {
  std::vector<int64_t> words(readBytes / sizeof(int64_t));
  std::vector<int64_t> sums(static_cast<size_t>(pool.threads()) * 16);
  auto read = [&] {
    pool.forRanges(static_cast<int64_t>(words.size()), [&](int thread, int64_t begin, int64_t end) {
      sums[static_cast<size_t>(thread) * 16] += std::accumulate(words.begin() + begin, words.begin() + end, int64_t{0});
    });
  };
  pool.forRanges(static_cast<int64_t>(words.size()), [&](int, int64_t begin, int64_t end) { std::fill(words.begin() + begin, words.begin() + end, 1); });
  const double seconds = leastSeconds(read);
  return std::accumulate(sums.begin(), sums.end(), int64_t{0}) ? static_cast<double>(readBytes) / seconds : 0;
}

} // namespace

Roof measureRoof(ThreadPool &pool, bool has512, bool hasBf16, bool hasMatrixUnit) {
  Roof roof;
  roof.bytes = readRate(pool);
  roof.f32 = rateOf(pool, has512 ? multiply512 : multiply256, has512 ? 32 : 16);
  if (hasMatrixUnit)
    return roof;
  roof.bf16 = hasBf16 ? rateOf(pool, multiplyBf16, 64) : roof.f32;
  roof.int8 = hasBf16 ? rateOf(pool, multiplyInt8, 128) : 0;
  return roof;
}

// Memory of its own: copies, each of which reads and writes.
Roof Device::measureRoof() {
  Roof roof;
  void *memory[2] = {};
  for (void *&one : memory)
    if (auto allocated = allocate(readBytes, "measuring"); allocated.ok())
      one = *allocated;
  auto copy = [&] {
    for (int i = 0; i < 4; ++i)
      (void)copyWithin(memory[1], memory[0], readBytes);
    (void)finish();
  };
  if (memory[0] && memory[1])
    roof.bytes = 8 * static_cast<double>(readBytes) / leastSeconds(copy);
  for (void *one : memory)
    if (one)
      release(one);
  return roof;
}

} // namespace longc
