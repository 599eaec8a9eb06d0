// What an adapter does to the parameters of its base.
#include "frontends/peft/Adapter.h"

#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/PeftConfig.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

const std::string headName = "lm_head.weight", tableName = "model.embed_tokens.weight";

CheckpointParameter *find(Checkpoint &checkpoint, const std::string &name) {
  for (CheckpointParameter &parameter : checkpoint.parameters)
    if (parameter.name == name)
      return &parameter;
  return nullptr;
}

// A tied head as a parameter of its own, the same as the table.
void untie(Checkpoint &checkpoint) {
  if (!checkpoint.config.tiedHead)
    return;
  CheckpointParameter head = *find(checkpoint, tableName);
  head.name = headName;
  checkpoint.parameters.push_back(std::move(head));
  checkpoint.config.tiedHead = false;
}

Result<std::shared_ptr<std::vector<float>>> allRows(const CheckpointParameter &parameter) {
  const auto columns = static_cast<size_t>(parameter.shape[1]);
  auto values = std::make_shared<std::vector<float>>(static_cast<size_t>(parameter.shape[0]) * columns);
  for (int64_t row = 0; row < parameter.shape[0]; ++row)
    LONGC_TRY(parameter.readRow(row, std::as_writable_bytes(std::span(*values).subspan(static_cast<size_t>(row) * columns, columns))));
  return values;
}

// Row n of left [N, rank] times right [rank, K], added to the base's row. `across`: right is [K, rank].
struct SummedRows {
  CheckpointParameter base;
  std::shared_ptr<std::vector<float>> left, right;
  size_t rank;
  double scale;
  bool across;

  Status operator()(int64_t row, std::span<std::byte> out) const {
    const size_t columns = out.size() / sizeof(float);
    std::vector<std::byte> bytes(*rowBytes(base.format, base.shape.back()));
    std::vector<float> values(columns);
    LONGC_TRY(base.readRow(row, bytes));
    LONGC_TRY(dequantizeRow(base.format, bytes, values));
    std::vector<double> sums(columns);
    const float *factors = left->data() + static_cast<size_t>(row) * rank;
    for (size_t r = 0; r < rank; ++r)
      for (size_t k = 0; k < columns; ++k)
        sums[k] += static_cast<double>(factors[r]) * static_cast<double>((*right)[across ? k * rank + r : r * columns + k]);
    for (size_t k = 0; k < columns; ++k)
      values[k] = static_cast<float>(static_cast<double>(values[k]) + scale * sums[k]);
    std::memcpy(out.data(), values.data(), out.size());
    return {};
  }
};

} // namespace

void replaceParameters(const Adapter &adapter, Checkpoint &base) {
  for (const CheckpointParameter &fresh : adapter.replaced) {
    const bool kept = adapter.keepsTied || fresh.sourceName.find(keptPart) != std::string::npos; // of a tied table: both go on as one
    if (!kept && (fresh.name == headName || fresh.name == tableName))
      untie(base);
    *find(base, fresh.name) = fresh;
  }
}

Status mergeAdapter(const Adapter &adapter, Checkpoint &base) {
  for (const AdaptedModule &module : adapter.modules) {
    const std::string name = module.module + ".weight";
    if (name == headName || name == tableName)
      untie(base);
    CheckpointParameter &weight = *find(base, name);
    if (isQuantized(weight.stored))
      return Status::error(AdapterInvalid, "tensor " + quoted(weight.sourceName) + " is quantised to " + formatName(weight.stored) +
                                               ": an adapter cannot be merged into its blocks",
                           "leave --adapter-mode out: the adapter is then kept beside the weights");
    Result<std::shared_ptr<std::vector<float>>> a = allRows(module.a), b = allRows(module.b);
    if (!a.ok() || !b.ok())
      return a.ok() ? b.status() : a.status();
    // A table's rows are those of A, and B stands across.
    SummedRows rows{weight, module.embedding ? *a : *b, module.embedding ? *b : *a, static_cast<size_t>(module.b.shape[1]), module.scale,
                    module.embedding};
    weight.format = weight.stored = ElementFormat::F32;
    weight.tensor = nullptr;
    weight.readRow = std::move(rows);
  }
  return {};
}

} // namespace longc
