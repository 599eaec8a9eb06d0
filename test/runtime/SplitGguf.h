// One part of a split model: some tensors of a whole file, the keys of a part, and in the first part the metadata.
#pragma once

#include "runtime/io/Gguf.h"
#include "test/runtime/TinyLlama.h"

#include <cstdint>
#include <string>

namespace longc::test {

struct Piece {
  size_t begin, end;      // of the whole file's tensors
  uint32_t number, count; // as the keys have them: the number from 0
};

inline void addTensors(GgufWriter &writer, const GgufFile &whole, size_t begin, size_t end) {
  for (size_t i = begin; i < end; ++i) {
    const GgufTensor &tensor = whole.tensors()[i];
    writer.addTensor(tensor.name, tensor.encoding->id, {tensor.shape.begin(), tensor.shape.end()},
                     std::string(reinterpret_cast<const char *>(tensor.data.data()), tensor.data.size()));
  }
}

inline GgufWriter partOfTinyLlama(const DecoderConfig &config, const GgufFile &whole, const Piece &piece, int32_t total) {
  GgufWriter writer;
  if (piece.number == 0) {
    addLlamaKeys(writer, config);
    addTinyTokenizer(writer, config.vocabSize);
  }
  auto number16 = [&](const char *key, uint32_t value) {
    std::string raw;
    GgufWriter::put(raw, static_cast<uint16_t>(value));
    writer.addRaw(key, static_cast<uint32_t>(GgufValueType::Uint16), raw);
  };
  number16("split.no", piece.number);
  number16("split.count", piece.count);
  writer.addInt32("split.tensors.count", total);
  addTensors(writer, whole, piece.begin, piece.end);
  return writer;
}

} // namespace longc::test
