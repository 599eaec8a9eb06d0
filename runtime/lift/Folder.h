// The folder of an absorbed text: an adapter as PEFT saves it, and lift.json, which says what it is of.
#pragma once

#include "runtime/lift/Fit.h"
#include "runtime/serve/Program.h"

#include <string>

namespace longc {

/// What lift.json says.
struct LiftAbout {
  std::string model;          // the fingerprint of the program's weights
  std::string document, hash; // the text's name, and the hash of its bytes
  std::string recipe;
  uint64_t seed = 0;
  int64_t tokens = 0; // of the text
  int64_t steps = 0, epochs = 0, learntTokens = 0;
  double seconds = 0, firstLoss = 0, lastLoss = 0;
  bool readAll = false; // every part of the text was learnt from
};

/// Codes of its errors: a folder that no text was absorbed into; one of another model.
inline constexpr int notAbsorbed = 8111, absorbedByOtherModel = 8112;

/// Makes `folder`, as a whole or not at all. Refused: one that is there and not empty.
Status writeAbsorbed(const std::string &folder, const Program &program, const ParameterList &list, const ParameterArray &values,
                     const LiftAbout &about);
/// Whether it could be made now, before the work.
Status checkAbsorbedPlace(const std::string &folder);
Result<LiftAbout> readAbsorbed(const std::string &folder);
/// Refuses what another model absorbed.
Status checkAbsorbedBy(const std::string &folder, const LiftAbout &about, const Program &program);

} // namespace longc
