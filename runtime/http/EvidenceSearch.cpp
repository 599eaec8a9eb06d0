// Parts of a memory, judged and cut.
#include "runtime/http/EvidenceSearch.h"

#include "runtime/http/TokenChooser.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace longc {
namespace {

constexpr size_t ways = 8;        // that a part is cut in
constexpr size_t kept = 2;        // parts of a size that are cut further
constexpr size_t mostAnswer = 32; // tokens
constexpr size_t mostTokens = 128;
constexpr double leastGain = 1; // nats, for an answer to rest on a part

} // namespace

EvidenceSearch::EvidenceSearch(Engine &engine, const SessionOptions &options, const std::shared_ptr<StateStore> &store, Documents documents,
                               std::span<const int32_t> prompt, std::span<const int32_t> answer)
    : engine_(engine), options_(options), store_(store), documents_(std::move(documents)) {
  for (size_t document = 0; document < documents_.size(); ++document)
    for (size_t page = 0; page < documents_[document]->pages().pages.size(); ++page)
      pages_.push_back({document, page});
  // All of it stays local: nothing is beside it but the part that is judged.
  const size_t room = std::min(mostTokens, static_cast<size_t>(options_.policy.lastContext));
  const size_t judged = std::min({answer.size(), mostAnswer, (room + 1) / 2});
  asked_ = std::min(prompt.size(), room - judged);
  tokens_.assign(prompt.end() - static_cast<ptrdiff_t>(asked_), prompt.end());
  tokens_.insert(tokens_.end(), answer.begin(), answer.begin() + static_cast<ptrdiff_t>(judged));
  if (judged == 0 || asked_ == 0 || pages_.empty())
    return;
  parts_.push_back({0, 0}); // no memory at all
  cut({0, pages_.size()});
}

void EvidenceSearch::cut(const Part &part) {
  const size_t pages = part.end - part.begin, pieces = std::min(ways, pages);
  for (size_t piece = 0; piece < pieces; ++piece)
    parts_.push_back({part.begin + pages * piece / pieces, part.begin + pages * (piece + 1) / pieces});
}

Status EvidenceSearch::step() {
  auto logProbability = judge(parts_[next_]);
  if (!logProbability.ok()) {
    parts_.clear();
    next_ = 0;
    return logProbability.status();
  }
  if (parts_[next_].begin == parts_[next_].end)
    alone_ = *logProbability;
  parts_[next_++].logProbability = *logProbability;
  if (isOver())
    descend();
  return {};
}

// The best of those that were judged are cut; or they are what was looked for.
void EvidenceSearch::descend() {
  std::erase_if(parts_, [](const Part &part) { return part.begin == part.end; });
  std::ranges::stable_sort(parts_, std::ranges::greater(), &Part::logProbability);
  parts_.resize(std::min(parts_.size(), kept));
  next_ = parts_.size();
  if (std::ranges::all_of(parts_, [](const Part &part) { return part.end - part.begin == 1; }))
    return;
  for (const Part &part : std::exchange(parts_, {}))
    cut(part);
  next_ = 0;
}

std::vector<Evidence> EvidenceSearch::found() const {
  std::vector<Evidence> found;
  for (const Part &part : parts_) {
    const double gain = part.logProbability - alone_;
    if (gain < leastGain || (!found.empty() && gain < found.front().gain / 2))
      continue;
    const Page &page = pages_[part.begin];
    const std::span<const uint64_t> offsets = documents_[page.document]->offsets(); // of tokens, and the end
    const size_t first = page.page * pageRows, last = std::min(first + pageRows, offsets.size() - 1);
    size_t begin = offsets[first], end = offsets[last];
    const std::string_view text = documents_[page.document]->text();
    const auto isWithinCharacter = [&](size_t at) { return at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80; };
    for (; isWithinCharacter(begin); --begin) {
    }
    for (; isWithinCharacter(end); ++end) {
    }
    found.push_back({page.document, begin, end, gain});
  }
  return found;
}

Result<double> EvidenceSearch::judge(const Part &part) {
  if (!beside_) {
    auto beside = store_->beside();
    if (!beside.ok())
      return beside.status();
    beside_ = std::move(*beside);
  }
  std::vector<MemoryPages> memory;
  for (size_t begin = part.begin, end; begin < part.end; begin = end) {
    const size_t document = pages_[begin].document;
    for (end = begin + 1; end < part.end && pages_[end].document == document;)
      ++end;
    const MemoryPages whole = documents_[document]->pages();
    const auto first = static_cast<int64_t>(pages_[begin].page), count = static_cast<int64_t>(end - begin);
    memory.push_back({whole.pages.subspan(static_cast<size_t>(first), end - begin), std::min(count * pageRows, whole.tokens - first * pageRows)});
  }
  auto session = Session::openBeside(engine_, options_, beside_, memory);
  if (!session.ok())
    return session.status();
  double logProbability = 0;
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  for (size_t index = asked_ - 1; index + 1 < tokens_.size(); ++index)
    ingest.listed.push_back(static_cast<int64_t>(index));
  ingest.onLogits = [&](int64_t index, std::span<const float> logits) {
    logProbability += logProbabilities(logits, tokens_[static_cast<size_t>(index) + 1], 0).logProbability;
    return Status();
  };
  LONGC_TRY((*session)->ingest(std::span(tokens_).first(tokens_.size() - 1), ingest));
  return logProbability;
}

} // namespace longc
