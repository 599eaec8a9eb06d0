// The tables of filters, tests, methods and functions that templates can call.
#pragma once

#include "runtime/text/TemplateValue.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longc {

struct TemplateBuiltin {
  std::string_view name;
  TemplateFunction function;   // for filters and methods `self` is the value they are applied to
  std::string_view parameters; // names with commas between; "*": whatever is given
};

std::span<const TemplateBuiltin> templateScalarFilters();             // TemplateFilters.cpp
std::span<const TemplateBuiltin> templateListFilters();               // TemplateListFilters.cpp
std::span<const TemplateBuiltin> templateTests();                     // TemplateTests.cpp
std::span<const TemplateBuiltin> templateStringMethods();             // TemplateMethods.cpp
std::span<const TemplateBuiltin> templateListMethods();               // TemplateMethods.cpp
std::span<const TemplateBuiltin> templateDictMethods();               // TemplateMethods.cpp
std::vector<std::pair<std::string, TemplateValue>> templateGlobals(); // TemplateFunctions.cpp

// The entry called `name`, or null.
const TemplateBuiltin *findBuiltin(std::span<const TemplateBuiltin> table, std::string_view name);

// Fails if `arguments` has too many or unknown ones. `what` is "filter 'join'" or the like.
void checkArguments(const TemplateRun &run, const std::string &what, std::string_view parameters,
                    const TemplateArguments &arguments);

// str.replace within the run's budget; `most` < 0: everywhere. (TemplateMethods.cpp)
TemplateValue replaceChecked(TemplateRun &run, std::string_view text, std::string_view from, std::string_view to,
                             int64_t most);

} // namespace longc
