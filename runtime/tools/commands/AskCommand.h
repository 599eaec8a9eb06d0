// Questions about compressed documents.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

/// `chat --document` where a program compresses texts: --prompt, or each line of standard input, is a question of its own.
Status runSoftChat(const Arguments &arguments);

} // namespace longc
