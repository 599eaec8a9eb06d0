// The page at /: runtime/http/page.html, which the build puts into the program.
#pragma once

#include <string_view>

namespace longc {

std::string_view pageText();

} // namespace longc
