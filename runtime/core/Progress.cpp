// Progress of long work on stderr.
#include "runtime/core/Progress.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace longc {

std::optional<ProgressMode> parseProgressMode(std::string_view text) {
  if (text == "auto")
    return ProgressMode::automatic;
  if (text == "plain")
    return ProgressMode::plain;
  if (text == "json")
    return ProgressMode::json;
  if (text == "none")
    return ProgressMode::none;
  return std::nullopt;
}

Progress::Progress(ProgressMode mode, std::string title, int64_t total, std::string unit)
    : title_(std::move(title)), unit_(std::move(unit)), total_(total), start_(Clock::now()), shown_(start_) {
  switch (mode) {
  case ProgressMode::automatic: form_ = isatty(STDERR_FILENO) && !isQuiet() ? Form::bar : Form::none; break;
  case ProgressMode::plain: form_ = Form::plain; break;
  case ProgressMode::json: form_ = Form::json; break;
  case ProgressMode::none: form_ = Form::none; break;
  }
}

void Progress::update(int64_t done, const std::string &note) {
  done_ = done;
  if (form_ == Form::none)
    return;
  auto now = Clock::now();
  auto pause = std::chrono::milliseconds(form_ == Form::bar ? 100 : 1000);
  if (drawn_ && done < total_ && now - shown_ < pause)
    return;
  shown_ = now;
  drawn_ = true;
  show(std::chrono::duration<double>(now - start_).count(), note);
}

void Progress::finish() {
  if (finished_)
    return;
  finished_ = true;
  if (form_ == Form::bar && drawn_)
    std::fputc('\n', stderr);
}

void Progress::show(double seconds, const std::string &note) const {
  switch (form_) {
  case Form::bar: showBar(seconds, note); break;
  case Form::plain:
    std::fprintf(stderr, "%s: %s of %s %s, %.1f s%s%s\n", title_.c_str(), formatCount(done_).c_str(),
                 formatCount(total_).c_str(), unit_.c_str(), seconds, note.empty() ? "" : ", ", note.c_str());
    break;
  case Form::json:
    // Titles and units are our own words: nothing in them needs escaping.
    std::fprintf(stderr, "{\"progress\":\"%s\",\"done\":%lld,\"total\":%lld,\"unit\":\"%s\",\"seconds\":%.3f}\n",
                 title_.c_str(), static_cast<long long>(done_), static_cast<long long>(total_), unit_.c_str(), seconds);
    break;
  case Form::none: break;
  }
}

void Progress::showBar(double seconds, const std::string &note) const {
  constexpr int width = 28;
  double fraction = total_ > 0 ? std::clamp(static_cast<double>(done_) / static_cast<double>(total_), 0.0, 1.0) : 1.0;
  int filled = static_cast<int>(fraction * width);
  std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
  double rate = seconds > 0 ? static_cast<double>(done_) / seconds : 0;
  double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  std::fprintf(stderr, "\r%s [%s] %3.0f%% %s/%s %s, %.0f/s, %.0f s left%s%s\033[K", title_.c_str(), bar.c_str(),
               100 * fraction, formatCount(done_).c_str(), formatCount(total_).c_str(), unit_.c_str(), rate, left,
               note.empty() ? "" : ", ", note.c_str());
  std::fflush(stderr);
}

} // namespace longc
