// Fuzz target of chat templates: any text is parsed, and what parses is rendered; both must end, in bounds and in time.
#include "runtime/text/ChatTemplate.h"

#include <cstdlib>

using namespace longc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<ChatTemplate> parsed = ChatTemplate::parse({reinterpret_cast<const char *>(data), size});
  if (!parsed.ok())
    return 0;
  TemplateLimits limits;
  limits.steps = 20'000;
  limits.workBytes = 4u << 20;
  parsed->setLimits(limits);
  parsed->setNow(1'700'000'000);
  const std::vector<ChatMessage> messages = {{"system", "Be brief."},
                                             {"user", "Hi\nthere \xe7\x81\xaf"},
                                             {"assistant", "<think>12</think>Yes."},
                                             {"user", "\xff"}};
  Result<std::string> text = parsed->render(messages, true, {{"bos_token", "<s>"}, {"eos_token", "</s>"}});
  // The bound on output counts what goes in as well: far less than this.
  if (text.ok() && text->size() > (8u << 20))
    std::abort();
  return 0;
}
