// The last words of a process. Nothing here may allocate.
#include "runtime/core/Uncaught.h"

#include "runtime/core/ExitCode.h"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>
#include <unistd.h>

namespace longc {
namespace {

std::atomic<bool> newHasFailed{false};

[[noreturn]] void exitWith(int code, std::string_view words) {
  [[maybe_unused]] ssize_t ignored = write(STDERR_FILENO, words.data(), words.size());
  std::_Exit(code);
}

void onNewFailure() {
  newHasFailed = true;
  throw std::bad_alloc();
}

[[noreturn]] void onTerminate() {
  if (newHasFailed)
    exitOutOfMemory();
  exitWith(exitInternal, "error: LC9001: internal error: an exception that nothing caught\n"
                         "  hint: please report this with the command line\n");
}

} // namespace

void exitOutOfMemory() {
  exitWith(exitMemory, "error: LC7001: out of memory\n"
                       "  hint: close other programs, raise the limit (ulimit -v), or use a smaller --window\n");
}

// Before anything else of the program runs, too: memory may be out while other files make what they hold from the start.
[[gnu::constructor(101)]] void nameUncaughtExceptions() {
  std::set_new_handler(onNewFailure);
  std::set_terminate(onTerminate);
}

} // namespace longc
