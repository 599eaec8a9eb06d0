// The configuration of a checkpoint as config.json says it. Private to this folder.
#pragma once

#include "frontends/Checkpoint.h"
#include "frontends/hf/ReadConfig.h"
#include "runtime/core/JsonReader.h"

#include <string>

namespace longc {

struct WrittenConfig {
  JsonValue json;
  HfConfig read; // what readHfConfig makes of it: the checkpoint's configuration again
};

// config.json in the form that transformers 4 and 5 read alike. `type`: what the weights are loaded as, e.g. "bfloat16";
// empty: as an existing config.json says. A configuration that no config.json of its family says is refused by name: what
// is written is read back and compared.
Result<WrittenConfig> writeConfig(const Checkpoint &checkpoint, const std::string &type);

} // namespace longc
