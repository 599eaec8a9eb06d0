// The optimizer of a training whose arrays lie in the device's memory: gradients summed up, their norm, AdamW. Stands behind the
// prelude and runtime/abi/longc_optimizer.h.
//
// Bit for bit what the processor computes (runtime/train/AdamW.cpp): the same operations in the same order, each rounded by itself,
// sums of the same numbers one after the other.

using Piece = longc_piece;

LONGC_DEVICE bf16 rounded_to_bf16(float value) {
  const u32 bits = __float_as_uint(value);
  if ((bits & 0x7fffffff) > 0x7f800000) // a NaN stays one
    return bf16(bits >> 16 | 0x40);
  return bf16((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// A block adds a piece of the last call's gradients to those of the step.
extern "C" __global__ void __launch_bounds__(LONGC_OPTIMIZER_THREADS) optimizer_add(View pieces, View gradients, int is_first, int /*blocks*/) {
  const Piece piece = static_cast<const Piece *>(pieces.data)[blockIdx.x];
  float *sums = static_cast<float *>(gradients.data) + piece.first;
  for (int i = threadIdx.x; i < piece.count; i += LONGC_OPTIMIZER_THREADS)
    sums[i] = __fadd_rn(is_first ? 0.0f : sums[i], piece.gradient ? piece.gradient[i] : 0.0f);
}

/// A block sums the squares of its part: four sums, of every fourth number each, as one thread adds after the other.
extern "C" __global__ void __launch_bounds__(LONGC_OPTIMIZER_THREADS) optimizer_squares(View gradients, View sums, int /*blocks*/) {
  constexpr int kPart = 4096;
  __shared__ float part[kPart];
  __shared__ double four[4];
  const float *numbers = static_cast<const float *>(gradients.data);
  const i64 begin = i64(blockIdx.x) * LONGC_NORM_FLOATS;
  const int count = int(gradients.size[0] - begin < LONGC_NORM_FLOATS ? gradients.size[0] - begin : LONGC_NORM_FLOATS);
  const int thread = threadIdx.x;
  double sum = 0;
  for (int from = 0; from < count; from += kPart) {
    const int size = count - from < kPart ? count - from : kPart;
    for (int i = thread; i < size; i += LONGC_OPTIMIZER_THREADS)
      part[i] = numbers[begin + from + i];
    __syncthreads();
    if (thread < 4)
      for (int i = thread; i < size; i += 4)
        sum = __fma_rn(double(part[i]), double(part[i]), sum); // the square of a float is exact in it
    __syncthreads();
  }
  if (thread < 4)
    four[thread] = sum;
  __syncthreads();
  if (thread == 0)
    static_cast<double *>(sums.data)[blockIdx.x] = __dadd_rn(__dadd_rn(four[0], four[1]), __dadd_rn(four[2], four[3]));
}

/// A block updates a piece, and what kernels read of it.
extern "C" __global__ void __launch_bounds__(LONGC_OPTIMIZER_THREADS)
    optimizer_update(View pieces, View values, View first_moments, View second_moments, View gradients, float scale, float add1,
                     float keep2, float add2, float step, float root2, float epsilon, float kept, int /*blocks*/) {
  const Piece piece = static_cast<const Piece *>(pieces.data)[blockIdx.x];
  float *value = static_cast<float *>(values.data) + piece.first;
  float *first = static_cast<float *>(first_moments.data) + piece.first;
  float *second = static_cast<float *>(second_moments.data) + piece.first;
  const float *gradient = static_cast<const float *>(gradients.data) + piece.first;
  const float decayed = piece.decays ? kept : 1.0f;
  for (int i = threadIdx.x; i < piece.count; i += LONGC_OPTIMIZER_THREADS) {
    const float g = __fmul_rn(gradient[i], scale);
    const float mean = __fadd_rn(first[i], __fmul_rn(__fsub_rn(g, first[i]), add1));
    const float squares = __fadd_rn(__fmul_rn(second[i], keep2), __fmul_rn(__fmul_rn(g, g), add2));
    const float size = __fadd_rn(__fdiv_rn(__fsqrt_rn(squares), root2), epsilon);
    const float updated = __fsub_rn(__fmul_rn(value[i], decayed), __fdiv_rn(__fmul_rn(step, mean), size));
    first[i] = mean;
    second[i] = squares;
    value[i] = updated;
    if (piece.is_bf16)
      static_cast<bf16 *>(piece.read)[i] = rounded_to_bf16(updated);
    else
      static_cast<float *>(piece.read)[i] = updated;
  }
}
