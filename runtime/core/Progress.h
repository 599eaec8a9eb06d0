// Progress of long work on stderr: a bar on a terminal, lines or JSON lines where asked for, else nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longc {

enum class ProgressMode { automatic, plain, json, none };

/// "auto", "plain", "json", "none".
std::optional<ProgressMode> parseProgressMode(std::string_view text);

class Progress {
public:
  /// `automatic` is a bar when stderr is a terminal and nothing otherwise.
  Progress(ProgressMode mode, std::string title, int64_t total, std::string unit);
  ~Progress() { finish(); }
  Progress(const Progress &) = delete;
  Progress &operator=(const Progress &) = delete;

  /// Shows `done` of the total; rate-limited to ten times a second (bar) or once a second.
  void update(int64_t done, const std::string &note = "");
  /// Ends the bar's line. Called by the destructor.
  void finish();

private:
  using Clock = std::chrono::steady_clock;
  void show(double seconds, const std::string &note) const;
  void showBar(double seconds, const std::string &note) const;

  enum class Form { bar, plain, json, none } form_;
  std::string title_, unit_;
  int64_t total_, done_ = 0;
  Clock::time_point start_, shown_;
  bool finished_ = false, drawn_ = false;
};

} // namespace longc
