// A fixed set of threads that share the blocks of a kernel launch.
//
// A region starts and ends in about 1.5 us on two threads: workers spin for a short time after each region and only
// then sleep. Steps of one region follow each other in a third of that: threads meet without being told what comes.
// Where every core has its thread, threads are pinned (two spinning threads on one core cost 4 ms stalls). With more threads than cores nobody spins. What a body throws, on whichever thread, the caller of the region
// gets once all have ended.
#pragma once

#include "runtime/core/Status.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace longc {

class ThreadPool {
public:
  static constexpr int maxThreads = 1024;

  /// `threads` of 0 means one a core this process may use.
  static Result<std::unique_ptr<ThreadPool>> create(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool &) = delete;
  ThreadPool &operator=(const ThreadPool &) = delete;

  /// Cores this process may use.
  static int availableCores();
  int threads() const { return threads_; }

  /// body(thread, begin, end): [0, count) in equal consecutive ranges, one a thread. Empty ranges are skipped.
  template <typename Body> void forRanges(int64_t count, Body &&body) {
    auto share = [&](int thread) { equalShare(thread, count, [&](int64_t begin, int64_t end) { body(thread, begin, end); }); };
    count > 1 && threads_ > 1 ? run(share) : runInline(share);
  }

  /// body(begin, end) for what is the thread's of [0, count) where all have equal consecutive ranges; not for an empty one.
  template <typename Body> void equalShare(int thread, int64_t count, Body &&body) const {
    const int64_t begin = count * thread / threads_, end = count * (thread + 1) / threads_;
    if (begin < end)
      body(begin, end);
  }

  /// body(thread, index) for each index of [0, count): handed out in order to whoever is free. For uneven work.
  template <typename Body> void forEach(int64_t count, Body &&body) {
    Handout handout;
    auto share = [&](int thread) { handOut(handout, count, 1, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index)
        body(thread, index);
    }); };
    count > 1 && threads_ > 1 ? run(share) : share(0);
  }

  /// body(thread, step) for each step of [0, steps) on each thread; none begins a step before all have ended the one before.
  template <typename Body> void forSteps(int64_t steps, Body &&body) {
    static_assert(std::is_nothrow_invocable_v<Body &, int, int64_t>, "who throws would leave the others waiting");
    auto share = [&](int thread) {
      for (int64_t step = 0; step < steps; ++step) {
        body(thread, step);
        if (step + 1 < steps)
          meet(thread);
      }
    };
    run(share);
  }

  /// Where the next indices of shared work begin; on a line of its own.
  struct alignas(64) Handout {
    std::atomic<int64_t> next{0};
  };
  /// body(begin, end) for ranges of [0, count) that no other thread has: long ones first, as asking costs a line of another core's,
  /// but none of more than `most` indices.
  template <typename Body> void handOut(Handout &handout, int64_t count, int64_t most, Body &&body) const {
    int64_t begin = handout.next.load(std::memory_order_relaxed), end = 0;
    auto take = [&] {
      do {
        if (begin >= count)
          return false;
        end = begin + std::clamp<int64_t>((count - begin) / (4 * threads_), 1, most);
      } while (!handout.next.compare_exchange_weak(begin, end, std::memory_order_relaxed));
      return true;
    };
    for (; take(); begin = handout.next.load(std::memory_order_relaxed))
      body(begin, end);
  }

private:
  ThreadPool(int threads);
  using Region = void (*)(void *context, int thread);

  template <typename Share> void runInline(Share &share) {
    for (int thread = 0; thread < threads_; ++thread)
      share(thread);
  }
  template <typename Share> void run(Share &share) {
    runRegion([](void *context, int thread) { (*static_cast<Share *>(context))(thread); }, &share);
  }

  void runRegion(Region region, void *context);
  void runShare(int thread) noexcept;
  void work(int thread);
  void meet(int thread) noexcept;

  int threads_;
  bool spin_; // each thread has a core of its own
  std::vector<int> cores_;
  std::vector<int> callerCores_; // the caller's affinity before it was pinned
  std::vector<std::thread> workers_;
  // What a worker needs to begin lies on one line with what it waits for; what it ends with on another.
  alignas(64) std::atomic<int> generation_{0};
  Region region_ = nullptr;
  void *context_ = nullptr;
  bool stopping_ = false;
  std::atomic<bool> failed_{false}; // who sets it also sets failure_
  std::exception_ptr failure_;      // the first of a region
  alignas(64) std::atomic<int> remaining_{0};
  struct alignas(64) Meetings {
    std::atomic<int> count{0}; // wraps around
  };
  std::vector<Meetings> meetings_; // by thread: to how many it has come
};

} // namespace longc
