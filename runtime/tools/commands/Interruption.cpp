// The signal handler of SIGINT and what it tells the rest.
#include "runtime/tools/commands/Interruption.h"

#include "runtime/core/ExitCode.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace longc {
namespace {

// `pressed` counts until forgetInterrupts(), `handled` those of them that have stopped something.
volatile std::sig_atomic_t pressed = 0, handled = 0, nothingToStop = 0;
int wake[2] = {-1, -1}; // a pipe: a handler may write to it, and poll() sees it in whatever thread the handler ran

void onInterrupt(int) {
  int error = errno;
  if (nothingToStop)
    (void)!write(wake[1], "", 1);
  else if (pressed > 0)
    _exit(exitInterrupted);
  else
    pressed = 1;
  errno = error;
}

} // namespace

void watchInterrupts() {
  if (wake[0] < 0 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) != 0)
    wake[0] = wake[1] = -1;
  struct sigaction action = {};
  action.sa_handler = onInterrupt;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
}

bool interrupted() { return pressed > handled; }
void stoppedWork() { handled = pressed; }
void forgetInterrupts() {
  pressed = 0;
  handled = 0;
}

InterruptWatch::InterruptWatch() {
  stoppedWork(); // what it should have stopped had just ended
  nothingToStop = 1;
}

// A ^C that came when the watcher no longer looked is for the work that begins now.
InterruptWatch::~InterruptWatch() {
  nothingToStop = 0;
  if (clear())
    pressed = handled + 1;
}

int InterruptWatch::descriptor() const { return wake[0]; }

bool InterruptWatch::clear() {
  bool any = false;
  for (char letters[64]; read(wake[0], letters, sizeof letters) > 0;)
    any = true;
  return any;
}

} // namespace longc
