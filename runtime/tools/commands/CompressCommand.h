// `compress`, which `read` is where a program compresses texts.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

Status runCompress(const Arguments &arguments);

} // namespace longc
