// Keeps a crash of the compiler from being the end of it: the work is done by a child process.
#pragma once

#include "runtime/core/Status.h"

#include <functional>
#include <string>

namespace longc {

struct CrashGuard {
  std::string reproducer; // the child keeps this file at what it works on
  std::string keptAs;     // where the file goes when the child dies
};

// Holds back ^C and termination while it lives, so that neither comes between making what has to be cleaned up and being
// ready to clean it up. guardAgainstCrash lets them through once it can pass them on.
class HeldSignals {
public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals &) = delete;
  HeldSignals &operator=(const HeldSignals &) = delete;
};

// Runs `work` in a child process and gives its status. A child that dies is an internal error that names the
// reproducer; out of memory and interruption have their own codes. The child must not depend on threads of the caller.
Status guardAgainstCrash(const CrashGuard &guard, const std::function<Status()> &work);

} // namespace longc
