// Exit codes by error code.
#include "runtime/core/ExitCode.h"

namespace longc {

int exitCodeOf(const Status &status) {
  if (status.ok())
    return exitOk;
  int code = status.code();
  if (code == cancelledCode)
    return exitInterrupted;
  if (code == 7001 || code == 7002 || code == 7003 || code == 7101 || code == 7103 || code == 7104 || code == 7105 ||
      code == 7106)
    return exitMemory;
  if (code / 1000 == 9)
    return exitInternal;
  return code / 1000 == 1 ? exitUsage : exitUser;
}

} // namespace longc
