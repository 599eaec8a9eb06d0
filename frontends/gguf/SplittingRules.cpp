// One table.
#include "frontends/gguf/SplittingRules.h"

#include <algorithm>
#include <iterator>

namespace longc {
namespace {

struct SplittingRule {
  std::string_view name;
  const char *rule; // ours
  bool ignoresMerges = false, begins = false, ends = false;
  const char *pattern = nullptr; // cut by it before that rule does
};

constexpr const char *tekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";

constexpr SplittingRule rules[] = {
    {"gpt-2", "gpt-2"},
    {"phi-2", "gpt-2"},
    {"jina-es", "gpt-2"},
    {"jina-de", "gpt-2"},
    {"jina-v2-es", "gpt-2"},
    {"jina-v2-de", "gpt-2"},
    {"mpt", "gpt-2"},
    {"olmo", "gpt-2"},
    {"roberta-bpe", "gpt-2", false, true, true},
    {"smollm", "smollm"},
    {"starcoder", "smollm"},
    {"refact", "smollm"},
    {"command-r", "smollm"},
    {"llama-bpe", "llama-bpe", true, true},
    {"llama3", "llama-bpe", true, true},
    {"llama-v3", "llama-bpe", true, true},
    {"falcon3", "llama-bpe", true, true},
    {"pixtral", "llama-bpe", true, true},
    {"smaug-bpe", "llama-bpe"},
    {"dbrx", "llama-bpe"},
    {"qwen2", "qwen2"},
    {"deepseek-r1-qwen", "qwen2"},
    {"stablelm2", "qwen2"},
    {"tekken", "whole", true, true, false, tekken},
};

} // namespace

void applySplittingRule(std::string_view name, TokenizerSource &source) {
  const auto *found = std::find_if(std::begin(rules), std::end(rules), [name](const SplittingRule &rule) { return rule.name == name; });
  if (found == std::end(rules)) {
    source.pre = name;
    return;
  }
  source.pre = found->rule;
  source.ignoreMerges = found->ignoresMerges;
  source.addBos = found->begins;
  source.addEos = found->ends;
  if (found->pattern)
    source.splits.push_back({found->pattern});
}

} // namespace longc
