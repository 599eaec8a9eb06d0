// Stacks of places in rules.
#include "runtime/http/Grammar.h"

#include <algorithm>
#include <functional>

namespace longc {
namespace {

constexpr size_t mostStacks = 1000;

} // namespace

int Grammar::addRule() {
  rules_.emplace_back();
  return static_cast<int>(rules_.size()) - 1;
}

Grammar::Symbol Grammar::byteSymbol(unsigned char byte) { return rangeSymbol(byte, byte); }

Grammar::Symbol Grammar::rangeSymbol(unsigned char first, unsigned char last) {
  Symbol symbol;
  for (unsigned byte = first; byte <= last; ++byte)
    symbol.bytes.set(byte);
  return symbol;
}

Grammar::Sequence Grammar::textSequence(std::string_view text) {
  Sequence sequence;
  for (char byte : text)
    sequence.push_back(byteSymbol(static_cast<unsigned char>(byte)));
  return sequence;
}

// `known`, by rule: 0 not asked yet, 1 being asked, 2 yes, 3 no.
bool Grammar::isNullable(int rule, std::vector<int> &known) const {
  int &state = known[static_cast<size_t>(rule)];
  if (state != 0)
    return state == 2;
  state = 1;
  const bool nullable = std::any_of(rules_[static_cast<size_t>(rule)].begin(), rules_[static_cast<size_t>(rule)].end(), [&](const Sequence &sequence) {
    return std::all_of(sequence.begin(), sequence.end(), [&](const Symbol &symbol) { return symbol.rule >= 0 && isNullable(symbol.rule, known); });
  });
  known[static_cast<size_t>(rule)] = nullable ? 2 : 3;
  return nullable;
}

bool Grammar::isLeftRecursive() const {
  std::vector<int> nullable(rules_.size()), colour(rules_.size());
  const std::function<bool(int)> finds = [&](int rule) { // a way from a rule back to it
    int &mine = colour[static_cast<size_t>(rule)];
    if (mine != 0)
      return mine == 1;
    mine = 1;
    for (const Sequence &sequence : rules_[static_cast<size_t>(rule)])
      for (const Symbol &symbol : sequence) {
        if (symbol.rule < 0)
          break;
        if (finds(symbol.rule))
          return true;
        if (!isNullable(symbol.rule, nullable))
          break;
      }
    colour[static_cast<size_t>(rule)] = 2;
    return false;
  };
  for (size_t rule = 0; rule < rules_.size(); ++rule)
    if (finds(static_cast<int>(rule)))
      return true;
  return false;
}

GrammarState::GrammarState(const Grammar &grammar, int rule) : grammar_(&grammar) {
  Stacks seen;
  for (size_t index = 0; index < grammar.rules_[static_cast<size_t>(rule)].size(); ++index)
    expand({{rule, static_cast<int>(index), 0}}, stacks_, seen);
}

const Grammar::Sequence &GrammarState::sequenceOf(const Place &place) const {
  return grammar_->rules_[static_cast<size_t>(place.rule)][static_cast<size_t>(place.alternative)];
}

// A rule on the top becomes its alternatives. What has nothing left goes before anything is put on it, so stacks are as deep as
// what they nest. `seen`: where this was already; ways to one place are many more than places.
void GrammarState::expand(Stack stack, Stacks &into, Stacks &seen) const {
  if (into.size() >= mostStacks)
    return;
  while (!stack.empty() && static_cast<size_t>(stack.back().position) == sequenceOf(stack.back()).size())
    stack.pop_back();
  if (stack.empty()) {
    into.insert(std::move(stack));
    return;
  }
  const Grammar::Symbol &symbol = sequenceOf(stack.back())[static_cast<size_t>(stack.back().position)];
  if (symbol.rule < 0) {
    into.insert(std::move(stack));
    return;
  }
  if (!seen.insert(stack).second)
    return;
  if (static_cast<size_t>(++stack.back().position) == sequenceOf(stack.back()).size())
    stack.pop_back();
  for (size_t index = 0; index < grammar_->rules_[static_cast<size_t>(symbol.rule)].size(); ++index) {
    Stack next = stack;
    next.push_back({symbol.rule, static_cast<int>(index), 0});
    expand(std::move(next), into, seen);
  }
}

GrammarState::Stacks GrammarState::after(const Stacks &stacks, unsigned char byte) const {
  Stacks next, seen;
  for (const Stack &stack : stacks) {
    if (stack.empty() || !sequenceOf(stack.back())[static_cast<size_t>(stack.back().position)].bytes.test(byte))
      continue;
    Stack taken = stack;
    ++taken.back().position;
    expand(std::move(taken), next, seen);
  }
  return next;
}

bool GrammarState::take(std::string_view bytes) {
  Stacks stacks = stacks_;
  for (char byte : bytes)
    if (stacks = after(stacks, static_cast<unsigned char>(byte)); stacks.empty())
      return false;
  stacks_ = std::move(stacks);
  nexts_.clear();
  return true;
}

// Asked of every token of a vocabulary, most of which their first byte refuses.
bool GrammarState::takes(std::string_view bytes) const {
  if (bytes.empty())
    return true;
  auto [first, isNew] = nexts_.try_emplace(bytes[0]);
  if (isNew)
    first->second = after(stacks_, static_cast<unsigned char>(bytes[0]));
  const Stacks *stacks = &first->second;
  Stacks next;
  for (size_t at = 1; at < bytes.size() && !stacks->empty(); ++at) {
    next = after(*stacks, static_cast<unsigned char>(bytes[at]));
    stacks = &next;
  }
  return !stacks->empty();
}

} // namespace longc
