// Keys of config.json that change what a model computes and that nothing here knows: the one list of them. Every key that
// is neither read nor listed is taken for harmless. Private to this folder.
#pragma once

#include "runtime/io/ConfigKeys.h"

namespace longc {

// Refuses the first listed key whose value is not the one that changes nothing.
Status refuseArithmetic(const ConfigKeys &config);

} // namespace longc
