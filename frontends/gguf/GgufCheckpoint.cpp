// Rows of GGUF tensors in our order, and names in the other direction.
#include "frontends/gguf/GgufCheckpoint.h"

#include "frontends/gguf/ImportGguf.h"

#include <cstring>

namespace longc {
namespace {

class RowReader {
public:
  explicit RowReader(const ImportedParameter &parameter) : parameter_(parameter) {
    const bool matrix = parameter.shape.size() == 2;
    stride_ = parameter.source.size() / static_cast<size_t>(matrix ? parameter.shape[0] : 1);
  }

  Status operator()(int64_t row, std::span<std::byte> out) const {
    std::span<const std::byte> bytes = parameter_.source.subspan(static_cast<size_t>(placeOf(row)) * stride_, stride_);
    if (parameter_.format == parameter_.sourceFormat) {
      std::memcpy(out.data(), bytes.data(), bytes.size());
      return {};
    }
    std::vector<float> values(out.size() / sizeof(float));
    LONGC_TRY(dequantizeRow(parameter_.sourceFormat, bytes, values));
    std::memcpy(out.data(), values.data(), out.size());
    return {};
  }

private:
  // Where a row of ours lies in the file.
  int64_t placeOf(int64_t row) const {
    if (parameter_.permutation == RowPermutation::None)
      return row;
    const int64_t half = parameter_.headSize / 2, within = row % parameter_.headSize;
    return row - within + 2 * (within % half) + within / half;
  }

  ImportedParameter parameter_;
  size_t stride_;
};

} // namespace

Result<Checkpoint> importGgufCheckpoint(const std::string &path) {
  Result<ImportedModel> imported = importGguf(path);
  if (!imported.ok())
    return imported.status();
  auto model = std::make_shared<ImportedModel>(std::move(*imported));
  Checkpoint checkpoint;
  checkpoint.title = model->title;
  checkpoint.config = model->config;
  checkpoint.tokenizer = model->tokenizer;
  for (const ImportedParameter &parameter : model->parameters)
    checkpoint.parameters.push_back(
        {parameter.name, parameter.sourceName, parameter.format, parameter.shape, RowReader(parameter)});
  checkpoint.sourceNameOf = [](const std::string &name) { return name; };
  checkpoint.files = model;
  return checkpoint;
}

} // namespace longc
