// Prompts that hide a five-digit pass key in a long text and ask for it.
//
// A prompt is built from tokens: what every text begins with, head, filler, the sentence with the key, filler, question. Both pieces of the standard
// filler start at its beginning and are cut anywhere; the key's place is uniform over the filler. Real text as filler
// is one passage with the sentence inside.
#pragma once

#include "runtime/core/Status.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/Facts.h"

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct PasskeyPrompt {
  int key = 0;
  int64_t place = 0;             // tokens of filler before the key
  int64_t question = 0;          // tokens of the question, the prompt's last
  std::vector<int32_t> tokens;   // the whole prompt
  std::vector<int32_t> expected; // the right answer
};

/// What stands around a number that is hidden, and before it when it is asked for.
struct PasskeyWords {
  std::string_view before, behind, question; // "The pass key is ", ". Remember it. 12345 is the pass key.", "...The pass key is"
  std::string_view end;                      // behind the number once more; without one it is not told again
};
extern const PasskeyWords passkeyWords;
/// The same words as a fact to train on.
FactWords passkeyFact();
/// Sentences that say nothing, again and again.
extern const std::string_view standardFiller;

class PasskeyPrompts {
public:
  /// Prompts of `length` tokens, drawn from `seed`; `text`: tokens of the real text, empty for the standard filler.
  PasskeyPrompts(const Tokenizer &tokenizer, int64_t length, uint64_t seed, std::vector<int32_t> text,
                 const PasskeyWords &words = passkeyWords);

  Result<PasskeyPrompt> next();
  /// One whose filler is the same as that of all others of this text, whatever their length: the sentence stands in place of as
  /// many tokens. `depth`: where, 0 to 1 of the filler; below 0 anywhere.
  Result<PasskeyPrompt> nextInPlace(double depth);

private:
  struct Parts {
    std::vector<int32_t> start, key, asked;
    int64_t room;
  };
  Result<Parts> parts(PasskeyPrompt &prompt);
  std::vector<int32_t> encode(const std::string &text) const { return tokenizer_.encode(text, false); }
  uint64_t below(uint64_t limit) { return random_() % limit; }
  void choosePassage(int64_t room);
  void appendFiller(std::vector<int32_t> &tokens, int64_t from, int64_t count) const;

  const Tokenizer &tokenizer_;
  PasskeyWords words_;
  int64_t length_;
  std::mt19937_64 random_;
  std::vector<int32_t> text_, filler_;
  int64_t start_ = 0; // of the passage
};

} // namespace longc
