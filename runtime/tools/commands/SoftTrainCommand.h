// `train` of programs of an encoder and a decoder: adapters of both and the products between them, on two objectives.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

Status runSoftTrain(const Arguments &arguments, std::unique_ptr<Program> program);

} // namespace longc
