// What E2LLM is trained on: documents with instructions and answers, as samples of the two objectives.
//
// A line {"context", "prompt", "answer"} gives one sample of reasoning, the prompt behind the soft tokens of all chunks; so does a line
// {"context", "questions": [{"prompt", "answer"}, ...]}, whose questions are the turns of one conversation. Each document, however many
// lines it is in, gives samples of understanding: a few chunks in a row, and their text to restate. "words" of a line, a text, stand behind
// the soft tokens as they are, as `ask --words` puts them there.
#pragma once

#include "runtime/e2llm/Compressor.h"
#include "runtime/e2llm/SoftPrompt.h"
#include "runtime/train/Sample.h"

#include <string>
#include <string_view>
#include <vector>

namespace longc {

enum class Objective : uint8_t { reason, understand };
inline constexpr const char *objectiveNames[] = {"reason", "understand"};

/// What a sample's token softToken(i) stands for: a chunk, and the objective of the sample.
struct SoftReference {
  int32_t chunk;
  Objective objective;
};

struct SoftData {
  std::vector<std::vector<int32_t>> chunks; // tokens of the encoder
  std::vector<std::vector<int32_t>> words;  // of each chunk, where they are wanted: tokens of the decoder
  std::vector<SoftReference> references;
  std::vector<Sample> samples;
  std::string hash; // of all that is trained on
};

struct SoftDataOptions {
  ChunkSize chunk;
  bool reason = true, understand = true;
  float understandWeight = 0.1f; // of a sample of understanding in the loss, one of reasoning having 1
  int64_t restated = 4;          // chunks of a sample of understanding
  int64_t mostRestated = 8;      // such samples of a document, at even distances
  int64_t longest = 2048;        // tokens of a sample
  bool words = false;            // of chunks, for an adapter to be fitted to
  int threads = 0;               // to read with; 0: one a core
};

/// Codes of its errors: a line that is none; a sample that is too long.
inline constexpr int badSoftLine = 8211, softSampleTooLong = 8212;

/// `module` is the encoder's. Errors name `name` and the line.
Result<SoftData> readSoftData(std::string_view content, const std::string &name, const abi::Module &module, const Tokenizer &decoder,
                              const SoftPrompt &prompt, const SoftDataOptions &options);

} // namespace longc
