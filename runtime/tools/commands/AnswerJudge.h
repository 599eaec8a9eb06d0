// How probable a model holds an answer that is known to be right.
#pragma once

#include "runtime/serve/Session.h"
#include "runtime/text/Surprise.h"

#include <span>

namespace longc {

struct Judgement {
  double logProbability = 0; // of the whole answer
  bool right = false;        // every token is the most probable one
  /// Every token but the first is the most probable one. A model that continues "The pass key is" with "the number"
  /// instead of the number has found the key all the same.
  bool rightOnceBegun = false;
};

/// Judges `answer` after what the session has read and `asked`, which it reads first. At least one of them is not empty.
/// The session reads the answer too, but for its last token.
Result<Judgement> judgeAnswer(Session &session, std::span<const int32_t> asked, std::span<const int32_t> answer);

} // namespace longc
