// Waits for lines and for ^C at once.
#include "runtime/tools/commands/TypedLines.h"

#include "runtime/tools/commands/Interruption.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utility>

namespace longc {
namespace {

Status cannotRead(int error) {
  return Status::error(5401, std::string("cannot read standard input: ") + std::strerror(error),
                       "give it a terminal, a file or a pipe, or use --prompt");
}

/// While it lives ^C leaves what was typed in the terminal's hands, so that it can be told whether anything was.
class KeptInput {
public:
  explicit KeptInput(bool terminal) : changed_(terminal && tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_)
      return;
    termios kept = before_;
    kept.c_lflag |= NOFLSH;
    tcsetattr(STDIN_FILENO, TCSANOW, &kept);
  }
  ~KeptInput() {
    if (changed_)
      tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  KeptInput(const KeptInput &) = delete;
  KeptInput &operator=(const KeptInput &) = delete;

private:
  termios before_ = {};
  bool changed_;
};

void show(const char *text) { std::fputs(text, stderr); }

} // namespace

TypedLines::TypedLines() : terminal_(isatty(STDIN_FILENO) != 0) {}

Result<TypedLines::Event> TypedLines::next(std::string &line) {
  InterruptWatch watch;
  KeptInput kept(terminal_);
  if (terminal_)
    show("> ");
  bool waited = false;
  while (!takeLine(line)) {
    if (ended_) {
      if (terminal_)
        show("\n");
      return Event::end;
    }
    pollfd waits[2] = {{STDIN_FILENO, POLLIN, 0}, {watch.descriptor(), POLLIN, 0}};
    waited = waited || poll(waits, 1, 0) == 0;
    if (poll(waits, 2, -1) < 0) {
      if (errno != EINTR)
        return cannotRead(errno);
      continue;
    }
    if (waits[1].revents == 0) {
      LONGC_TRY(fill());
      continue;
    }
    watch.clear();
    bool typed = terminal_ && discardTyped();
    if (terminal_)
      show("\n");
    if (!typed)
      return Event::interrupted;
    show("> ");
  }
  if (terminal_ || waited) // somebody asked it just now
    forgetInterrupts();
  return Event::line;
}

Status TypedLines::fill() {
  char piece[4096];
  ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
  if (count < 0)
    return errno == EINTR || errno == EAGAIN ? Status() : cannotRead(errno);
  ended_ = count == 0;
  pending_.append(piece, static_cast<size_t>(count));
  return {};
}

// The last line need not have an end.
bool TypedLines::takeLine(std::string &line) {
  size_t end = pending_.find('\n');
  if (end == std::string::npos && (!ended_ || pending_.empty()))
    return false;
  line = pending_.substr(0, end);
  pending_.erase(0, end == std::string::npos ? end : end + 1);
  if (!line.empty() && line.back() == '\r')
    line.pop_back();
  return true;
}

// A terminal keeps an unfinished line to itself, unless it is asked for letters instead of lines.
bool TypedLines::discardTyped() {
  int letters = 0;
  termios lines;
  if (tcgetattr(STDIN_FILENO, &lines) == 0) {
    termios single = lines;
    single.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    tcsetattr(STDIN_FILENO, TCSANOW, &single);
    ioctl(STDIN_FILENO, FIONREAD, &letters);
    tcflush(STDIN_FILENO, TCIFLUSH);
    tcsetattr(STDIN_FILENO, TCSANOW, &lines);
  }
  return !std::exchange(pending_, "").empty() || letters > 0;
}

} // namespace longc
