// Chunks of a text to soft tokens: the encoder, the pool and the adapter of a program that joins two models (E2LLM).
#pragma once

#include "runtime/device/OpenDevice.h"
#include "runtime/e2llm/Chunks.h"
#include "runtime/serve/EncoderInputs.h"
#include "runtime/serve/Engine.h"
#include "runtime/text/Tokenizer.h"
#include "runtime/train/ServedValues.h"

#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace longc {

/// The module whose chunks become soft tokens; null in programs without.
const abi::Module *compressingModule(const abi::Program &program);

/// Error LC8202, of such a program.
Status notCompressing();

/// What of a chunk's hidden states is compressed: "mean", "cls", "last", or "pma" where learned queries attend to them.
const char *chunkPoolOf(const abi::Program &program);

/// Tokens of chunks as the encoder reads them, with what its texts begin and end with.
class ChunkTokenizer {
public:
  static Result<ChunkTokenizer> create(const abi::Module &module);
  /// A chunk over the encoder's positions is an error (LC8201) that says both numbers.
  Result<std::vector<int32_t>> encode(std::string_view chunk) const;
  /// A text as chunks of that size.
  std::vector<std::string_view> cut(std::string_view text, const ChunkSize &size) const;

private:
  ChunkTokenizer(Tokenizer tokenizer, int64_t longest) : tokenizer_(std::move(tokenizer)), longest_(longest) {}

  Tokenizer tokenizer_;
  int64_t longest_;
};

/// Rows of a call, [chunks, width].
struct CompressedChunks {
  std::vector<float> soft; // of the decoder's width
  std::vector<float> pools; // of the encoder's: what the soft tokens are made of
};

class Compressor {
public:
  /// `program` must outlive this. Errors: LC8202 of a program that does not join an encoder and a decoder, LC4122 without the function for
  /// `options.device`.
  static Result<std::unique_ptr<Compressor>> create(const Program &program, const longc_program_table &table, const EngineOptions &options);

  /// Columns of a soft token.
  int64_t width() const { return program_.module().hidden(); }
  /// Of a pool.
  int64_t columns() const { return module_.hidden(); }
  const abi::Compression &settings() const { return module_.compression(); }
  const ChunkTokenizer &tokenizer() const { return tokenizer_; }
  std::string describeDevice() const { return device_->describe(); }

  /// As Executor::setProfile.
  void setProfile(KernelProfile *profile);

  /// Runs with these values of what is trained from now on, read where they lie and, as far as the program holds them otherwise, as they are now.
  Status bind(const ParameterList &list, const ParameterArray &values);

  /// All chunks, made tokens on all threads, as many in a call as keep the device busy. `onProgress` gets how many are done; false cancels.
  Result<CompressedChunks> compress(std::span<const std::string_view> chunks, const std::function<bool(int64_t done)> &onProgress = {});

  /// Soft tokens of vectors as wide as the encoder's pools, [vectors, width()]: the adapter alone.
  Result<std::vector<float>> adapt(std::span<const float> vectors);

  /// Soft tokens of chunks as the encoder reads them.
  Result<CompressedChunks> compressTokens(std::span<const std::vector<int32_t>> chunks, const std::function<bool(int64_t done)> &onProgress = {});

private:
  Compressor(const Program &program, const abi::Module &module, ChunkTokenizer tokenizer, int threads)
      : program_(program), module_(module), tokenizer_(std::move(tokenizer)), threads_(threads) {}
  Status open(const DeviceChoice &choice, const longc_program_table &table, const EngineOptions &options);
  template <typename Opened> Status link(Result<std::unique_ptr<Opened>> device) {
    if (!device.ok())
      return device.status();
    device_ = std::move(*device);
    return {};
  }
  Status run(CompressedChunks &into);

  size_t callTokens() const { return device_->hasOwnMemory() ? size_t{64} << 10 : size_t{4} << 10; }

  const Program &program_;
  const abi::Module &module_;
  ChunkTokenizer tokenizer_;
  int threads_;
  std::unique_ptr<Device> device_;
  std::unique_ptr<Executor> executor_, adapting_; // of whole chunks, of vectors
  ServedValues served_;
  EncoderInputs inputs_; // of a call
};

} // namespace longc
