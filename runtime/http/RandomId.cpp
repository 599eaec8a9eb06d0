// Random digits.
#include "runtime/http/RandomId.h"

#include "runtime/core/Format.h"

#include <mutex>
#include <random>

namespace longc {

std::string randomId(const char *prefix) {
  static std::mutex mutex;
  static std::mt19937_64 random(std::random_device{}() ^ (static_cast<uint64_t>(std::random_device{}()) << 32));
  std::lock_guard lock(mutex);
  return prefix + formatText("%016llx%08llx", static_cast<unsigned long long>(random()),
                             static_cast<unsigned long long>(random() & 0xffffffff));
}

} // namespace longc
