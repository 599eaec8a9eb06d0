// Cuts tokens into the parts of calls.
#include "runtime/serve/Intake.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {
namespace {

// Rows of logits of one part: a row is as wide as the vocabulary.
constexpr int64_t largestRows = 256;

} // namespace

Result<Intake> Intake::begin(Session &session, std::span<const int32_t> tokens, IngestOptions options) {
  Intake intake(session, std::move(options));
  const auto width = static_cast<size_t>(session.engine_.program().module().hidden());
  auto fitted = session.fit(tokens, static_cast<int64_t>(intake.options_.softTokens.size() / std::max<size_t>(width, 1)));
  if (!fitted.ok())
    return fitted.status();
  session.see(tokens); // those that are cut off too
  intake.tokens_ = intake.all_ = *fitted;
  intake.total_ = static_cast<int64_t>(tokens.size());
  intake.first_ = intake.total_ - static_cast<int64_t>(fitted->size());
  const auto count = static_cast<int64_t>(fitted->size());
  intake.groups_ = intake.options_.toMemory ? session.marks().splitToMemory(count) : session.marks().split(count);
  return intake;
}

// Whether logits are wanted of the next `count` tokens.
bool Intake::wantsRows(int64_t count) const {
  if (options_.toMemory)
    return false;
  auto listed = std::lower_bound(options_.listed.begin(), options_.listed.end(), first_);
  return options_.rows == IngestOptions::Rows::all || first_ + count == total_ ||
         (options_.rows == IngestOptions::Rows::listed && listed != options_.listed.end() && *listed < first_ + count);
}

// How many of the next groups are windows that one call reads alone; no logits come out of it.
int64_t Intake::windowsAlone() const {
  if (leftInGroup_ > 0 || session_->options_.ingest != IngestMode::window || !session_->engine_.hasIngest() || !options_.softTokens.empty())
    return 0;
  int64_t count = 0, tokens = 0;
  for (size_t group = group_; group < groups_.size() && groups_[group].spills; ++group, ++count) {
    tokens += groups_[group].tokens;
    const int64_t rows = tokens + (count + 1) * session_->options_.overlap;
    if (wantsRows(tokens) || (count > 0 && rows > std::min(session_->engine_.windowTokens(), limit_)))
      break;
  }
  return count;
}

// Whether the group at hand is a window that is read alone, although logits of it are wanted.
bool Intake::readsAlone() const {
  return session_->options_.ingest == IngestMode::window && groups_[group_].spills;
}

Result<BatchPart> Intake::nextWindows(int64_t groups) {
  int64_t tokens = 0;
  for (const TokenGroup &group : std::span(groups_).subspan(group_, static_cast<size_t>(groups)))
    tokens += group.tokens;
  const auto overlap = static_cast<size_t>(session_->options_.overlap), taken = static_cast<size_t>(tokens_.data() - all_.data());
  const std::span<const int32_t> before = taken > 0 ? all_.first(taken) : options_.before;
  const BatchPart part = {.context = session_->context_.get(), .tokens = tokens_.first(static_cast<size_t>(tokens)),
                          .firstIndex = session_->marks().end(), .rows = {}, .temperature = 1, .logits = nullptr,
                          .window = session_->options_.policy.window, .overlap = static_cast<int64_t>(overlap), .before = before.last(std::min(overlap, before.size()))};
  LONGC_TRY(session_->admitWindows(tokens, unkeptRows(part)));
  windowsInCall_ = static_cast<size_t>(groups);
  rows_.clear();
  return part_ = part;
}

// The rows that are wanted of the next `count` tokens.
void Intake::chooseRows(int64_t count) {
  rows_.clear();
  if (options_.toMemory)
    return;
  auto listed = std::lower_bound(options_.listed.begin(), options_.listed.end(), first_);
  for (int64_t token = first_; token < first_ + count; ++token) {
    bool isListed = options_.rows == IngestOptions::Rows::listed && listed != options_.listed.end() && *listed == token;
    listed += isListed;
    if (options_.rows == IngestOptions::Rows::all || isListed || token == total_ - 1)
      rows_.push_back(static_cast<int32_t>(token - first_));
  }
}

Result<BatchPart> Intake::next() {
  if (!part_.tokens.empty())
    return part_;
  if (int64_t groups = windowsAlone(); groups > 0)
    return nextWindows(groups);
  if (leftInGroup_ == 0) {
    if (readsAlone() && session_->options_.overlap > 0)
      return Status::error(5201, "logits of a window that goes to memory are wanted, and windows overlap", "read it without --overlap");
    LONGC_TRY(session_->admit(groups_[group_].tokens));
    leftInGroup_ = groups_[group_].tokens;
  }
  int64_t most = Session::chunkOf(session_->engine_, session_->options_.policy);
  if (options_.rows != IngestOptions::Rows::last)
    most = std::min(most, largestRows);
  int64_t count = std::min(leftInGroup_, most);
  if (limit_ < count)
    count = leftInGroup_ - limit_ == 1 && limit_ > 2 ? limit_ - 1 : limit_;
  chooseRows(count);
  const WindowMarks &marks = session_->marks();
  part_ = {session_->context_.get(), tokens_.first(static_cast<size_t>(count)), marks.end() - leftInGroup_, rows_,
           session_->options_.temperature.at(marks.memoryTokens()), session_->placeFor(rows_.size()), options_.softTokens, readsAlone()};
  session_->choice_ = {options_.sampler};
  if (options_.sampler && rows_.size() == 1)
    part_.choice = &session_->choice_;
  return part_;
}

Status Intake::take() {
  const auto count = static_cast<int64_t>(part_.tokens.size());
  const auto width = static_cast<size_t>(session_->engine_.vocabulary());
  for (size_t row = 0; row < rows_.size() && options_.onLogits; ++row)
    LONGC_TRY(options_.onLogits(first_ + rows_[row], {part_.logits + row * width, width}));
  if (part_.choice && part_.choice->outcome)
    session_->logits_.clear();
  else
    session_->keepLast(rows_.size());
  part_ = {};
  session_->context_->releaseUnkept();
  tokens_ = tokens_.subspan(static_cast<size_t>(count));
  first_ += count;
  if (windowsInCall_ > 0)
    group_ += windowsInCall_;
  else
    leftInGroup_ -= count;
  if (options_.onProgress && !options_.onProgress(first_, total_))
    return Status::error(cancelledCode, formatText("cancelled after %s of %s tokens", formatCount(first_).c_str(),
                                                   formatCount(total_).c_str()));
  if (windowsInCall_ == 0 && leftInGroup_ == 0) {
    if (groups_[group_].spills)
      session_->context_->spill();
    ++group_;
  }
  windowsInCall_ = 0;
  return {};
}

Status runIntakes(Engine &engine, std::span<Intake *const> intakes) {
  std::vector<BatchPart> parts;
  std::vector<Intake *> chosen;
  int64_t many = 0; // tokens of parts with more than one
  for (Intake *intake : intakes) {
    if (intake->isDone())
      continue;
    auto part = intake->next();
    if (!part.ok())
      return part.status();
    const auto count = static_cast<int64_t>(part->tokens.size());
    if (count > 1 && many > 0 && many + count > engine.callTokens())
      continue;
    many += count > 1 ? count : 0;
    parts.push_back(*part);
    chosen.push_back(intake);
  }
  if (parts.empty())
    return {};
  LONGC_TRY(engine.run(parts));
  for (Intake *intake : chosen)
    LONGC_TRY(intake->take());
  return {};
}

} // namespace longc
