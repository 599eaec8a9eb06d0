// What this machine can do at most: int8 and bf16 dot products out of registers, and a plain read of memory.
//
//   c++ -O2 -std=c++20 -pthread bench/roofs.cpp -o roofs && ./roofs THREADS
//
// Prints one JSON object: int8_gops and bf16_gflops (multiply and add count as two), read_gbps; 0 where the processor has
// no such instruction. bench/speed.py sets the product's figures against these.
#include <immintrin.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int64_t dots = 1000000;
// Enough sums to cover the latency of two pipes; each a variable of its own, so that it stays in a register.
constexpr int accumulators = 12;
#define LONGC_EACH_SUM(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)

std::atomic<int64_t> sink;

__attribute__((target("avx512f,avx512vnni"))) void int8Dots512() {
  __m512i a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
#define LONGC_START(I) __m512i sum##I = _mm512_setzero_si512();
#define LONGC_STEP(I) sum##I = _mm512_dpbusd_epi32(sum##I, a, b); asm volatile("" : "+v"(sum##I));
#define LONGC_END(I) sink += _mm512_reduce_add_epi32(sum##I);
  LONGC_EACH_SUM(LONGC_START)
  for (int64_t i = 0; i < dots; ++i) {
    LONGC_EACH_SUM(LONGC_STEP)
  }
  LONGC_EACH_SUM(LONGC_END)
#undef LONGC_START
#undef LONGC_STEP
#undef LONGC_END
}

__attribute__((target("avx2"))) void int8Dots256() {
  __m256i a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(5), ones = _mm256_set1_epi16(1);
#define LONGC_START(I) __m256i sum##I = _mm256_setzero_si256();
#define LONGC_STEP(I) \
  sum##I = _mm256_add_epi32(sum##I, _mm256_madd_epi16(_mm256_maddubs_epi16(a, b), ones)); asm volatile("" : "+x"(sum##I), "+x"(a));
#define LONGC_END(I) sink += _mm256_extract_epi32(sum##I, 0);
  LONGC_EACH_SUM(LONGC_START)
  for (int64_t i = 0; i < dots; ++i) {
    LONGC_EACH_SUM(LONGC_STEP)
  }
  LONGC_EACH_SUM(LONGC_END)
#undef LONGC_START
#undef LONGC_STEP
#undef LONGC_END
}

__attribute__((target("avx512f,avx512bf16"))) void bf16Dots512() {
  auto a = reinterpret_cast<__m512bh>(_mm512_set1_epi32(0x3f803f80)), b = a;
#define LONGC_START(I) __m512 sum##I = _mm512_setzero_ps();
#define LONGC_STEP(I) sum##I = _mm512_dpbf16_ps(sum##I, a, b); asm volatile("" : "+v"(sum##I));
#define LONGC_END(I) sink += static_cast<int64_t>(_mm512_reduce_add_ps(sum##I));
  LONGC_EACH_SUM(LONGC_START)
  for (int64_t i = 0; i < dots; ++i) {
    LONGC_EACH_SUM(LONGC_STEP)
  }
  LONGC_EACH_SUM(LONGC_END)
#undef LONGC_START
#undef LONGC_STEP
#undef LONGC_END
}

__attribute__((target("avx2"))) void readBytes(const char *data, int64_t bytes) {
  __m256i sums[8] = {};
  for (int64_t i = 0; i + 256 <= bytes; i += 256)
    for (int part = 0; part < 8; ++part)
      sums[part] = _mm256_xor_si256(sums[part], _mm256_loadu_si256(reinterpret_cast<const __m256i *>(data + i + 32 * part)));
  for (auto &sum : sums)
    sink += _mm256_extract_epi64(sum, 0);
}

// Best time of `repeat` runs of `work(thread)` on all threads together.
double bestSeconds(int threads, int repeat, const std::function<void(int)> &work) {
  double best = 1e9;
  for (int round = 0; round < repeat; ++round) {
    auto start = Clock::now();
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; ++thread)
      others.emplace_back(work, thread);
    work(0);
    for (std::thread &other : others)
      other.join();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

} // namespace

int main(int count, char **words) {
  int threads = count > 1 ? std::max(1, std::atoi(words[1])) : 1;
  auto giga = [threads](double each, double seconds) { return each * threads / seconds / 1e9; };
  double int8 = 0, bf16 = 0;
  if (__builtin_cpu_supports("avx512vnni"))
    int8 = giga(2.0 * 64 * accumulators * dots, bestSeconds(threads, 30, [](int) { int8Dots512(); }));
  else if (__builtin_cpu_supports("avx2"))
    int8 = giga(2.0 * 32 * accumulators * dots, bestSeconds(threads, 30, [](int) { int8Dots256(); }));
  if (__builtin_cpu_supports("avx512bf16"))
    bf16 = giga(2.0 * 32 * accumulators * dots, bestSeconds(threads, 30, [](int) { bf16Dots512(); }));
  // Larger than the last cache, and the size of the weights that a decode step reads.
  int64_t bytes = int64_t{256} << 20, part = bytes / threads;
  std::vector<char> data(static_cast<size_t>(bytes), 1);
  double read = static_cast<double>(bytes) / 1e9 /
                bestSeconds(threads, 20, [&](int thread) { readBytes(data.data() + thread * part, part); });
  std::printf("{\"threads\": %d, \"int8_gops\": %.1f, \"bf16_gflops\": %.1f, \"read_gbps\": %.2f}\n", threads, int8, bf16, read);
}
