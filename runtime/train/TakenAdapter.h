// An adapter as PEFT or `train` saves it, in the form in which a program takes it.
#pragma once

#include "runtime/serve/Program.h"
#include "runtime/train/Overlays.h"
#include "runtime/train/ParameterList.h"

#include <memory>
#include <string>
#include <string_view>

namespace longc {

struct TakenAdapter {
  ParameterArray values;                    // of what the program trains
  std::shared_ptr<const Overlays> overlays; // else bound beside its products

  /// As values of `trained`, all that the program trains, if they have room for it: so it costs least. Else beside the products, if
  /// the program takes adapters so, for its functions of that precision. Refused (adapterOfOtherShape): weights of a whole training; else as both forms' errors are.
  static Result<TakenAdapter> read(const std::string &folder, const Program &program, const ParameterList &trained, std::string_view precision);
};

} // namespace longc
