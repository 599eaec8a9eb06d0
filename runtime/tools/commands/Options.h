// The one table of options: parsing, help and environment names all come from it.
#pragma once

#include "runtime/core/Status.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

struct OptionSpec {
  std::string_view name; // "last-context": --last-context, LONGC_LAST_CONTEXT
  char letter;           // 'n': -n; 0: none
  std::string_view value; // what follows, for help; "" for a flag
  std::string_view fallback; // text of the default; "" if there is none or it depends on the program
  std::string_view help;
};

/// Every option of every command, alphabetical.
std::span<const OptionSpec> allOptions();

/// Values of one command line. The getters assume that the option belongs to the command.
class Arguments {
public:
  /// `names`: the command's options; `subject`: the one of them that a word without a name in front gives. Precedence: command
  /// line, environment, default.
  static Result<Arguments> parse(std::string_view command, std::span<const std::string_view> names,
                                 std::span<char *const> words, std::string_view subject = {});

  bool has(std::string_view name) const { return !text(name).empty(); }
  /// Given by the user, not by default.
  bool isGiven(std::string_view name) const { return given_.count(std::string(name)) > 0; }
  const std::string &text(std::string_view name) const;
  /// All values of an option that may be given several times, in their order.
  std::vector<std::string> all(std::string_view name) const;
  bool flag(std::string_view name) const { return text(name) == "true"; }
  Result<int64_t> integer(std::string_view name, int64_t low, int64_t high) const;
  Result<double> number(std::string_view name, double low, double high) const;
  /// "on" or "off" (and true, false, 1, 0, enabled, disabled).
  Result<bool> onOff(std::string_view name) const;
  /// "512MiB", "2GiB", "1000000".
  Result<int64_t> bytes(std::string_view name) const;

private:
  void set(std::string_view name, const std::string &value);

  std::map<std::string, std::string, std::less<>> values_;
  std::map<std::string, bool, std::less<>> given_;
  std::map<std::string, std::vector<std::string>, std::less<>> repeated_; // on the command line
};

/// Help text of the named options, one a line.
std::string optionHelp(std::span<const std::string_view> names);

} // namespace longc
