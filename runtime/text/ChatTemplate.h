// Renders a model's chat template: the subset of Jinja that real templates use, with its own parser and evaluator.
//
// Behaves as Hugging Face runs templates: jinja2's immutable sandbox with trim_blocks and lstrip_blocks, loop controls,
// `generation` blocks, their `tojson`, `raise_exception` and `strftime_now`. Whatever a template does, rendering ends:
// steps, nesting and the bytes it works through are bounded. What is not supported is an error that names it.
#pragma once

#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct ChatMessage {
  std::string role, content;
  JsonValue::Object more = {}; // further members, such as tool_calls; a "content" here stands instead of the text
};

// Bounds of one rendering. They grow with the input: a long document in a message is not an attack.
struct TemplateLimits {
  uint64_t steps = 200'000, stepsPerMessage = 2'000;
  uint64_t workBytes = 16u << 20, workPerInputByte = 256; // bytes of text and list items read or made
  uint64_t outputBytes = 1u << 20, outputPerInputByte = 16;
};

class ChatTemplate {
public:
  static Result<ChatTemplate> parse(std::string_view source);

  // `extra` holds further variables, such as bos_token and eos_token. Without `tools` they are none, as `documents` are.
  Result<std::string> render(const std::vector<ChatMessage> &messages, bool addGenerationPrompt,
                             const std::map<std::string, std::string> &extra, const JsonValue *tools = nullptr) const;

  void setLimits(TemplateLimits limits) { limits_ = limits; }
  // What strftime_now() takes for now; the clock if never set.
  void setNow(std::time_t now) { now_ = now; }

private:
  ChatTemplate() = default;

  std::shared_ptr<const struct TemplateProgram> program_;
  TemplateLimits limits_;
  std::optional<std::time_t> now_;
};

} // namespace longc
