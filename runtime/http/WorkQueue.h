// One thread that does what is handed to it, in its order: what takes longer than the network's thread may take.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace longc {

class WorkQueue {
public:
  WorkQueue() : thread_([this] { loop(); }) {}
  ~WorkQueue() {
    {
      std::lock_guard lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  /// `work` throws nothing.
  void add(std::function<void()> work) {
    {
      std::lock_guard lock(mutex_);
      work_.push_back(std::move(work));
    }
    wake_.notify_one();
  }

private:
  void loop() {
    for (std::unique_lock lock(mutex_); !ends_;) {
      if (work_.empty()) {
        wake_.wait(lock);
        continue;
      }
      std::function<void()> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work();
      work = nullptr; // with what it holds, outside the lock
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> work_;
  bool ends_ = false;
  std::thread thread_; // last: it uses the others
};

} // namespace longc
