// Matching one after the other, and what becomes of matches.
#include "runtime/text/SplitPattern.h"

#include "runtime/text/TranslatePattern.h"
#include "runtime/text/Utf8.h"

#include <algorithm>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace longc {
namespace {

constexpr uint32_t mostSteps = 1'000'000, mostMemory = 64 * 1024; // of one match; memory in KiB
constexpr size_t firstStack = 32 * 1024, mostStack = 1024 * 1024;

Status patternError(const std::string &pattern, const std::string &what) {
  return Status::error(SplitPattern::badPattern, "tokenizer: the pattern " + quoteForMessage(pattern) + " " + what,
                       "text would be cut into words in another way than the model was trained on");
}

std::string messageOf(int code) {
  PCRE2_UCHAR8 text[256];
  return pcre2_get_error_message(code, text, sizeof text) < 0 ? "is not understood" : reinterpret_cast<const char *>(text);
}

template <auto release> struct Release {
  template <typename T> void operator()(T *thing) const { release(thing); }
};
using Code = std::unique_ptr<pcre2_code, Release<pcre2_code_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, Release<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Release<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Release<pcre2_match_data_free>>;
using Stack = std::unique_ptr<pcre2_jit_stack, Release<pcre2_jit_stack_free>>;

std::vector<SplitPattern::Piece> joined(std::vector<SplitPattern::Piece> pieces, SplitBehavior behavior) {
  std::vector<SplitPattern::Piece> out;
  bool isBackwards = behavior == SplitBehavior::MergedWithNext, afterMatch = false;
  if (isBackwards)
    std::reverse(pieces.begin(), pieces.end());
  for (const SplitPattern::Piece &piece : pieces) {
    bool joins = behavior == SplitBehavior::Contiguous ? piece.isMatch == afterMatch : piece.isMatch && !afterMatch;
    afterMatch = piece.isMatch;
    if (!joins || out.empty())
      out.push_back(piece);
    else if (isBackwards)
      out.back().begin = piece.begin;
    else
      out.back().end = piece.end;
  }
  if (isBackwards)
    std::reverse(out.begin(), out.end());
  return out;
}

} // namespace

struct SplitSearch::Contexts {
  MatchContext match{pcre2_match_context_create(nullptr)};
  Stack stack{pcre2_jit_stack_create(firstStack, mostStack, nullptr)};
  MatchData data{pcre2_match_data_create(1, nullptr)}; // where the match lies is all that is asked for
};

SplitSearch::SplitSearch() : contexts_(std::make_shared<Contexts>()) {
  pcre2_match_context *match = contexts_->match.get();
  pcre2_set_match_limit(match, mostSteps);
  pcre2_set_depth_limit(match, mostSteps);
  pcre2_set_heap_limit(match, mostMemory);
  pcre2_jit_stack_assign(match, nullptr, contexts_->stack.get());
}

struct SplitPattern::Compiled {
  Code code;
};

Result<SplitPattern> SplitPattern::create(const SplitRule &rule) {
  if (rule.behavior < SplitBehavior::Isolated || rule.behavior > SplitBehavior::Contiguous)
    return patternError(rule.pattern, "has an unknown behaviour");
  Result<std::string> pattern = translatePattern(rule.pattern);
  if (!pattern.ok())
    return patternError(rule.pattern, pattern.status().message());
  CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE at = 0;
  auto compiled = std::make_shared<Compiled>();
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR8>(pattern->data()), pattern->size(),
                                     PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C,
                                     &error, &at, context.get()));
  if (!compiled->code)
    return patternError(rule.pattern, "is not understood: " + messageOf(error));
  uint32_t matchesEmpty = 0;
  pcre2_pattern_info(compiled->code.get(), PCRE2_INFO_MATCHEMPTY, &matchesEmpty);
  if (matchesEmpty)
    return patternError(rule.pattern, "matches where nothing is");
  pcre2_jit_compile(compiled->code.get(), PCRE2_JIT_COMPLETE); // where the system forbids it, matching is slower
  SplitPattern made;
  made.compiled_ = std::move(compiled);
  made.behavior_ = rule.behavior;
  made.inverted_ = rule.inverted;
  return made;
}

std::vector<SplitPattern::Piece> SplitPattern::find(std::string_view text, SplitSearch &search) const {
  std::vector<Piece> pieces;
  pcre2_match_data *match = search.contexts_->data.get();
  size_t position = 0;
  while (position < text.size()) {
    int found = pcre2_match(compiled_->code.get(), reinterpret_cast<PCRE2_SPTR8>(text.data()), text.size(), position, 0,
                            match, search.contexts_->match.get());
    if (found < 0)
      break;
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(match);
    if (ends[1] <= ends[0] || ends[0] < position) // what \K and the like can do
      break;
    if (ends[0] > position)
      pieces.push_back({position, ends[0], inverted_});
    pieces.push_back({ends[0], ends[1], !inverted_});
    position = ends[1];
  }
  if (position < text.size())
    pieces.push_back({position, text.size(), inverted_});
  return pieces;
}

std::string SplitPattern::replaced(std::string_view text, std::string_view by) const {
  std::string out;
  SplitSearch search;
  for (const Piece &piece : find(text, search))
    out += piece.isMatch ? by : text.substr(piece.begin, piece.end - piece.begin);
  return out;
}

void SplitPattern::split(std::string_view text, SplitSearch &search, std::vector<std::string_view> &words) const {
  std::vector<Piece> pieces = find(text, search);
  if (behavior_ == SplitBehavior::Removed)
    std::erase_if(pieces, [](const Piece &piece) { return piece.isMatch; });
  else if (behavior_ != SplitBehavior::Isolated)
    pieces = joined(std::move(pieces), behavior_);
  for (const Piece &piece : pieces)
    words.push_back(text.substr(piece.begin, piece.end - piece.begin));
}

} // namespace longc
