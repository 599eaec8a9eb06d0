// The standard library's automaton that follows all ways at once: no pattern makes it search for ever.
#include "runtime/io/ModulePattern.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"

#include <regex>

namespace longc {

struct ModulePattern::Compiled {
  std::regex expression;
};

Result<ModulePattern> ModulePattern::compile(const std::string &pattern) {
  constexpr size_t longest = 1000;
  std::string reason = "expected at most " + std::to_string(longest) + " characters";
  if (pattern.size() <= longest) {
    try {
      ModulePattern result;
      result.compiled_ = std::make_shared<Compiled>(
          Compiled{std::regex(pattern, std::regex::ECMAScript | std::regex_constants::__polynomial)});
      return result;
    } catch (const std::regex_error &error) {
      reason = error.what();
    }
  }
  return Status::error(AdapterInvalid, "pattern " + quoted(pattern) + " cannot be read: " + reason,
                       "name the modules by their last words: [\"q_proj\", \"v_proj\"]");
}

bool ModulePattern::matches(const std::string &name) const { return std::regex_match(name, compiled_->expression); }

} // namespace longc
