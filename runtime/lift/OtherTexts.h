// Texts that say something else than the text does: its sentences with their names exchanged and their numbers drawn anew, and
// questions about them.
//
// OUR CHOICE, of a gated memory: what has only learnt to answer from its memory no longer reads what stands before a question. An
// answer that stands there and nowhere else teaches its gate when to close.
#pragma once

#include "runtime/lift/Questions.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct OtherText {
  std::string text;
  std::vector<LiftQuestion> questions; // whose answers are not those of the text's own sentences
};

class OtherTexts {
public:
  explicit OtherTexts(const std::vector<std::string> &sentences);

  /// A text of so many sentences that answer questions, or as many as there are, each behind the sentence that the text has before it;
  /// another one with another number or seed.
  OtherText make(uint64_t seed, uint64_t number, size_t sentences) const;
  /// False where nothing can be exchanged: no sentence answers a question with a name or a number.
  bool canMake() const { return !asked_.empty(); }

private:
  std::vector<std::string> sentences_, names_;
  std::map<std::string, size_t, std::less<>> places_; // of the names
  std::vector<size_t> asked_;                        // sentences that answer questions
};

} // namespace longc
