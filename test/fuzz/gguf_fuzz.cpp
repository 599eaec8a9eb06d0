// Fuzz target of the GGUF reader and the importer behind it: any bytes, and nothing but a refusal may happen.
//
// Built with LONGC_WRITE_SEEDS it is a program instead that writes the seeds: `gguf_seeds FOLDER`.
#include "frontends/gguf/ImportGguf.h"
#include "runtime/io/Gguf.h"
#include "runtime/io/Panels.h"

#include <cstdio>
#include <cstdlib>

using namespace longc;

#ifdef LONGC_WRITE_SEEDS
#include "test/runtime/HostileGguf.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: gguf_seeds FOLDER\n");
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  DecoderConfig small = test::tinyLlamaConfig(); // the least that is a whole model, for quick mutations
  small.vocabSize = 262;
  small.layers = small.heads = small.kvHeads = 1;
  small.hidden = small.headSize = small.ropeDim = small.feedForward = 32;
  bool written = true;
  for (ElementFormat format : allElementFormats)
    written &= test::writeTinyLlama(folder + "model-" + formatName(format), small, 1, format);
  for (const test::HostileFile &file : test::hostileGgufFiles()) {
    if (file.bytes.size() > 4096) // large ones only slow a fuzzer down; tests have them
      continue;
    std::FILE *out = std::fopen((folder + file.name).c_str(), "wb");
    written &= out && std::fwrite(file.bytes.data(), 1, file.bytes.size(), out) == file.bytes.size();
    if (out)
      written &= std::fclose(out) == 0;
  }
  return written ? 0 : 1;
}

#else

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<GgufFile> file = GgufFile::parse(std::as_bytes(std::span(data, size)));
  if (!file.ok())
    return 0;
  for (const GgufValue &value : file->values()) {
    (void)file->unsignedValue(value.key).ok();
    (void)file->floatArray(value.key).ok();
    (void)file->integerArray(value.key).ok();
    (void)file->stringArray(value.key).ok();
  }
  Result<Checkpoint> model = importGguf(std::move(*file));
  if (!model.ok())
    return 0;
  for (const CheckpointParameter &parameter : model->parameters) {
    const CheckpointParameter *parts[] = {&parameter};
    Result<uint64_t> bytes = packedBytes(parts);
    if (!bytes.ok())
      std::abort(); // an imported parameter can always be written
    std::vector<std::byte> out(*bytes);
    if (!packParameter(parts, out).ok())
      std::abort();
  }
  return 0;
}

#endif
