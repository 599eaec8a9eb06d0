// How many tokens of the replies a program that is trained foretells: with the functions that answer, and the values that are learnt.
#pragma once

#include "runtime/e2llm/SoftData.h"
#include "runtime/train/ParameterList.h"

#include <array>
#include <memory>

namespace longc {

class SoftAccuracy {
public:
  /// `program` must outlive this. Errors of Compressor::create and Engine::create.
  static Result<std::unique_ptr<SoftAccuracy>> create(const Program &program, const longc_program_table &table, const EngineOptions &options);

  /// Of each objective that the samples have: the share of their replies' tokens that have the largest logit behind the right ones before them. Of many
  /// samples of an objective some, at even distances. `values` of the parameters in `list` are bound as they are now.
  Result<std::vector<std::pair<std::string, double>>> judge(const SoftData &data, std::span<const Sample> samples, const ParameterList &list,
                                                            const ParameterArray &values);

private:
  struct Score {
    int64_t right = 0, asked = 0;
  };
  SoftAccuracy(const Program &program, std::unique_ptr<Compressor> compressor, std::unique_ptr<Engine> engine)
      : program_(program), compressor_(std::move(compressor)), engine_(std::move(engine)) {}
  Status bind(const ParameterList &list, const ParameterArray &values);
  Status ask(const SoftData &data, const Sample &sample, Score &score);

  const Program &program_;
  std::unique_ptr<Compressor> compressor_;
  std::unique_ptr<Engine> engine_;
  ServedValues served_; // of the engine
};

} // namespace longc
