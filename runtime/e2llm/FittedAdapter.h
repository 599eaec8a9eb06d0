// First values of the adapter between two models, which let the decoder read soft tokens before anything is trained.
#pragma once

#include "runtime/e2llm/Compressor.h"
#include "runtime/e2llm/SoftData.h"
#include "runtime/train/ParameterList.h"

namespace longc {

/// Rows of the decoder's table of words, [vocabulary, width]; empty where the program stores none that this can read.
Result<std::vector<float>> wordRows(const Program &program);

/// The linear map from pools to what the decoder's words say of their chunks, by least squares over the chunks of `data`: a chunk's words
/// are summed by the square of how rare they are (its logarithm), in the size of a word. The two products become that map, with the
/// activation between them where it is the identity. Leaves `values` as they are where the adapter's middle is narrower than the decoder.
Status fitAdapter(const Program &program, Compressor &compressor, const SoftData &data, const ParameterList &list, ParameterArray &values);

/// The matrix X, [columns of a, columns of b], that makes a X nearest to b; both have `rows` rows and mean 0. `ridge` keeps X small, in
/// units of the mean square of a.
std::vector<double> leastSquares(std::span<const double> a, std::span<const double> b, size_t rows, double ridge);

} // namespace longc
