// `generate --prompts`: the prompts of a file of JSON lines, continued together.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

Status continuePromptLines(const Arguments &arguments);

} // namespace longc
