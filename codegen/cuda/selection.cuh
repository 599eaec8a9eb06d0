// Running selection, a part of the prelude: of each row up to `Capacity` scores, then as many indices, then of each row how many
// there are and what the next has to beat. Entries are in the order of their indices.

LONGC_DEVICE int warp_count(bool is) { return __popc(__ballot_sync(0xffffffffu, is)); }

/// Larger for larger numbers; zeros of either sign are equal.
LONGC_DEVICE u32 order_of(float value) {
  const u32 bits = __float_as_uint(value + 0.0f);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
LONGC_DEVICE float value_of(u32 order) { return __uint_as_float(order >> 31 ? order & 0x7fffffffu : ~order); }

template <int Rows, int K, int Capacity> LONGC_DEVICE void select_nothing(float *state) {
  for (int row = threadIdx.x; row < Rows; row += blockDim.x) {
    ((int *)state)[2 * Rows * Capacity + row] = 0;
    state[(2 * Capacity + 1) * Rows + row] = -kInfinity;
  }
}

/// Keeps the K best of `count` entries, more than K, and tells the worst of them: bit by bit the largest number that K are not below.
template <int K> LONGC_DEVICE float select_best(float *scores, int *indices, int count) {
  const int lane = int(threadIdx.x) % 32;
  u32 least = 0;
  for (int bit = 31; bit >= 0; --bit) {
    const u32 trial = least | 1u << bit;
    int reached = 0;
    for (int i = 0; i < count; i += 32) reached += warp_count(i + lane < count && order_of(scores[min(i + lane, count - 1)]) >= trial);
    if (reached >= K) least = trial;
  }
  int equals = K; // of those equal to the least, the first so many stay
  for (int i = 0; i < count; i += 32) equals -= warp_count(i + lane < count && order_of(scores[min(i + lane, count - 1)]) > least);
  const u32 before = (1u << lane) - 1;
  int kept = 0;
  for (int i = 0; i < count; i += 32) {
    const int from = min(i + lane, count - 1), index = indices[from];
    const float score = scores[from];
    const u32 order = i + lane < count ? order_of(score) : 0;
    const u32 equal = __ballot_sync(0xffffffffu, order == least);
    const bool stays = order > least || (order == least && __popc(equal & before) < equals);
    const u32 stay = __ballot_sync(0xffffffffu, stays);
    if (stays) { // to where it was, or further ahead: read by now
      scores[kept + __popc(stay & before)] = score;
      indices[kept + __popc(stay & before)] = index;
    }
    kept += __popc(stay);
    equals -= min(__popc(equal), equals);
    __syncwarp();
  }
  return value_of(least);
}

/// A warp offers a row an entry of each lane, of increasing indices. What is not above the K-th best so far is left out, -inf and NaN always.
template <int Rows, int K, int Capacity> LONGC_DEVICE void select_offer(float *state, int row, float score, int index) {
  float *scores = state + row * Capacity, *bar = state + (2 * Capacity + 1) * Rows + row;
  int *indices = (int *)state + (Rows + row) * Capacity, *count = (int *)state + 2 * Rows * Capacity + row;
  const int lane = int(threadIdx.x) % 32;
  const u32 entering = __ballot_sync(0xffffffffu, score > *bar);
  if (entering == 0) return;
  int there = *count;
  if (entering >> lane & 1) {
    const int place = there + __popc(entering & ((1u << lane) - 1));
    scores[place] = score;
    indices[place] = index;
  }
  there += __popc(entering);
  __syncwarp();
  float least = -kInfinity;
  const bool full = there > Capacity - 32;
  if (full) least = select_best<K>(scores, indices, there);
  if (lane == 0) {
    *count = full ? K : there;
    if (full) *bar = least;
  }
  __syncwarp();
}

/// Score and index of each row's K-th best; (-inf, the largest index) where there are fewer.
template <int Rows, int K, int Capacity> LONGC_DEVICE void select_threshold(float *state, float *worst, int *last) {
  const int lane = int(threadIdx.x) % 32;
  for (int row = int(threadIdx.x) / 32; row < Rows; row += int(blockDim.x) / 32) {
    float *scores = state + row * Capacity;
    int *indices = (int *)state + (Rows + row) * Capacity;
    const int count = ((int *)state)[2 * Rows * Capacity + row];
    float least = -kInfinity;
    int index = 0x7fffffff;
    if (count >= K) {
      if (count > K) select_best<K>(scores, indices, count);
      least = kInfinity;
      for (int i = lane; i < K; i += 32) least = fminf(least, scores[i]);
      least = -warp_max(-least);
      index = -1;
      for (int i = lane; i < K; i += 32)
        if (scores[i] == least) index = max(index, indices[i]);
      LONGC_UNROLL for (int lanes = 16; lanes > 0; lanes /= 2) index = max(index, __shfl_xor_sync(0xffffffffu, index, lanes));
    }
    if (lane == 0) {
      worst[row] = least;
      last[row] = index;
    }
  }
}
