// Fixed thread pool: spin, then sleep.
#include "runtime/core/ThreadPool.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <sched.h>
#include <system_error>
#include <utility>

namespace longc {
namespace {

// Long enough to bridge the host's work between two steps, short enough not to heat an idle chat.
constexpr auto spinTime = std::chrono::microseconds(500);

std::vector<int> affinityOf(pthread_t thread) {
  std::vector<int> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (pthread_getaffinity_np(thread, sizeof set, &set) == 0)
    for (int core = 0; core < CPU_SETSIZE; ++core)
      if (CPU_ISSET(core, &set))
        cores.push_back(core);
  return cores;
}

// As the process found them; the thread that made a pool may be pinned later.
const std::vector<int> &processCores() {
  static const std::vector<int> cores = affinityOf(pthread_self());
  return cores;
}

void setAffinity(const std::vector<int> &cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int core : cores)
    CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

// Waits until `value` differs from `old`: spins for a while when `spin`, then sleeps.
int waitForChange(std::atomic<int> &value, int old, bool spin) {
  if (spin) {
    std::chrono::steady_clock::time_point start;
    do {
      for (int turn = 0; turn < 256; ++turn) {
        if (int now = value.load(std::memory_order_acquire); now != old)
          return now;
        __builtin_ia32_pause();
      }
      if (start == std::chrono::steady_clock::time_point())
        start = std::chrono::steady_clock::now();
    } while (std::chrono::steady_clock::now() - start < spinTime);
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

} // namespace

int ThreadPool::availableCores() { return std::max(1, static_cast<int>(processCores().size())); }

Result<std::unique_ptr<ThreadPool>> ThreadPool::create(int threads) {
  if (threads < 0 || threads > maxThreads)
    return Status::error(1010, formatText("--threads %d: expected 0 (one a core) to %d", threads, maxThreads));
  if (threads == 0)
    threads = availableCores();
  std::unique_ptr<ThreadPool> pool(new ThreadPool(threads));
  try {
    for (int thread = 1; thread < threads; ++thread)
      pool->workers_.emplace_back([raw = pool.get(), thread] { raw->work(thread); });
  } catch (const std::system_error &) {
    return Status::error(7002, formatText("the system refused thread %zu of %d", pool->workers_.size() + 2, threads),
                         "use fewer --threads");
  }
  return pool;
}

ThreadPool::ThreadPool(int threads) : threads_(threads), callerCores_(affinityOf(pthread_self())), meetings_(static_cast<size_t>(threads)) {
  int cores = availableCores();
  spin_ = threads <= cores;
  // With cores to spare the scheduler keeps threads apart, and pinning would set two programs on the same cores.
  if (threads > 1 && static_cast<size_t>(threads) == processCores().size()) {
    cores_ = processCores();
    setAffinity({cores_[0]});
  }
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all();
  for (std::thread &worker : workers_)
    worker.join();
  if (!cores_.empty())
    setAffinity(callerCores_);
}

void ThreadPool::runRegion(Region region, void *context) {
  region_ = region;
  context_ = context;
  remaining_.store(threads_ - 1, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_release);
  generation_.notify_all(); // no system call when nobody sleeps
  runShare(0);
  for (int left; (left = remaining_.load(std::memory_order_acquire)) != 0;)
    waitForChange(remaining_, left, spin_);
  if (failed_.exchange(false))
    std::rethrow_exception(std::exchange(failure_, nullptr));
}

void ThreadPool::runShare(int thread) noexcept {
  try {
    region_(context_, thread);
  } catch (...) {
    if (!failed_.exchange(true))
      failure_ = std::current_exception();
  }
}

// Each looks at all others: nobody has to be told by one that was told.
void ThreadPool::meet(int thread) noexcept {
  std::atomic<int> &mine = meetings_[static_cast<size_t>(thread)].count;
  const int before = mine.fetch_add(1, std::memory_order_acq_rel);
  mine.notify_all();
  for (Meetings &other : meetings_)
    if (other.count.load(std::memory_order_acquire) == before)
      waitForChange(other.count, before, spin_);
}

void ThreadPool::work(int thread) {
  if (!cores_.empty())
    setAffinity({cores_[static_cast<size_t>(thread)]});
  for (int seen = 0;;) {
    seen = waitForChange(generation_, seen, spin_);
    if (stopping_)
      return;
    runShare(thread);
    if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      remaining_.notify_all();
  }
}

} // namespace longc
