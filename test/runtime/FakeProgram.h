// A tiny program made by hand, so that loader, executor, state machine and command line are tested without a compiler.
//
// Its "model" counts: the logit of token v after a query is the number of visible local tokens v, plus 1000 x the memory
// temperature x the number of visible memory tokens v, plus v / 1024 (a parameter). So logits say exactly what was seen.
// Kernels: fake_kernels.cpp. One layer, states in f32 with rows of [1, 2]: (token, position or index).
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/abi/program.pb.h"

#include <atomic>
#include <string>

namespace longc::fake {

inline constexpr int vocabulary = 258; // bytes 0..255, 256 = "<|end|>", 257 = "<|start|>"
inline constexpr int endToken = 256;
inline constexpr int lostByte = 0xff; // the tokenizer's only byte without a token
inline constexpr int window = 64, lastContext = 16, contextLength = 512;
inline constexpr int blockRows = 4; // queries of a row of the work list

/// Queries whose tokens were counted since the program began: counts are for results alone.
extern std::atomic<int64_t> countedQueries;

/// Prefill, decode and ingest in fast and exact precision, with a byte tokenizer.
abi::Program program();
std::string weights();

/// The same with functions that train: a bigram model, logits of what follows token t = trainingScale * B A[:, t], with the
/// low-rank matrices `model.layers.0.mlp.up_proj.lora_A` [4, vocabulary] and `.lora_B` [vocabulary, 4]. When it serves, the
/// logit of token v has trainingScale * B[v] A[:, v] more.
abi::Program trainingProgram();
inline constexpr int trainingRank = 4;
inline constexpr float trainingScale = 2;

/// Where things go wrong on purpose.
struct Damage {
  bool wrongMagic = false, wrongVersion = false, wrongHash = false, wrongSize = false;
};

/// `executable` (any bytes) followed by weights, message and footer, as `longc compile` writes it.
std::string programFile(const std::string &executable, const abi::Program &program, const std::string &weights,
                        const Damage &damage = {});

/// Writes a file into the test's folder; returns its path.
std::string writeTemporary(const std::string &name, const std::string &bytes);
std::string temporaryPath(const std::string &name);
std::string readAll(const std::string &path);

} // namespace longc::fake
