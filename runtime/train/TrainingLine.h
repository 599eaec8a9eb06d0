// What one line of a training file says, before it is rendered and cut into tokens.
//
// Three forms stand side by side in one JSONL file:
//   {"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}   a chat
//   {"prompt": "…", "completion": "…"} and {"question": "…", "answer": "…"}                   a chat of one turn
//   {"text": "…", "weights": [[begin, end, w], …]}                                            a text
#pragma once

#include "runtime/core/Status.h"
#include "runtime/text/ChatTemplate.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// Characters [begin, end) of a text, counted in code points as Python counts them, weigh `weight` in the loss.
struct WeightedSpan {
  int64_t begin = 0, end = 0;
  double weight = 1;
};

struct TrainingLine {
  int64_t line = 0; // in its file, from 1
  std::vector<ChatMessage> messages; // a chat: [system], user, assistant, …, assistant; empty for a text
  std::string text;
  std::vector<WeightedSpan> weights; // ascending, apart from each other; what none covers weighs 1
};

/// Codes of its errors: a line that is no JSON object of one of the forms; roles in another order; a file without lines.
inline constexpr int badTrainingLine = 8001, badRoles = 8002, noTrainingLines = 8003;

/// The lines of a JSONL file's content; empty lines are passed over. Errors name `name` and the line.
Result<std::vector<TrainingLine>> readTrainingLines(std::string_view content, const std::string &name);

} // namespace longc
