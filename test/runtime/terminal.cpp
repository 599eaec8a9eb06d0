// Pseudo-terminals.
#include "test/runtime/Terminal.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

namespace longc {
namespace {

constexpr int patience = 20'000; // milliseconds: for machines that are busy; nothing waits that long when it works

} // namespace

Terminal::Terminal(const std::vector<std::string> &words) {
  process_ = forkpty(&terminal_, nullptr, nullptr, nullptr);
  if (process_ != 0)
    return;
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

Terminal::~Terminal() {
  close(terminal_);
  if (process_ > 0) {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }
}

void Terminal::type(const std::string &letters) { (void)!write(terminal_, letters.data(), letters.size()); }

bool Terminal::readMore() {
  pollfd wait = {terminal_, POLLIN, 0};
  char piece[4096];
  ssize_t count = poll(&wait, 1, patience) == 1 ? read(terminal_, piece, sizeof piece) : 0;
  if (count > 0)
    screen_.append(piece, static_cast<size_t>(count));
  return count > 0;
}

// A program that never stops writing runs out of patience too.
bool Terminal::shows(const std::string &text) {
  size_t from = seen_;
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience);;) {
    if (size_t place = screen_.find(text, from); place != std::string::npos) {
      seen_ = place + text.size();
      return true;
    }
    from = std::max(from, screen_.size() - std::min(screen_.size(), text.size()));
    if (!readMore() || std::chrono::steady_clock::now() > end)
      return false;
  }
}

int Terminal::exitCode() {
  while (readMore()) { // until the other side is closed
  }
  int status = 0;
  for (int wait = 0; waitpid(process_, &status, WNOHANG) == 0; wait += 10) {
    if (wait > patience)
      return -2;
    usleep(10'000);
  }
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace longc
