// Reads a known answer and looks at what the model expected at each of its tokens.
#include "runtime/tools/commands/AnswerJudge.h"

#include <algorithm>

namespace longc {

Result<Judgement> judgeAnswer(Session &session, std::span<const int32_t> asked, std::span<const int32_t> answer) {
  Judgement judgement = {0, true, true};
  size_t judged = 0;
  auto judge = [&](std::span<const float> logits) {
    int32_t wanted = answer[judged];
    float top = *std::max_element(logits.begin(), logits.end());
    bool best = logits[static_cast<size_t>(wanted)] == top;
    judgement.logProbability -= surpriseOf(logits, wanted);
    judgement.right &= best;
    judgement.rightOnceBegun &= best || judged == 0;
    ++judged;
  };
  if (asked.empty())
    judge(session.logits());
  std::vector<int32_t> tokens(asked.begin(), asked.end());
  tokens.insert(tokens.end(), answer.begin(), answer.end() - 1);
  IngestOptions ingest;
  ingest.rows = IngestOptions::Rows::listed;
  for (size_t index = asked.empty() ? 0 : asked.size() - 1; index < tokens.size(); ++index)
    ingest.listed.push_back(static_cast<int64_t>(index));
  ingest.onLogits = [&](int64_t, std::span<const float> logits) {
    judge(logits);
    return Status();
  };
  if (Status status = session.ingest(tokens, ingest); !status.ok())
    return status;
  return judgement;
}

} // namespace longc
