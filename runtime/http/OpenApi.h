// What the server takes and answers, as OpenAPI describes it: runtime/http/openapi.json, which the build puts into the program.
#pragma once

#include <string_view>

namespace longc {

std::string_view openApiText();

} // namespace longc
