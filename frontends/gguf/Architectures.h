// The architectures of GGUF files that are known, and what each means beyond its keys: the one table of them. Private to
// this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longc {

struct Architecture {
  const char *name;   // general.architecture, and what its keys begin with
  const char *family; // of models/Registry.h
  // Rows of q and k have the two of a rotary pair side by side; else the halves of a head are apart, as here.
  bool pairedRows;
  bool waveFactors; // factors of wave lengths may lie in a tensor
  bool outerNorms;  // norms behind attention and MLP too, and `ffn_norm` is the one before the MLP
  bool encoder = false;
};

// Factors of wave lengths, as the converter worked out the scaling of Llama 3.
inline constexpr const char *waveFactorsTensor = "rope_freqs.weight";

// By general.architecture; null for one that is not known.
const Architecture *findArchitecture(std::string_view name);
// Their names, for messages.
std::string knownArchitectures();

// The name under which models use the tensor; empty for one that has no part in them (a table that follows from the
// configuration, factors that are read as configuration). Nothing for a tensor that the architecture does not have.
std::optional<std::string> parameterName(const Architecture &architecture, std::string_view tensor);
// The inverse: what the file would call a parameter.
std::string tensorName(const Architecture &architecture, const std::string &parameter);

} // namespace longc
