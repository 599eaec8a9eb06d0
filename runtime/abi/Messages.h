// What compiler and runtime both read off a program's message: what each role of a function's input is, which matrices lie in panels.
#pragma once

#include "runtime/abi/program.pb.h"

#include <optional>
#include <string>
#include <string_view>

namespace longc {

inline bool isInPanels(const abi::Parameter &parameter) { return parameter.layout() == abi::Parameter::PANELS; }

/// A role is spelled as the enum does, in lower case: in the IR, in messages to people, by `inspect`.
struct RoleFacts {
  abi::ElementType type;
  int rank;
  std::string_view rows; // the symbol that its leading size is; none: one of its own
};

/// Of any role but PLAIN.
constexpr RoleFacts factsOf(abi::Input::Role role) {
  switch (role) {
  case abi::Input::TEMPERATURE:
  case abi::Input::WEIGHTS: return {abi::F32, 1, "tokens"};
  case abi::Input::TOKENS:
  case abi::Input::TOKEN_TYPES:
  case abi::Input::POSITIONS:
  case abi::Input::MEMORY_POSITIONS:
  case abi::Input::TARGETS: return {abi::I32, 1, "tokens"};
  case abi::Input::ROW_WEIGHTS: return {abi::F32, 1, "rows"};
  case abi::Input::ROW_TARGETS:
  case abi::Input::ROWS: return {abi::I32, 1, "rows"};
  case abi::Input::SEGMENTS: return {abi::I32, 2, "sequences"};
  case abi::Input::CROSS_ROWS: return {abi::I32, 2, ""};
  case abi::Input::SOFT_TOKENS: return {abi::F32, 2, "soft_tokens"};
  case abi::Input::DESTINATIONS:
  case abi::Input::SOFT_CHUNKS: return {abi::I32, 1, "soft_tokens"};
  case abi::Input::CHUNK_TOKENS:
  case abi::Input::CHUNK_TOKEN_TYPES:
  case abi::Input::CHUNK_POSITIONS:
  case abi::Input::CHUNK_PLACES: return {abi::I32, 1, "chunk_tokens"};
  case abi::Input::CHUNK_SHARES: return {abi::F32, 1, "chunk_tokens"};
  default: return {abi::I32, 1, ""};
  }
}

inline std::string inLowerCase(std::string name) {
  for (char &letter : name)
    letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  return name;
}

inline std::string roleName(abi::Input::Role role) { return inLowerCase(abi::Input::Role_Name(role)); }
inline std::string layoutName(abi::State::Layout layout) { return inLowerCase(abi::State::Layout_Name(layout)); }

/// The role of that spelling; none of a plain name.
inline std::optional<abi::Input::Role> roleNamed(std::string_view name) {
  for (int role = abi::Input::PLAIN + 1; abi::Input::Role_IsValid(role); ++role)
    if (roleName(static_cast<abi::Input::Role>(role)) == name)
      return static_cast<abi::Input::Role>(role);
  return std::nullopt;
}

/// The layout of states of that spelling.
inline std::optional<abi::State::Layout> stateLayoutNamed(std::string_view name) {
  for (int layout = 0; abi::State::Layout_IsValid(layout); ++layout)
    if (layoutName(static_cast<abi::State::Layout>(layout)) == name)
      return static_cast<abi::State::Layout>(layout);
  return std::nullopt;
}

/// What people call an input.
inline std::string inputName(const abi::Input &input) {
  return input.role() == abi::Input::PLAIN ? input.name() : roleName(input.role());
}

} // namespace longc
