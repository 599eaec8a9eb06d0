// Pools and words of chunks, the map between them, and the map as two products.
#include "runtime/e2llm/FittedAdapter.h"

#include "runtime/abi/Messages.h"
#include "runtime/serve/DecodeParameter.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <set>
#include <unordered_map>

namespace longc {
namespace {

constexpr size_t mostChunks = 4096; // at even distances
constexpr double usualRidge = 0.03;
constexpr double identity = 4; // GELU(x) is x around here, where x strays by 1

// Takes the mean of each column away, and gives it.
std::vector<double> centre(std::vector<double> &rows, size_t columns) {
  std::vector<double> mean(columns);
  const size_t count = rows.size() / columns;
  for (size_t i = 0; i < rows.size(); ++i)
    mean[i % columns] += rows[i] / static_cast<double>(count);
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i] -= mean[i % columns];
  return mean;
}

double rootMeanSquare(std::span<const double> numbers) {
  double sum = 0;
  for (double number : numbers)
    sum += number * number;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(numbers.size(), 1)));
}

// What a chunk says, [chunks, width]: its words by the square of their rarity.
std::vector<double> sayings(std::span<const std::vector<int32_t>> chunks, std::span<const float> table, size_t width) {
  std::unordered_map<int32_t, double> holders;
  for (const std::vector<int32_t> &words : chunks)
    for (int32_t word : std::set<int32_t>(words.begin(), words.end()))
      ++holders[word];
  std::vector<double> rows(chunks.size() * width);
  double square = 0, count = 0;
  for (size_t chunk = 0; chunk < chunks.size(); ++chunk)
    for (int32_t word : std::set<int32_t>(chunks[chunk].begin(), chunks[chunk].end())) {
      const double rarity = std::log(static_cast<double>(chunks.size()) / holders[word]);
      const float *row = table.data() + static_cast<size_t>(word) * width;
      for (size_t column = 0; column < width; ++column) {
        rows[chunk * width + column] += rarity * rarity * row[column];
        square += row[column] * row[column];
      }
      count += static_cast<double>(width);
    }
  std::vector<double> spread = rows;
  centre(spread, width);
  const double scale = std::sqrt(square / count) / std::max(rootMeanSquare(spread), 1e-30);
  for (double &number : rows)
    number *= scale;
  return rows;
}

} // namespace

Result<std::vector<float>> wordRows(const Program &program) {
  const abi::Program &message = program.message();
  for (int index = 0; index < message.parameters_size(); ++index) {
    const abi::Parameter &parameter = message.parameters(index);
    if (!parameter.name().ends_with("embed_tokens.weight") || parameter.shape_size() != 2)
      continue;
    const std::byte *stored = program.parameterData(static_cast<uint32_t>(index));
    std::vector<float> rows(static_cast<size_t>(parameter.shape(0) * parameter.shape(1)));
    if (isInPanels(parameter)) {
      LONGC_TRY(decodeParameter(parameter, stored, abi::F32, std::as_writable_bytes(std::span(rows))));
    } else if (parameter.type() == abi::F32) {
      std::memcpy(rows.data(), stored, rows.size() * sizeof(float));
    } else if (parameter.type() == abi::BF16) {
      for (size_t i = 0; i < rows.size(); ++i) {
        uint16_t half;
        std::memcpy(&half, stored + 2 * i, sizeof half);
        rows[i] = std::bit_cast<float>(static_cast<uint32_t>(half) << 16);
      }
    } else {
      return std::vector<float>();
    }
    return rows;
  }
  return std::vector<float>();
}

