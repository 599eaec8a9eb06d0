// Lines of standard input as questions: typed by a person at a prompt, or from a file or a pipe.
#pragma once

#include "runtime/core/Status.h"

#include <string>

namespace longc {

class TypedLines {
public:
  TypedLines();

  enum class Event { line, end, interrupted };
  /// Waits for the next line, given without its end (LF or CR LF). At a terminal there is a prompt, and ^C throws away what
  /// was typed, if anything was; everywhere else it is `interrupted`.
  Result<Event> next(std::string &line);
  bool isTerminal() const { return terminal_; }

private:
  bool takeLine(std::string &line);
  bool discardTyped();
  Status fill();

  bool terminal_, ended_ = false;
  std::string pending_; // read, but not given out yet
};

} // namespace longc
