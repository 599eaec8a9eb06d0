// Runs the cases that longc-compare-cpu --bundle wrote: compiled kernels on a processor that the compiler was not on.
// Needs no LLVM: run_bundle DIR [REPEAT]. Prints a line a case; fails when an output differs.
#include "runtime/abi/longc_abi.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dlfcn.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace {

FILE *cases;

template <typename T> bool read(T *to, size_t count) { return std::fread(to, sizeof(T), count, cases) == count; }
int64_t number() {
  int64_t value = 0;
  if (!read(&value, 1))
    std::exit(2);
  return value;
}

double element(const char *data, int64_t type, int64_t at) {
  if (type == 0) {
    float value;
    std::memcpy(&value, data + 4 * at, 4);
    return value;
  }
  if (type == 1) {
    uint32_t bits = 0;
    std::memcpy(reinterpret_cast<char *>(&bits) + 2, data + 2 * at, 2);
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
  }
  if (type == 2)
    return static_cast<signed char>(data[at]);
  if (type == 4) {
    int16_t value;
    std::memcpy(&value, data + 2 * at, 2);
    return value;
  }
  int32_t value;
  std::memcpy(&value, data + 4 * at, 4);
  return value;
}

char *aligned(std::vector<char> &bytes) { return bytes.data() + (64 - reinterpret_cast<uintptr_t>(bytes.data()) % 64); }

double seconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2)
    return 2;
  syscall(SYS_arch_prctl, 0x1023, 18); // the system's leave to use the matrix unit
  std::string folder = argv[1];
  int repeat = argc > 2 ? std::atoi(argv[2]) : 0, passed = 0, wrong = 0;
  void *library = dlopen((folder + "/kernels.so").c_str(), RTLD_NOW);
  cases = std::fopen((folder + "/cases.bin").c_str(), "rb");
  if (!library || !cases) {
    std::fprintf(stderr, "error: %s\n", library ? "no cases.bin" : dlerror());
    return 2;
  }
  for (int64_t size; read(&size, 1);) {
    std::string symbol(static_cast<size_t>(size), ' ');
    if (!read(symbol.data(), symbol.size()))
      return 2;
    int64_t scratchBytes = number(), blocks = number();
    std::vector<int64_t> scalars(static_cast<size_t>(number()));
    read(scalars.data(), scalars.size());
    std::vector<longc_view> views(static_cast<size_t>(number()));
    std::vector<std::vector<char>> memories(views.size());
    for (size_t i = 0; i < views.size(); ++i) {
      read(views[i].size, 4);
      read(views[i].stride, 4);
      size_t bytes = static_cast<size_t>(number());
      memories[i].resize(bytes + 128);
      views[i].data = aligned(memories[i]);
      read(aligned(memories[i]), bytes);
    }
    auto run = reinterpret_cast<longc_kernel_fn>(dlsym(library, symbol.c_str()));
    if (!run)
      return 2;
    std::vector<char> scratch(static_cast<size_t>(scratchBytes) + 128, '\xff');
    run(views.data(), scalars.data(), 0, blocks, aligned(scratch));
    bool good = true;
    double error = 0;
    for (int64_t output = number(); output > 0; --output) {
      size_t at = static_cast<size_t>(number());
      int64_t type = number();
      double limit = 0, worst = 0, magnitude = 0;
      read(&limit, 1);
      std::vector<double> expected(static_cast<size_t>(number()));
      read(expected.data(), expected.size());
      for (size_t i = 0; i < expected.size(); ++i) {
        double got = element(static_cast<char *>(views[at].data), type, static_cast<int64_t>(i));
        if (std::isnan(expected[i]) && std::isnan(got)) // a NaN or never written: outputs begin as NaN
          continue;
        double difference = got == expected[i] ? 0 : std::abs(got - expected[i]);
        worst = std::isnan(difference) ? difference : std::max(worst, difference);
        if (std::isfinite(expected[i]))
          magnitude = std::max(magnitude, std::abs(expected[i]));
        if (std::isnan(worst))
          break;
      }
      good &= worst <= std::max(type == 2 || type == 4 ? 1.0 : 0.0, limit * magnitude);
      error = std::max(error, magnitude > 0 ? worst / magnitude : 0);
    }
    double best = 1e30;
    for (int i = 0; i < repeat; ++i) {
      double start = seconds();
      run(views.data(), scalars.data(), 0, blocks, aligned(scratch));
      best = std::min(best, seconds() - start);
    }
    std::printf("%s %s relative error %.3g", good ? "ok   " : "WRONG", symbol.c_str(), error);
    if (repeat)
      std::printf("  %.1f us", best * 1e6);
    std::printf("\n");
    (good ? passed : wrong) += 1;
  }
  std::printf("%d passed, %d failed\n", passed, wrong);
  return wrong != 0;
}
