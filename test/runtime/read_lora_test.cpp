/// Adapters as other tools write them, in a program's low-rank products: the sum they add to a product is what PEFT says.
#include "runtime/core/JsonReader.h"
#include "runtime/io/SafetensorsWriter.h"
#include "runtime/train/AdapterFiles.h"
#include "runtime/train/ReadLora.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <random>
#include <unistd.h>

namespace longc {
namespace {

constexpr int64_t inputs = 5, outputs = 3, programRank = 4;
constexpr double programScale = 2.0;
const std::vector<std::string> modules = {"model.layers.0.up_proj", "model.layers.1.up_proj", "model.layers.1.q_proj"};

ParameterList programParameters() {
  ParameterList list;
  for (const std::string &module : modules) {
    list.add(module + ".lora_A", {programRank, inputs}, Beginning::uniform);
    list.add(module + ".lora_B", {outputs, programRank}, Beginning::zeros);
  }
  return list;
}

using Matrix = std::vector<float>;

class ReadLora : public testing::Test {
protected:
  ReadLora() : folder_(std::filesystem::temp_directory_path() / ("longc-lora-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ReadLora() override { std::filesystem::remove_all(folder_); }

  void add(const std::string &module, int64_t rank) {
    for (auto [end, rows, columns] : {std::tuple(".lora_A", rank, inputs), std::tuple(".lora_B", outputs, rank)}) {
      Matrix &numbers = tensors_[module + end];
      for (int64_t i = 0; i < rows * columns; ++i)
        numbers.push_back(std::uniform_real_distribution<float>(-1, 1)(random_));
      shapes_[module + end] = {rows, columns};
    }
  }

  Status read(const std::string &config) {
    std::vector<SafetensorsOutput> out;
    for (const auto &[name, numbers] : tensors_) {
      const std::string written = (name.starts_with("language_model.") ? name : "base_model.model." + name) + ".weight";
      out.push_back({written, SafetensorsType::F32, shapes_[name], [numbers, written](const SafetensorsOutput::Append &append) {
                       return appendFloats(append, SafetensorsType::F32, numbers, written);
                     }});
    }
    Status status = writeSafetensors((folder_ / "adapter_model.safetensors").string(), std::move(out));
    EXPECT_TRUE(status.ok()) << status.text();
    auto json = JsonValue::read(config);
    EXPECT_TRUE(json.ok()) << config;
    values_ = std::move(*ParameterArray::create(list_, "the test"));
    begin(list_, 7, values_);
    for (const TrainedParameter &parameter : list_.parameters()) // as if another adapter had been there
      for (float &value : values_.of(parameter))
        value += parameter.name.ends_with("_B") ? 1.0f : 0.0f;
    return readLora(folder_.string(), *json, list_, programScale, values_);
  }

  // scale * B A by the program's parameters.
  std::vector<double> added(const std::string &module) {
    auto a = values_.of(*list_.find(module + ".lora_A")), b = values_.of(*list_.find(module + ".lora_B"));
    return product(a, b, programRank, programScale);
  }
  // The same by the file's tensors.
  std::vector<double> expected(const std::string &module, double scale) {
    return product(tensors_[module + ".lora_A"], tensors_[module + ".lora_B"], shapes_[module + ".lora_A"][0], scale);
  }
  static std::vector<double> product(std::span<const float> a, std::span<const float> b, int64_t rank, double scale) {
    std::vector<double> sums;
    for (int64_t row = 0; row < outputs; ++row)
      for (int64_t column = 0; column < inputs; ++column) {
        double sum = 0;
        for (int64_t r = 0; r < rank; ++r)
          sum += static_cast<double>(b[static_cast<size_t>(row * rank + r)]) * a[static_cast<size_t>(r * inputs + column)];
        sums.push_back(scale * sum);
      }
    return sums;
  }
  void expectAdded(const std::string &module, double scale) {
    auto ours = added(module), theirs = expected(module, scale);
    for (size_t i = 0; i < ours.size(); ++i)
      EXPECT_NEAR(ours[i], theirs[i], 1e-6) << module;
  }
  void expectNothingAdded(const std::string &module) {
    for (double number : added(module))
      EXPECT_EQ(number, 0.0) << module;
  }
  void expectRefused(const std::string &config, const std::string &words) {
    Status status = read(config);
    ASSERT_FALSE(status.ok()) << words;
    EXPECT_NE(status.text().find(words), std::string::npos) << status.text();
  }

  const ParameterList list_ = programParameters();
  ParameterArray values_;
  std::filesystem::path folder_;
  std::map<std::string, Matrix> tensors_;
  std::map<std::string, std::vector<int64_t>> shapes_;
  std::mt19937 random_{11};
};

TEST_F(ReadLora, AnyRankUpToThePrograms) {
  for (int64_t rank = 1; rank <= programRank; ++rank) {
    tensors_.clear();
    for (const std::string &module : modules)
      add(module, rank);
    Status status = read(R"({"peft_type": "LORA", "lora_alpha": 3, "target_modules": ["up_proj", "q_proj"], "r": )" + std::to_string(rank) + "}");
    ASSERT_TRUE(status.ok()) << status.text();
    for (const std::string &module : modules)
      expectAdded(module, 3.0 / static_cast<double>(rank));
  }
}

TEST_F(ReadLora, WhatIsOverCanLearn) {
  for (const std::string &module : modules)
    add(module, 2);
  ASSERT_TRUE(read(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 2, "target_modules": ["up_proj", "q_proj"]})").ok());
  auto a = values_.of(*list_.find(modules[0] + ".lora_A"));
  for (size_t i = 2 * inputs; i < a.size(); ++i)
    EXPECT_NE(a[i], 0.0f);
}

TEST_F(ReadLora, SomeModulesOnly) {
  add(modules[2], 4);
  Status status = read(R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": ["q_proj"]})");
  ASSERT_TRUE(status.ok()) << status.text();
  expectAdded(modules[2], 2.0);
  expectNothingAdded(modules[0]);
  expectNothingAdded(modules[1]);
}

TEST_F(ReadLora, PatternsAndRootOfTheRank) {
  add(modules[0], 2);
  add(modules[1], 3);
  add(modules[2], 1);
  Status status = read(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 6, "use_rslora": true, "target_modules": "all-linear",
      "rank_pattern": {"layers.1.up_proj": 3, "q_proj": 1}, "alpha_pattern": {"q_proj": 5}})");
  ASSERT_TRUE(status.ok()) << status.text();
  expectAdded(modules[0], 6 / std::sqrt(2));
  expectAdded(modules[1], 6 / std::sqrt(3));
  expectAdded(modules[2], 5);
}

TEST_F(ReadLora, AdaptersThatDoNotFitAreRefusedByName) {
  const std::string config = R"({"peft_type": "LORA", "r": 5, "lora_alpha": 8, "target_modules": ["q_proj"]})";
  add(modules[2], 5);
  expectRefused(config, "the rank of module 'model.layers.1.q_proj' is 5, the program's products have 4");
  expectRefused(R"({"peft_type": "LORA", "r": 3, "lora_alpha": 8, "target_modules": ["q_proj"]})", "expected shape [3, 5]");
  tensors_.clear();
  add(modules[2], 2);
  expectRefused(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 8, "target_modules": ["up_proj", "q_proj"]})",
                "module 'model.layers.0.up_proj' has no tensors");
  expectRefused(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 8, "use_dora": true, "target_modules": ["q_proj"]})", "use_dora");
  expectRefused(R"({"peft_type": "LOHA", "r": 2, "target_modules": ["q_proj"]})", "'LOHA'");
  tensors_.erase(modules[2] + ".lora_B");
  expectRefused(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 8, "target_modules": ["q_proj"]})", "one of its two tensors");
  tensors_.clear();
  add(modules[2], 2);
  add("language_model." + modules[2], 2); // another name of the same
  tensors_.erase(modules[2] + ".lora_B");
  tensors_.erase("language_model." + modules[2] + ".lora_B");
  expectRefused(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 8, "target_modules": ["q_proj"]})", "stands twice");
  tensors_.clear();
  add("model.layers.0.gate_proj", 2);
  expectRefused(R"({"peft_type": "LORA", "r": 2, "lora_alpha": 8, "target_modules": ["gate_proj"]})", "is of no adapter of the program");
}

} // namespace
} // namespace longc
