// Runs the cases that longc-compare-cpu --bundle wrote: compiled kernels on a processor that the compiler was not on.
// Needs no LLVM: run_bundle DIR [REPEAT]. Prints a line a case; fails when an output differs.
#include "test/codegen/cpu/ReadCases.h"

#include <algorithm>
#include <ctime>
#include <dlfcn.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

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
  std::FILE *cases = std::fopen((folder + "/cases.bin").c_str(), "rb");
  if (!library || !cases) {
    std::fprintf(stderr, "error: %s\n", library ? "no cases.bin" : dlerror());
    return 2;
  }
  for (longc::KernelCase launch; launch.read(cases);) {
    auto run = reinterpret_cast<longc_kernel_fn>(dlsym(library, launch.symbol.c_str()));
    if (!run)
      return 2;
    std::vector<char> scratch(static_cast<size_t>(launch.scratchBytes) + 128, '\xff');
    char *aligned = scratch.data() + (64 - reinterpret_cast<uintptr_t>(scratch.data()) % 64);
    run(launch.views.data(), launch.scalars.data(), 0, launch.blocks, aligned);
    double error = 0, best = 1e30;
    bool good = launch.judge(error);
    for (int i = 0; i < repeat; ++i) {
      double start = seconds();
      run(launch.views.data(), launch.scalars.data(), 0, launch.blocks, aligned);
      best = std::min(best, seconds() - start);
    }
    std::printf("%s %s relative error %.3g", good ? "ok   " : "WRONG", launch.symbol.c_str(), error);
    if (repeat)
      std::printf("  %.1f us", best * 1e6);
    std::printf("\n");
    (good ? passed : wrong) += 1;
  }
  std::printf("%d passed, %d failed\n", passed, wrong);
  return wrong != 0;
}