// Normal equations by Cholesky's factors.
std::vector<double> leastSquares(std::span<const double> a, std::span<const double> b, size_t rows, double ridge) {
  const size_t n = a.size() / rows, m = b.size() / rows;
  std::vector<double> factor(n * n), x(n * m);
  const double added = ridge * static_cast<double>(rows) * rootMeanSquare(a) * rootMeanSquare(a);
  for (size_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < n; ++i) {
      const double left = a[row * n + i];
      for (size_t j = 0; j <= i; ++j)
        factor[i * n + j] += left * a[row * n + j];
      for (size_t j = 0; j < m; ++j)
        x[i * m + j] += left * b[row * m + j];
    }
  for (size_t i = 0; i < n; ++i)
    factor[i * n + i] += added;
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j <= i; ++j) {
      double sum = factor[i * n + j];
      for (size_t k = 0; k < j; ++k)
        sum -= factor[i * n + k] * factor[j * n + k];
      factor[i * n + j] = i == j ? std::sqrt(std::max(sum, 1e-30)) : sum / factor[j * n + j];
    }
  for (size_t i = 0; i < n; ++i) {
    for (size_t k = 0; k < i; ++k)
      for (size_t j = 0; j < m; ++j)
        x[i * m + j] -= factor[i * n + k] * x[k * m + j];
    for (size_t j = 0; j < m; ++j)
      x[i * m + j] /= factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    for (size_t k = i + 1; k < n; ++k)
      for (size_t j = 0; j < m; ++j)
        x[i * m + j] -= factor[k * n + i] * x[k * m + j];
    for (size_t j = 0; j < m; ++j)
      x[i * m + j] /= factor[i * n + i];
  }
  return x;
}

Status fitAdapter(const Program &program, Compressor &compressor, const SoftData &data, const ParameterList &list, ParameterArray &values) {
  const TrainedParameter *inner = list.find("adapter/mlp.0.weight"), *innerBias = list.find("adapter/mlp.0.bias"),
                         *outer = list.find("adapter/mlp.2.weight"), *outerBias = list.find("adapter/mlp.2.bias");
  auto table = wordRows(program);
  if (!table.ok())
    return table.status();
  const auto width = static_cast<size_t>(compressor.width());
  if (!inner || !innerBias || !outer || !outerBias || table->empty() || inner->shape[0] < compressor.width())
    return {};
  const size_t count = data.words.size(), used = std::min(count, mostChunks), columns = static_cast<size_t>(inner->shape[1]), middle = static_cast<size_t>(inner->shape[0]);
  std::vector<std::vector<int32_t>> chunks, words;
  for (size_t i = 0; i < used; ++i) {
    chunks.push_back(data.chunks[i * count / used]);
    words.push_back(data.words[i * count / used]);
  }
  auto compressed = compressor.compressTokens(chunks);
  if (!compressed.ok())
    return compressed.status();
  std::vector<double> pools(compressed->pools.begin(), compressed->pools.end()), said = sayings(words, *table, width);
  const std::vector<double> poolMean = centre(pools, columns), saidMean = centre(said, width);
  const std::vector<double> map = leastSquares(pools, said, used, usualRidge);
  std::vector<double> squares(width); // of the map's results, in the mean
  for (size_t row = 0; row < used; ++row) {
    std::vector<double> result(width);
    for (size_t i = 0; i < columns; ++i)
      for (size_t j = 0; j < width; ++j)
        result[j] += pools[row * columns + i] * map[i * width + j];
    for (size_t j = 0; j < width; ++j)
      squares[j] += result[j] * result[j] / static_cast<double>(used);
  }
  std::ranges::fill(values.of(*outer), 0.0f);
  for (size_t j = 0; j < width; ++j) {
    const double unit = std::max(std::sqrt(squares[j]), 1e-6);
    double shift = identity;
    for (size_t i = 0; i < columns; ++i) {
      values.of(*inner)[j * columns + i] = static_cast<float>(map[i * width + j] / unit);
      shift -= map[i * width + j] / unit * poolMean[i];
    }
    values.of(*innerBias)[j] = static_cast<float>(shift);
    values.of(*outer)[j * middle + j] = static_cast<float>(unit);
    values.of(*outerBias)[j] = static_cast<float>(saidMean[j] - identity * unit);
  }
  return {};
}

} // namespace longc
