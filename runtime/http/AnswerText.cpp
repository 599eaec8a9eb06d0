// Holding back what may become a stop text.
#include "runtime/http/AnswerText.h"

#include <algorithm>

namespace longc {

size_t beginningOfAny(std::string_view text, std::span<const std::string> stops) {
  size_t most = 0;
  for (const std::string &stop : stops)
    for (size_t length = std::min(stop.size() - 1, text.size()); length > most; --length)
      if (text.ends_with(std::string_view(stop).substr(0, length)))
        most = length;
  return most;
}

std::string AnswerText::release(const std::string &piece) {
  if (stopped_)
    return {};
  held_ += piece;
  size_t first = std::string::npos;
  for (const std::string &stop : stops_)
    first = std::min(first, held_.find(stop));
  stopped_ = first != std::string::npos;
  const size_t ready = stopped_ ? first : held_.size() - beginningOfAny(held_, stops_);
  std::string text = held_.substr(0, ready);
  held_.erase(0, stopped_ ? held_.size() : ready);
  return text;
}

std::string AnswerText::flush() {
  std::string text = release(decoder_.flush());
  return text + std::exchange(held_, {});
}

} // namespace longc
