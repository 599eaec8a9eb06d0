// What `probe` found out, as a table and as JSON.
#pragma once

#include "runtime/tools/commands/LayerProber.h"

#include <string>

namespace longc {

struct Findings {
  Layers layers; // that have memory
  // The question read without the memory of some layers, which the text was read with.
  Score asked;
  std::vector<Score> without; // one a layer
  std::vector<Elimination> eliminations;
  // Whole prompts read without the memory of some layers.
  Score whole;
  Search search;
  bool outOfTime = false; // the search ended before its last layer
  // Fresh prompts.
  Score confirmedAll, confirmed;
  std::vector<std::pair<Layers, Score>> refused; // lists that did not confirm
  Layers chosen;
  double seconds = 0;
};

/// "1,5,7".
std::string listOf(const Layers &layers);
std::string toTable(const Findings &findings);
std::string toJson(const Findings &findings);

} // namespace longc
