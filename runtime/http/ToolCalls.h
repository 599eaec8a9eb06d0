// Calls of tools in the text of an answer, in the form that most templates teach:
//
//   <tool_call>
//   {"name": "weather", "arguments": {"city": "Paris"}}
//   </tool_call>
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct ToolCall {
  std::string name, arguments; // arguments: JSON, as it was written
};

struct ToolCalls {
  std::string content; // what stands around them
  std::vector<ToolCall> calls;
};

inline constexpr std::string_view toolCallBegin = "<tool_call>", toolCallEnd = "</tool_call>";

/// What looks like a call and is none stays content.
ToolCalls findToolCalls(const std::string &text);

/// An array of them as a message has it; with `index` as a stream does.
std::string toolCallsJson(const std::vector<ToolCall> &calls, bool index);

} // namespace longc
