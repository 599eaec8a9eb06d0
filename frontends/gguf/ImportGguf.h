// A GGUF file as a model: configuration, parameters under their Hugging Face names, tokenizer data.
//
// Every key and tensor of the file is accounted for. What would change the model's results and is not known here is an
// error that names it; so are missing, misshapen and surplus tensors. Nothing is read from the weights until they are
// written out by writeParameter.
#pragma once

#include "frontends/gguf/TokenizerSource.h"
#include "models/DecoderConfig.h"
#include "runtime/core/Status.h"
#include "runtime/io/Gguf.h"
#include "runtime/io/Quantized.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace longc {

// How rows of the checkpoint are put in order for us. All are permutations of whole rows, hence lossless.
enum class RowPermutation : uint8_t {
  None,
  // q and k of the llama architecture: GGUF has the two members of a rotary pair side by side, we keep the halves of a
  // head apart. Within a head of size d, our row s*d/2 + i (s = 0, 1) is row 2i + s of the file.
  PairsToHalves,
};

struct ImportedParameter {
  std::string name;           // Hugging Face's, e.g. model.layers.3.self_attn.q_proj.weight
  std::string sourceName;     // the file's, e.g. blk.3.attn_q.weight
  ElementFormat format;       // as writeParameter writes it: the file's for matrices (F32 for F16), F32 for vectors
  std::vector<int64_t> shape; // [rows, columns], or [size] for a vector
  RowPermutation permutation = RowPermutation::None;
  int64_t headSize = 0; // of the permutation

  ElementFormat sourceFormat;        // as the file has it
  std::span<const std::byte> source; // row by row, in the mapping that ImportedModel keeps
};

struct ImportedModel {
  std::string title; // general.name, possibly empty
  DecoderConfig config;
  std::vector<ImportedParameter> parameters; // in the order a forward pass meets them
  TokenizerSource tokenizer;
  GgufFile file; // owns what the parameters point to
};

Result<ImportedModel> importGguf(const std::string &path);
// The same from a file that is already open (it is moved into the model).
Result<ImportedModel> importGguf(GgufFile file);

// Writes the final bytes of a parameter: a vector as plain F32, a matrix in panel layout (runtime/io/Panels.h). Its rows
// may come from several matrices of the file, one after the other (q, k and v, say): all need one format and one number
// of columns. `out` must have parameterBytes(parts) bytes.
Result<size_t> parameterBytes(std::span<const ImportedParameter *const> parts);
Status writeParameter(std::span<const ImportedParameter *const> parts, std::span<std::byte> out);

} // namespace longc
