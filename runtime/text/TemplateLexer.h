// Cuts a chat template into text and the tokens of its tags, applying white-space control on the way.
//
// As jinja2 with trim_blocks and lstrip_blocks: a block tag or comment alone on its line takes its indentation and its
// line break with it; `-` strips all white space on its side, `+` keeps it; one line break at the end is dropped.
#pragma once

#include "runtime/text/TemplateFailure.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct TemplateToken {
  enum class Kind {
    Text,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End
  };
  Kind kind;
  std::string text; // of strings the value, of the rest what is written
  TemplatePlace place;
};

// Throws TemplateFailure. The last token is End.
std::vector<TemplateToken> lexTemplate(std::string_view source);

} // namespace longc
