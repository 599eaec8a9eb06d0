// A continued prompt as JSON.
#include "runtime/tools/commands/PromptRun.h"

#include "runtime/core/Json.h"

namespace longc {

std::string toJson(const PromptRun &run, const Session &session) {
  JsonWriter json;
  json.beginObject();
  json.key("prompt_token_ids").integers(run.prompt);
  json.key("token_ids").integers(run.generation.tokens);
  json.key("text").text(run.text);
  json.key("finish_reason").text(finishName(run.generation.finish));
  json.key("seed").integer(static_cast<int64_t>(run.seed));
  json.key("memory").beginObject();
  json.key("windows").integer(session.windowsRun());
  json.key("tokens_in_window").integer(session.marks().localTokens());
  json.key("tokens_in_memory").integer(session.marks().memoryTokens());
  json.key("tokens_dropped").integer(session.droppedTokens());
  json.key("bytes").integer(session.context().memoryBytes()).endObject();
  json.key("timings").beginObject();
  json.key("load_seconds").number(run.loadSeconds);
  json.key("prefill_seconds").number(run.readSeconds);
  json.key("first_token_seconds").number(run.loadSeconds + run.readSeconds + run.generation.firstTokenSeconds);
  json.key("decode_seconds").number(run.generation.seconds).endObject();
  return json.endObject().str() + "\n";
}

} // namespace longc
