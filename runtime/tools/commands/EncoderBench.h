// `bench` of an encoder's program.
#pragma once

#include "runtime/tools/commands/Options.h"

namespace longc {

/// Texts and tokens per second of reading random tokens, by the same calls as `embed`.
Status runEncoderBench(const Arguments &arguments);

} // namespace longc
