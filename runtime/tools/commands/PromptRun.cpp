// Streams a reply; a continued prompt as JSON.
#include "runtime/tools/commands/PromptRun.h"

#include "runtime/core/Json.h"
#include "runtime/tools/commands/Command.h"

namespace longc {

Status continueText(Session &session, const Tokenizer &tokenizer, Sampler sampler, GenerateOptions options, const TextReceiver &onText, PromptRun &run) {
  StreamDecoder decoder(tokenizer);
  Status output;
  auto emit = [&](const std::string &piece) {
    run.text += piece;
    if (onText && output.ok())
      output = onText(piece);
  };
  options.onToken = [&](int32_t token) {
    emit(decoder.push(token));
    return output.ok() && !interrupted();
  };
  auto generation = generate(session, sampler, options);
  if (!generation.ok())
    return generation.status();
  emit(decoder.flush());
  run.generation = std::move(*generation);
  return output;
}

Status continueAloud(Session &session, const Tokenizer &tokenizer, Sampler sampler, GenerateOptions options, bool streams, PromptRun &run) {
  TextReceiver print;
  if (streams)
    print = [](const std::string &piece) { return printText(piece); };
  LONGC_TRY(continueText(session, tokenizer, std::move(sampler), std::move(options), print, run));
  return streams ? printText("\n") : Status();
}

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
