// How the parts of the chat template code report an error to each other. Never leaves ChatTemplate.cpp: there it
// becomes a Status.
#pragma once

#include <string>

namespace longc {

// Counted from 1, columns in characters. Line 0: not known yet.
struct TemplatePlace {
  int line = 0, column = 0;
};

enum class TemplateErrorCode { Syntax = 6101, Evaluation = 6102, Limit = 6103, RaisedByTemplate = 6104 };

struct TemplateFailure {
  TemplateErrorCode code;
  TemplatePlace place;
  std::string message, hint;
};

} // namespace longc
