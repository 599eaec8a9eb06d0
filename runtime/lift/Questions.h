// Questions about a sentence, made from it by rules of English grammar.
//
// A rule turns a sentence round only where it is simple enough to come out right: a subject, a verb that is known, something
// asked for at the end. "The locker of Ann has the number 67707." becomes "What number does the locker of Ann have?", "67707".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct LiftQuestion {
  std::string question, answer;
};

/// The question that a sentence answers, where a rule makes one.
std::optional<LiftQuestion> questionOf(std::string_view sentence);

} // namespace longc
