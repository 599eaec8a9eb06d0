// Fuzz target of config.json and the other JSON of a model folder: any bytes, and nothing but a refusal may happen. What
// was accepted has numbers that a model can be built of.
#include "frontends/hf/ReadConfig.h"

#include <cmath>
#include <cstdlib>

using namespace longc;

namespace {

void require(bool holds) {
  if (!holds)
    std::abort();
}

void check(const RopeConfig &rope, int64_t dim) {
  require(rope.theta > 0 && rope.factor > 0 && std::isfinite(rope.theta) && std::isfinite(rope.magnitude));
  if (dim > 4096)
    return;
  for (double factor : ropeFactors(rope, dim))
    require(factor > 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<JsonValue> json = JsonValue::read({reinterpret_cast<const char *>(data), size});
  if (!json.ok())
    return 0;
  std::vector<int32_t> ids;
  (void)readEndIds(*json, 100, ids).ok();
  Result<HfConfig> found = readHfConfig(*json);
  if (!found.ok())
    return 0;
  const DecoderConfig &config = found->decoder;
  require(config.layers > 0 && config.heads > 0 && config.kvHeads > 0 && config.heads % config.kvHeads == 0);
  require(config.headSize > 0 && config.headSize % 2 == 0 && config.hidden > 0 && config.vocabSize > 0);
  require(config.sliding.empty() || static_cast<int64_t>(config.sliding.size()) == config.layers);
  require(config.unrotated.empty() || static_cast<int64_t>(config.unrotated.size()) == config.layers);
  for (int64_t layer = 0; layer < config.layers; ++layer)
    require(!config.slides(layer) || config.slidingWindow > 0);
  check(config.rope, config.ropeDim);
  check(config.slidingRope, config.ropeDim);
  return 0;
}
