// Rows of parameters to the layout that programs store, sixteen at a time.
#include "frontends/Checkpoint.h"
#include "dialects/lm/ScaleBlocks.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/io/ModelFileError.h"
#include "runtime/io/Panels.h"

#include <algorithm>
#include <cstring>

namespace longc {
namespace {

using Parts = std::span<const CheckpointParameter *const>;

int64_t columnsOf(const CheckpointParameter &part) { return part.shape.back(); }

Status checkParts(Parts parts) {
  if (parts.empty())
    return Status::error(PanelSize, "no parameters to join: expected at least one");
  const CheckpointParameter &first = *parts[0];
  for (const CheckpointParameter *part : parts) {
    bool matrix = part->shape.size() == 2;
    if (part->shape.size() != first.shape.size() || (matrix && columnsOf(*part) != columnsOf(first)) ||
        part->format != first.format || (!matrix && (part->shape.size() != 1 || part->format != ElementFormat::F32)))
      return Status::error(PanelSize, "parameters '" + first.name + "' and '" + part->name +
                                          "' cannot be joined: expected one format and number of columns, got " +
                                          formatName(first.format) + " " + shapeText(first.shape) + " and " +
                                          formatName(part->format) + " " + shapeText(part->shape));
  }
  return {};
}

// The rows of several parameters as one list.
class JoinedRows {
public:
  explicit JoinedRows(Parts parts) : parts_(parts) {}

  bool done() const { return part_ == parts_.size(); }
  Status next(std::span<std::byte> out) {
    const CheckpointParameter &part = *parts_[part_];
    LONGC_TRY(part.readRow(row_, out));
    if (++row_ == part.shape[0]) {
      ++part_;
      row_ = 0;
    }
    return {};
  }

private:
  Parts parts_;
  size_t part_ = 0;
  int64_t row_ = 0;
};

Status packMatrix(Parts parts, std::span<std::byte> out) {
  const ElementFormat format = parts[0]->format;
  const int64_t columns = columnsOf(*parts[0]);
  Result<size_t> stride = rowBytes(format, columns), panel = panelBytes(format, panelRows, columns);
  if (!stride.ok())
    return stride.status();
  if (!panel.ok())
    return panel.status();
  std::vector<std::byte> rows(*stride * panelRows);
  JoinedRows source(parts);
  for (; !source.done(); out = out.subspan(*panel)) {
    int64_t count = 0;
    for (; count < panelRows && !source.done(); ++count)
      LONGC_TRY(source.next(std::span(rows).subspan(static_cast<size_t>(count) * *stride, *stride)));
    LONGC_TRY(packPanels(format, count, columns, std::span(rows).first(static_cast<size_t>(count) * *stride), out.first(*panel)));
  }
  return {};
}

Status packVector(Parts parts, std::span<std::byte> out) {
  for (const CheckpointParameter *part : parts) {
    const size_t bytes = static_cast<size_t>(part->shape[0]) * sizeof(float);
    LONGC_TRY(part->readRow(0, out.first(bytes)));
    out = out.subspan(bytes);
  }
  return {};
}

} // namespace

CheckpointParameter roundedTo(ElementFormat format, const CheckpointParameter &parameter) {
  CheckpointParameter rounded = parameter;
  rounded.format = format;
  rounded.readRow = [format, stored = parameter.format, read = parameter.readRow,
                     columns = static_cast<size_t>(columnsOf(parameter))](int64_t row, std::span<std::byte> out) -> Status {
    std::vector<std::byte> bytes(columns * static_cast<size_t>(blockBytes(stored)));
    LONGC_TRY(read(row, bytes));
    std::vector<float> wide(columns);
    LONGC_TRY(dequantizeRow(stored, bytes, wide));
    if (format == ElementFormat::Q8_0)
      return quantizeRow(wide, lm::scaleBlocks(static_cast<int64_t>(columns)), out);
    std::vector<uint16_t> narrow(columns);
    std::transform(wide.begin(), wide.end(), narrow.begin(), floatToBfloat16);
    std::memcpy(out.data(), narrow.data(), out.size());
    return {};
  };
  return rounded;
}

Result<uint64_t> packedBytes(Parts parts) {
  LONGC_TRY(checkParts(parts));
  Checked size(0u);
  for (const CheckpointParameter *part : parts)
    size += part->shape[0];
  const bool matrix = parts[0]->shape.size() == 2;
  if (!matrix)
    size *= static_cast<uint64_t>(sizeof(float));
  if (!size.atMost(PTRDIFF_MAX))
    return Status::error(PanelSize, "parameters joined to '" + parts[0]->name + "' have too many rows");
  if (!matrix)
    return size.value();
  Result<size_t> bytes = panelBytes(parts[0]->format, static_cast<int64_t>(size.value()), columnsOf(*parts[0]));
  if (!bytes.ok())
    return bytes.status();
  return static_cast<uint64_t>(*bytes);
}

Result<uint64_t> rowMajorBytes(const CheckpointParameter &parameter) {
  Checked size(sizeof(float));
  for (int64_t each : parameter.shape)
    size *= each;
  if (!size.atMost(PTRDIFF_MAX))
    return Status::error(PanelSize, "parameter '" + parameter.name + "' is too large");
  return size.value();
}

Status writeRowMajor(const CheckpointParameter &parameter, std::span<std::byte> out) {
  const int64_t columns = parameter.shape.back(), rows = parameter.shape.size() == 2 ? parameter.shape[0] : 1;
  const size_t stride = static_cast<size_t>(columns) * sizeof(float);
  Result<size_t> stored = rowBytes(parameter.format, columns);
  if (!stored.ok())
    return stored.status();
  std::vector<std::byte> row(*stored);
  for (int64_t number = 0; number < rows; ++number) {
    LONGC_TRY(parameter.readRow(number, row));
    std::span<std::byte> to = out.subspan(static_cast<size_t>(number) * stride, stride);
    LONGC_TRY(dequantizeRow(parameter.format, row, std::span(reinterpret_cast<float *>(to.data()), static_cast<size_t>(columns))));
  }
  return {};
}

Status packParameter(Parts parts, std::span<std::byte> out) {
  Result<uint64_t> bytes = packedBytes(parts);
  if (!bytes.ok())
    return bytes.status();
  if (out.size() != *bytes)
    return Status::error(PanelSize, "parameter '" + parts[0]->name + "': expected room for " + std::to_string(*bytes) +
                                        " bytes, got " + std::to_string(out.size()));
  Status status = parts[0]->shape.size() == 2 ? packMatrix(parts, out) : packVector(parts, out);
  if (status.ok() || status.code() != PanelSize)
    return status;
  return Status::error(status.code(), "parameter '" + parts[0]->name + "': " + status.message(), status.hint());
}

} // namespace longc
