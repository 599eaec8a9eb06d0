// What texts a grammar allows, byte by byte: rules of alternatives, each a sequence of bytes and rules.
//
// A state is a set of stacks of what is still to come. Every stack has a byte on its top, or is empty: the text may end. Where
// a grammar is so ambiguous that there would be more than a thousand, some are let go: what is taken then is still a text of
// the grammar, but not every text is.
#pragma once

#include <bitset>
#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace longc {

class Grammar {
public:
  using Bytes = std::bitset<256>;
  struct Symbol {
    int rule = -1; // -1: one of these bytes
    Bytes bytes;
  };
  using Sequence = std::vector<Symbol>;

  /// A rule without alternatives yet.
  int addRule();
  void addAlternative(int rule, Sequence sequence) {
    symbols_ += sequence.size();
    rules_[static_cast<size_t>(rule)].push_back(std::move(sequence));
  }
  /// Its size: rules and what stands in them.
  size_t symbols() const { return rules_.size() + symbols_; }

  static Symbol ruleSymbol(int rule) { return {rule, {}}; }
  static Symbol byteSymbol(unsigned char byte);
  static Symbol rangeSymbol(unsigned char first, unsigned char last);
  /// The bytes of a text, one after the other.
  static Sequence textSequence(std::string_view text);

  /// Whether a rule can begin with itself before any byte: such a grammar has no states.
  bool isLeftRecursive() const;

private:
  friend class GrammarState;
  bool isNullable(int rule, std::vector<int> &known) const;

  std::vector<std::vector<Sequence>> rules_;
  size_t symbols_ = 0;
};

class GrammarState {
public:
  /// At the beginning of a text of `rule`. `grammar` outlives this and is not left-recursive.
  GrammarState(const Grammar &grammar, int rule);

  /// False if no text goes on so; then the state is as it was.
  bool take(std::string_view bytes);
  bool takes(std::string_view bytes) const;
  /// Whether the text may end here; whether it must.
  bool mayEnd() const { return stacks_.contains({}); }
  bool isOver() const { return mayEnd() && stacks_.size() == 1; }

private:
  struct Place {
    int rule, alternative, position; // of the next symbol
    auto operator<=>(const Place &) const = default;
  };
  using Stack = std::vector<Place>; // the top is last
  using Stacks = std::set<Stack>;

  const Grammar::Sequence &sequenceOf(const Place &place) const;
  void expand(Stack stack, Stacks &into, Stacks &seen) const;
  Stacks after(const Stacks &stacks, unsigned char byte) const;

  const Grammar *grammar_;
  Stacks stacks_;
  mutable std::map<char, Stacks> nexts_; // by the next byte, for those that were asked for
};

} // namespace longc
