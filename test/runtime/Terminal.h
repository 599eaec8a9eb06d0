// A program at a terminal, and a person who types.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace longc {

class Terminal {
public:
  explicit Terminal(const std::vector<std::string> &words);
  ~Terminal();
  Terminal(const Terminal &) = delete;
  Terminal &operator=(const Terminal &) = delete;

  void type(const std::string &letters);
  /// Waits until `text` is on the screen behind what was waited for last; false if it does not come.
  bool shows(const std::string &text);
  /// Exit code; -1 if a signal ended it, -2 if it does not end.
  int exitCode();
  const std::string &screen() const { return screen_; }

  static constexpr const char *interrupt = "\x03", *endOfInput = "\x04";

private:
  bool readMore();

  int terminal_ = -1;
  pid_t process_ = -1;
  std::string screen_;
  size_t seen_ = 0;
};

} // namespace longc
