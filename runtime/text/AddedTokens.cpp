// Leftmost-longest search for added tokens, and what they take with them.
#include "runtime/text/AddedTokens.h"

#include "runtime/text/UnicodeTables.h"
#include "runtime/text/Utf8.h"

#include <algorithm>

namespace longc {

namespace {

CharTraits traitsAt(std::string_view text, size_t position) {
  Utf8Char character = decodeUtf8(text, position);
  return character.valid ? charTraits(character.codePoint) : CharTraits{};
}

// Where the white space that ends at `end` begins, but not before `first`.
size_t spaceBegin(std::string_view text, size_t first, size_t end) {
  while (end > first) {
    size_t begin = previousCharacter(text, end);
    if (begin < first || traitsAt(text, begin).charClass != CharClass::Space)
      break;
    end = begin;
  }
  return end;
}

size_t spaceEnd(std::string_view text, size_t begin) {
  while (begin < text.size()) {
    Utf8Char character = decodeUtf8(text, begin);
    if (!character.valid || charTraits(character.codePoint).charClass != CharClass::Space)
      break;
    begin += character.length;
  }
  return begin;
}

} // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::vector<TokenTrie::Entry> entries;
  for (const AddedToken &token : tokens_) {
    begins_[static_cast<uint8_t>(token.text[0])] = true;
    anyStripsLeft_ |= token.stripLeft;
    anyStandsAlone_ |= token.singleWord;
    entries.push_back({token.text, static_cast<int32_t>(entries.size())});
  }
  trie_.build(std::move(entries));
}

bool AddedTokens::mayBeCutAt(std::string_view text, size_t position) const {
  if (!anyStandsAlone_ || position == 0)
    return true;
  bool isKnown = position + incompleteUtf8Tail(text) < text.size();
  return isKnown && !traitsAt(text, position).word && !traitsAt(text, previousCharacter(text, position)).word;
}

// With the white space that a token there may take.
void AddedTokenFinder::markUndecided(size_t begin) {
  undecided_ = std::min(undecided_, tokens_.anyStripsLeft_ ? spaceBegin(text_, std::min(taken_, begin), begin) : begin);
}

size_t AddedTokenFinder::undecidedFrom() const {
  if (!tokens_.anyStripsLeft_)
    return undecided_;
  size_t known = std::max(taken_, text_.size() - incompleteUtf8Tail(text_)); // behind it something may become a space
  return std::min(undecided_, spaceBegin(text_, taken_, known));
}

const AddedToken *AddedTokenFinder::longestHere() {
  int32_t longest = -1;
  TokenTrie::Walk walk = tokens_.trie_.walk(text_.substr(position_), [&](int32_t token, size_t) { longest = token; });
  lookups_ += walk.steps;
  if (walk.open)
    markUndecided(position_);
  return longest < 0 ? nullptr : &tokens_.tokens_[longest];
}

// The next token that stands in the text, wanted or not: at position_.
const AddedToken *AddedTokenFinder::nextWritten() {
  for (; position_ < text_.size(); ++position_) {
    if (!tokens_.begins_[static_cast<uint8_t>(text_[position_])])
      continue;
    if (const AddedToken *token = longestHere())
      return token;
  }
  return nullptr;
}

bool AddedTokenFinder::standsAlone(size_t begin, size_t end) const {
  bool wordBefore = begin > 0 && traitsAt(text_, previousCharacter(text_, begin)).word;
  bool wordBehind = end < text_.size() && traitsAt(text_, end).word;
  return !wordBefore && !wordBehind;
}

// Whether nothing is known of the character at `end`.
bool AddedTokenFinder::reachesEnd(size_t end) const { return end + incompleteUtf8Tail(text_) >= text_.size(); }

std::optional<AddedTokenFinder::Match> AddedTokenFinder::next() {
  while (const AddedToken *token = nextWritten()) {
    size_t begin = position_, end = begin + token->text.size();
    position_ = end;
    if (token->control && !parseControl_)
      continue;
    if (token->singleWord && reachesEnd(end))
      markUndecided(begin);
    if (token->singleWord && !standsAlone(begin, end))
      continue;
    if (token->stripRight) {
      end = spaceEnd(text_, end);
      if (reachesEnd(end))
        markUndecided(begin);
    }
    if (token->stripLeft)
      begin = std::max(spaceBegin(text_, std::min(taken_, begin), begin), taken_);
    taken_ = end;
    if (begin < end) // else the white space that it is was taken by the token before
      return Match{begin, end, token->id};
  }
  return std::nullopt;
}

} // namespace longc
