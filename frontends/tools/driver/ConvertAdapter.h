// `longc convert --to peft`: an adapter, from a program that carries one or from a folder beside its base.
#pragma once

#include "frontends/tools/driver/Convert.h"
#include "runtime/io/SafetensorsTypes.h"

namespace longc {

// Writes the adapter into `folder`, which is there and empty.
Status convertAdapter(const ConvertOptions &options, SafetensorsType type, const std::string &folder);

} // namespace longc
