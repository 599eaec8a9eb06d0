// Asks the system.
#include "runtime/core/SystemMemory.h"

#include <algorithm>
#include <sys/resource.h>
#include <unistd.h>

namespace longc {

double systemMemory() {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    bytes = std::min(bytes, static_cast<double>(limit.rlim_cur));
  return bytes;
}

} // namespace longc
