// Splitting, eviction, budget.
#include "runtime/serve/WindowMarks.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {
namespace {

// Memory is given back in whole pages.
constexpr int64_t budgetStep = 256;

Status outOfRange(const char *option, int64_t value, int64_t low, int64_t high) {
  return Status::error(1012,
                       formatText("%s %lld: expected %lld to %lld", option, static_cast<long long>(value),
                                  static_cast<long long>(low), static_cast<long long>(high)),
                       "see --help for the program's limits");
}

} // namespace

Status WindowPolicy::check(int64_t largestWindow) const {
  if (window < 1 || window > largestWindow)
    return outOfRange("--window", window, 1, largestWindow);
  if (lastContext < 1 || lastContext > window)
    return outOfRange("--last-context", lastContext, 1, window);
  if (memoryRows < 0)
    return outOfRange("--memory-budget", memoryRows, 0, INT64_MAX);
  return {};
}

std::vector<TokenGroup> WindowMarks::splitToMemory(int64_t tokens) const {
  std::vector<TokenGroup> groups;
  for (int64_t left = tokens; left > 0; left -= policy_.window)
    groups.push_back({std::min(left, policy_.window), true});
  return groups;
}

std::vector<TokenGroup> WindowMarks::split(int64_t tokens) const {
  std::vector<TokenGroup> groups;
  if (tokens <= 0)
    return groups;
  if (!policy_.memory) { // the caller has made sure that they fit
    for (int64_t left = tokens; left > 0; left -= policy_.window)
      groups.push_back({std::min(left, policy_.window), false});
    return groups;
  }
  // Only a context without local tokens spills; otherwise the rule of `admit` decides.
  bool spills = localTokens() == 0;
  int64_t last = std::min(tokens, policy_.lastContext);
  for (int64_t left = tokens - last; left > 0; left -= policy_.window)
    groups.push_back({std::min(left, policy_.window), spills});
  groups.push_back({last, false});
  return groups;
}

void WindowMarks::admit(int64_t tokens) {
  int64_t over = localTokens() + tokens - policy_.window;
  if (over > 0) {
    int64_t block = std::max<int64_t>(policy_.window / 2, 1);
    int64_t blocks = (over + block - 1) / block;
    moveWindow(policy_.eviction == Eviction::flush ? end_ : std::min(end_, windowBegin_ + blocks * block));
  }
  if (localTokens() == 0)
    origin_ = end_;
  end_ += tokens;
}

void WindowMarks::spill() { moveWindow(end_); }

void WindowMarks::store(int64_t tokens) {
  origin_ = end_ += tokens;
  spill();
}

void WindowMarks::moveWindow(int64_t begin) {
  windowBegin_ = begin;
  if (!policy_.memory)
    memoryBegin_ = windowBegin_;
  else if (policy_.memoryRows > 0 && memoryTokens() > policy_.memoryRows) {
    int64_t lowest = windowBegin_ - policy_.memoryRows;
    memoryBegin_ = std::min(windowBegin_, (lowest + budgetStep - 1) / budgetStep * budgetStep);
  }
}

void WindowMarks::applyPolicy() {
  admit(0);
  moveWindow(windowBegin_);
}

bool WindowMarks::restore(int64_t memoryBegin, int64_t windowBegin, int64_t end, int64_t origin) {
  if (memoryBegin < 0 || memoryBegin > windowBegin || windowBegin > end || origin < 0 || origin > windowBegin)
    return false;
  memoryBegin_ = memoryBegin;
  windowBegin_ = windowBegin;
  end_ = end;
  origin_ = origin;
  return true;
}

} // namespace longc
