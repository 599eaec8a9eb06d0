// A model as it lies on disk, whatever the format: what models, driver and packaging know of checkpoints.
//
// `frontends/gguf` and `frontends/hf` make it; behind them nobody knows of formats of files. Parameters have Hugging Face
// names, matrices are [outputs, inputs] with the halves of rotary pairs apart, weights of norms are what is multiplied.
// No byte of a weight is read before its row is asked for.
#pragma once

#include "frontends/TokenizerSource.h"
#include "models/DecoderConfig.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Status.h"
#include "runtime/io/Quantized.h"
#include "runtime/io/Safetensors.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace longc {

struct CheckpointParameter {
  std::string name;           // e.g. model.layers.3.self_attn.q_proj.weight
  std::string sourceName;     // as the file calls it, e.g. blk.3.attn_q.weight
  ElementFormat format;       // of the rows: a program's own; F16 and others are widened
  std::vector<int64_t> shape; // [rows, columns], or [size] for a vector, which is one row of F32
  // Writes a row; `out` has rowBytes(format, columns) bytes.
  std::function<Status(int64_t row, std::span<std::byte> out)> readRow;
  // For who writes checkpoints: the encoding of the file; and the tensor itself where it lies in a safetensors file.
  ElementFormat stored = ElementFormat::F32;
  const SafetensorsTensor *tensor = nullptr;
};

// A Hugging Face folder, for who writes another.
struct HfFolder {
  std::string path;
  JsonValue config; // of the model that writes text
  bool hasHeads = false; // tensors that an encoder's embeddings need not, such as a pooler's
};

// What a program does where its user does not say. What counts in a draw stands only where tokens are drawn at all.
struct GenerationDefaults {
  bool sample = false;
  std::optional<double> repetitionPenalty; // of the best token too
  std::optional<double> temperature, topP, minP;
  std::optional<int64_t> topK;
  std::vector<std::string> ignored; // keys that would change what is written, and do not here
};

// Memory that a checkpoint was trained with.
struct MemoryDefaults {
  std::vector<int64_t> layers;
  int64_t lastContext = 1024;
};

struct Checkpoint {
  std::string path;  // as it was given to openCheckpoint
  std::string title; // possibly empty
  DecoderConfig config;
  std::vector<CheckpointParameter> parameters;
  TokenizerSource tokenizer;
  GenerationDefaults generation;
  std::optional<MemoryDefaults> memory;
  std::vector<std::string> notes; // what was not as it should be, and how it was read
  // How the file would call a parameter that it lacks.
  std::function<std::string(const std::string &name)> sourceNameOf;
  std::shared_ptr<const void> files; // what the readers read from
  std::shared_ptr<const HfFolder> folder; // null: it came from another kind of file
  size_t fileCount = 1;              // that the tensors lie in
};

// Opens a GGUF file or a Hugging Face folder. Errors begin with the path.
Result<Checkpoint> openCheckpoint(const std::string &path);

// A matrix of F32 or BF16 as one of BF16 or Q8_0, to nearest; rows of Q8_0 are whole blocks.
CheckpointParameter roundedTo(ElementFormat format, const CheckpointParameter &parameter);

// Bytes of a parameter of the program whose rows are those of `parts`, one part after the other: a matrix in panel layout
// (runtime/io/Panels.h), a vector as plain F32. All parts need one rank, format and number of columns.
Result<uint64_t> packedBytes(std::span<const CheckpointParameter *const> parts);
// Writes them; `out` has packedBytes(parts) bytes.
Status packParameter(std::span<const CheckpointParameter *const> parts, std::span<std::byte> out);

// The same of a parameter of floats whose rows lie one after the other as F32.
Result<uint64_t> rowMajorBytes(const CheckpointParameter &parameter);
Status writeRowMajor(const CheckpointParameter &parameter, std::span<std::byte> out);

} // namespace longc
