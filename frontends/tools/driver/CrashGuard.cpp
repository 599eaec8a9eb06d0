// Forks, waits, and says what became of the child.
#include "frontends/tools/driver/CrashGuard.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/OutputFile.h"

#include "llvm/Support/ErrorHandling.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <new>
#include <optional>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace longc {
namespace {

// A status travels as "code\0message\0hint\0". It is short: the pipe takes it whole, nobody needs to read meanwhile.
void sendStatus(int pipe, const Status &status) {
  std::string bytes = std::to_string(status.code()) + '\0';
  if (!status.ok())
    bytes += status.message().substr(0, 16384) + '\0' + status.hint().substr(0, 4096) + '\0';
  while (write(pipe, bytes.data(), bytes.size()) < 0 && errno == EINTR) {
  }
}

std::optional<Status> receiveStatus(int pipe) {
  std::string bytes;
  char block[4096];
  for (ssize_t count; (count = read(pipe, block, sizeof block)) != 0;) {
    if (count > 0)
      bytes.append(block, static_cast<size_t>(count));
    else if (errno != EINTR)
      return std::nullopt;
  }
  if (bytes.empty() || bytes.back() != '\0')
    return std::nullopt; // the child did not come that far
  int code = std::atoi(bytes.c_str());
  if (code == 0)
    return Status();
  const char *message = bytes.c_str() + std::strlen(bytes.c_str()) + 1;
  return Status::error(code, message, message + std::strlen(message) + 1);
}

Status outOfMemory() {
  return Status::error(7001, "out of memory while compiling", "close other programs, or compile fewer --variants");
}

int childPipe = -1; // for the handlers of an exhausted heap, which can carry nothing

void endOutOfMemory() {
  sendStatus(childPipe, outOfMemory());
  _exit(0);
}

void blockSignals(int how) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(how, &signals, nullptr);
}

[[noreturn]] void runChild(int pipe, const std::function<Status()> &work) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  blockSignals(SIG_UNBLOCK);
  childPipe = pipe;
  std::set_new_handler(endOutOfMemory);
  llvm::remove_bad_alloc_error_handler();
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { endOutOfMemory(); });
  sendStatus(pipe, work());
  std::fflush(nullptr);
  _exit(0);
}

pid_t child = 0;

void passOn(int signal) { kill(child, signal); }

// Waits for the child; ^C and termination end the child, and this process lives on to clean up.
int waitForChild(pid_t process) {
  child = process;
  struct sigaction passing = {}, interrupt, terminate;
  passing.sa_handler = passOn;
  sigaction(SIGINT, &passing, &interrupt);
  sigaction(SIGTERM, &passing, &terminate);
  blockSignals(SIG_UNBLOCK);
  int result = 0;
  while (waitpid(process, &result, 0) < 0 && errno == EINTR) {
  }
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGTERM, &terminate, nullptr);
  return result;
}

// The compiler's own failure, with what repeats it.
Status internalError(const CrashGuard &guard, int code, const std::string &message) {
  std::ifstream stream(guard.reproducer, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  bool kept = !text.empty() && OutputFile::write(guard.keptAs, text).ok();
  return Status::error(code, message,
                       kept ? "please report it with '" + guard.keptAs + "'; `longc-opt --run-reproducer " + guard.keptAs +
                                  "` runs the passes it was in"
                            : "please report the command line and the model");
}

std::string howItEnded(int result) {
  return WIFSIGNALED(result) ? std::string("died: ") + strsignal(WTERMSIG(result))
                             : "ended with exit code " + std::to_string(WEXITSTATUS(result));
}

} // namespace

HeldSignals::HeldSignals() { blockSignals(SIG_BLOCK); }
HeldSignals::~HeldSignals() { blockSignals(SIG_UNBLOCK); }

Status guardAgainstCrash(const CrashGuard &guard, const std::function<Status()> &work) {
  int ends[2];
  if (pipe(ends) != 0)
    return Status::error(5001, std::string("cannot make a pipe: ") + std::strerror(errno), "close other programs");
  std::fflush(nullptr); // what is buffered must not be printed twice
  pid_t process = fork();
  if (process < 0) {
    close(ends[0]);
    close(ends[1]);
    return Status::error(5001, std::string("cannot start a process: ") + std::strerror(errno),
                         "close other programs, or use --no-repro-on-crash");
  }
  if (process == 0) {
    close(ends[0]);
    runChild(ends[1], work);
  }
  close(ends[1]);
  int result = waitForChild(process);
  std::optional<Status> status = receiveStatus(ends[0]);
  close(ends[0]);
  if (status && WIFEXITED(result) && WEXITSTATUS(result) == 0)
    return exitCodeOf(*status) == exitInternal ? internalError(guard, status->code(), status->message()) : *status;
  int signal = WIFSIGNALED(result) ? WTERMSIG(result) : 0;
  if (signal == SIGINT || signal == SIGTERM)
    return Status::error(cancelledCode, "cancelled");
  if (signal == SIGKILL)
    return outOfMemory();
  return internalError(guard, 9002, "internal error: the compiler " + howItEnded(result));
}

} // namespace longc
