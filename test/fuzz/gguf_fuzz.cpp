// Fuzz target of the GGUF reader and the importer behind it: any bytes, and nothing but a refusal may happen.
//
// Built with LONGC_WRITE_SEEDS it is a program instead that writes the seeds: `gguf_seeds FOLDER`.
#include "frontends/gguf/ImportGguf.h"
#include "runtime/io/Gguf.h"
#include "runtime/io/Panels.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

using namespace longc;

#ifdef LONGC_WRITE_SEEDS
#include "test/runtime/HostileGguf.h"
#include "test/runtime/SplitGguf.h"

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
  for (const FormatInfo &info : formatInfos)
    if (info.blockElements <= small.hidden)
      written &= test::writeTinyLlama(folder + "model-" + info.name, small, 1, info.format);
  auto write = [&](const std::string &name, const std::string &bytes) {
    std::FILE *out = std::fopen((folder + name).c_str(), "wb");
    written &= out && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    if (out)
      written &= std::fclose(out) == 0;
  };
  for (const test::HostileFile &file : test::hostileGgufFiles())
    if (file.bytes.size() <= 4096) // large ones only slow a fuzzer down; tests have them
      write(file.name, file.bytes);
  const std::string bytes = test::tinyLlama(small, 1, ElementFormat::Q4_0).bytes();
  const Result<GgufFile> whole = GgufFile::parse(test::asBytes(bytes));
  const size_t count = whole->tensors().size();
  std::string parts;
  for (test::Piece piece : {test::Piece{0, count / 2, 0, 2}, test::Piece{count / 2, count, 1, 2}})
    parts += test::partOfTinyLlama(small, *whole, piece, static_cast<int32_t>(count)).bytes();
  write("parts-2", parts);
  return written ? 0 : 1;
}

#else

// The input as one file, or as the parts of one: each "GGUF" after the first begins another.
static Result<GgufFile> parseInput(std::string_view input) {
  std::vector<GgufFile> parts;
  for (size_t begin = 0, end; begin < input.size() || parts.empty(); begin = end) {
    end = std::min(input.find("GGUF", begin + 1), input.size());
    Result<GgufFile> part = GgufFile::parse(std::as_bytes(std::span(input).subspan(begin, end - begin)));
    if (!part.ok())
      return part;
    parts.push_back(std::move(*part));
  }
  return GgufFile::join(std::move(parts));
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<GgufFile> file = parseInput({reinterpret_cast<const char *>(data), size});
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
