// Chooses the next token of each row of logits where they lie, as runtime/text/Sampler.cpp does on the host: the best one, or one drawn
// after temperature, top-k, top-p and min-p. Stands behind the prelude and runtime/abi/longc_sampler.h.
//
// Weights exp((logit - best) / temperature) are whole numbers of 2^-44, so that sums do not depend on an order. A drawn token is the
// host's but where the drawn point, or that where top-p ends, lies within V 2^-45 of the border between two: each of V weights is off by half a unit at most.

#define LONGC_ROLLED _Pragma("unroll 1")

namespace sampler {

constexpr int kThreads = LONGC_SAMPLER_THREADS, kWarps = kThreads / 32, kBins = 256, kListed = 1024;
constexpr double kOne = 17592186044416.0; // 2^44

struct Shared {
  u64 sums[kWarps];
  u64 mass[kBins];
  int count[kBins];
  u64 codes[kListed], masses[kListed]; // of the bin where a sum ends
  u64 before, threshold;
  int bin, inside, listed;
};

/// Whole numbers in the order of the logits; of equal ones the first token has the largest.
LONGC_DEVICE u64 code_of(float logit, int token) {
  const u32 bits = __float_as_uint(logit + 0.0f); // -0 is 0
  return u64(bits >> 31 ? ~bits : bits | 0x80000000u) << 32 | u32(~token);
}

LONGC_DEVICE u64 sum_of_block(u64 value, Shared &shared) {
  for (int lanes = 16; lanes > 0; lanes /= 2) value += __shfl_xor_sync(0xffffffffu, value, lanes);
  __syncthreads();
  if (threadIdx.x % 32 == 0) shared.sums[threadIdx.x / 32] = value;
  __syncthreads();
  value = 0;
  for (int warp = 0; warp < kWarps; ++warp) value += shared.sums[warp];
  return value;
}

LONGC_DEVICE u64 max_of_block(u64 value, Shared &shared) {
  for (int lanes = 16; lanes > 0; lanes /= 2) value = max(value, u64(__shfl_xor_sync(0xffffffffu, value, lanes)));
  __syncthreads();
  if (threadIdx.x % 32 == 0) shared.sums[threadIdx.x / 32] = value;
  __syncthreads();
  for (int warp = 0; warp < kWarps; ++warp) value = max(value, shared.sums[warp]);
  return value;
}

/// Calls `of(token, logit)` for this thread's tokens; so many are asked for at a time.
template <int Together, typename Of> LONGC_DEVICE void each_token(const float *logits, int tokens, Of of) {
  for (int first = threadIdx.x; first < tokens; first += Together * kThreads) {
    float some[Together];
    for (int i = 0; i < Together; ++i)
      some[i] = first + i * kThreads < tokens ? logits[first + i * kThreads] : 0;
    for (int i = 0; i < Together; ++i)
      if (first + i * kThreads < tokens) of(first + i * kThreads, some[i]);
  }
}

/// A row and what filters have left of it.
struct Row {
  const float *logits;
  int tokens;
  float best, temperature;
  u64 lowest;       // code of the last token that is left
  double least;     // weight of a token that stays
  bool are_counted; // tokens, instead of their weights
  bool in_order;    // tokens come in the order of their ids, not of their logits

  LONGC_DEVICE u64 mass(int token, float logit) const {
    if (are_counted) return logit != -kInfinity;
    if (code_of(logit, token) < lowest) return 0;
    const double weight = exp((double(logit) - double(best)) / double(temperature));
    return weight < least ? 0 : u64(weight * kOne + 0.5);
  }
  LONGC_DEVICE u64 code(int token, float logit) const { return in_order ? u64(u32(~token)) << 32 : code_of(logit, token); }
  /// One of 256 parts of all tokens, each before the next; a part is an eighth of a power of e, where weights count.
  LONGC_DEVICE int part(int token, float logit) const {
    const float scale = are_counted ? 8 : fminf(8 / temperature, 1e30f);
    return in_order ? int(i64(token) * kBins / tokens) : int(fminf((best - logit) * scale, float(kBins - 1)));
  }
};

LONGC_DEVICE u64 sum_of_masses(const Row &row, Shared &shared) {
  u64 sum = 0;
  each_token<4>(row.logits, row.tokens, [&](int token, float logit) { sum += row.mass(token, logit); });
  return sum_of_block(sum, shared);
}

/// Code of the token at which the sum of masses, over tokens in falling order of their codes, is over `target`, which is less than the sum of all: first
/// the part that it is in, of that the tokens whose codes begin alike, eight bits at a time, until they fit into a list.
LONGC_DEVICE u64 token_over(const Row &row, u64 target, Shared &shared) {
  int part = 0, shift = 72; // codes of the tokens at hand begin, down to here, with `begin`; from 64 on they are all of a part, or all
  u64 begin = 0, before = 0;
  const auto is_at_hand = [&](u64 code, int own, int down_to) { return down_to > 64 || (own == part && (down_to == 64 || code >> down_to == begin)); };
  LONGC_ROLLED do {
    shift -= 8;
    __syncthreads();
    for (int bin = threadIdx.x; bin < kBins; bin += kThreads) shared.mass[bin] = 0, shared.count[bin] = 0;
    __syncthreads();
    each_token<4>(row.logits, row.tokens, [&](int token, float logit) {
      const int own = row.part(token, logit);
      const u64 code = row.code(token, logit);
      if (!is_at_hand(code, own, shift + 8)) return;
      const u64 mass = row.mass(token, logit);
      if (mass == 0) return;
      const int bin = shift == 64 ? own : kBins - 1 - int(code >> shift & 255);
      atomicAdd(&shared.mass[bin], mass);
      atomicAdd(&shared.count[bin], 1);
    });
    __syncthreads();
    for (int bin = threadIdx.x; bin < kBins; bin += kThreads) {
      u64 sum = before;
      for (int other = 0; other < kBins; ++other) sum += other < bin ? shared.mass[other] : 0;
      if (sum <= target && target - sum < shared.mass[bin]) shared.bin = bin, shared.before = sum, shared.inside = shared.count[bin];
    }
    __syncthreads();
    before = shared.before;
    if (shift == 64)
      part = shared.bin;
    else
      begin = begin << 8 | u64(kBins - 1 - shared.bin);
  } while (shared.inside > kListed);
  __syncthreads();
  if (threadIdx.x == 0) shared.listed = 0;
  __syncthreads();
  each_token<4>(row.logits, row.tokens, [&](int token, float logit) {
    const u64 code = row.code(token, logit);
    if (!is_at_hand(code, row.part(token, logit), shift)) return;
    const u64 mass = row.mass(token, logit);
    if (mass == 0) return;
    const int place = atomicAdd(&shared.listed, 1);
    shared.codes[place] = code;
    shared.masses[place] = mass;
  });
  __syncthreads();
  for (int place = threadIdx.x; place < shared.listed; place += kThreads) {
    u64 sum = before;
    for (int other = 0; other < shared.listed; ++other) sum += shared.codes[other] > shared.codes[place] ? shared.masses[other] : 0;
    if (sum <= target && target - sum < shared.masses[place]) shared.threshold = shared.codes[place];
  }
  __syncthreads();
  return shared.threshold;
}

/// Number `index` of the stream `seed`, in [0, 1): Philox4x32-10, as runtime/text/Philox.h.
LONGC_DEVICE double uniform(u64 seed, u64 index) {
  u32 word[4] = {u32(index), u32(index >> 32), 0, 0}, key0 = u32(seed), key1 = u32(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const u64 product0 = u64(0xD2511F53u) * word[0], product1 = u64(0xCD9E8D57u) * word[2];
    word[0] = u32(product1 >> 32) ^ word[1] ^ key0;
    word[1] = u32(product1);
    word[2] = u32(product0 >> 32) ^ word[3] ^ key1;
    word[3] = u32(product0);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return double((u64(word[0]) << 32 | word[1]) >> 11) * (1.0 / 9007199254740992.0);
}

/// A token of a row whose best logit is a number.
LONGC_DEVICE int draw(Row &row, const longc_choice &choice, u64 index, Shared &shared) {
  bool is_sorted = false;
  u64 code = 0;
  LONGC_ROLLED for (int filter = 0; filter < 3; ++filter) { // top-k, top-p, then the draw, one code for all
    row.are_counted = filter == 0;
    if ((filter == 0 && choice.top_k <= 0) || (filter == 1 && choice.top_p >= 1)) continue;
    if (filter == 2) row.least = choice.min_p, row.in_order = !is_sorted;
    const u64 all = sum_of_masses(row, shared);
    if (filter == 0 && u64(choice.top_k) >= all) continue;
    u64 target = choice.top_k - 1;
    if (filter == 1) {
      const u64 share = u64(ceil(double(all) * double(choice.top_p)));
      target = share > 0 ? share - 1 : 0;
    } else if (filter == 2)
      target = u64(uniform(choice.seed, index) * double(all));
    code = token_over(row, min(target, all - 1), shared);
    if (filter < 2) row.lowest = code, is_sorted = true;
  }
  return int(~u32(row.in_order ? code >> 32 : code));
}

} // namespace sampler

extern "C" __global__ void __launch_bounds__(LONGC_SAMPLER_THREADS, 1)
    sample_tokens(View logits, View choices, View tokens, View outcomes, int drawn, int /*rows*/) {
  using namespace sampler;
  __shared__ Shared shared;
  const int number = blockIdx.x;
  const longc_choice choice = static_cast<const longc_choice *>(choices.data)[number];
  Row row = {static_cast<const float *>(logits.data) + number * logits.stride[0], int(logits.size[1]), 0, choice.temperature, 0, 0, false, false};
  u64 best = 0, strange = 0;
  each_token<16>(row.logits, row.tokens, [&](int token, float logit) {
    if (logit != logit)
      strange = max(strange, u64(u32(~token)));
    else
      best = max(best, code_of(logit, token));
  });
  best = max_of_block(best, shared);
  strange = max_of_block(strange, shared);
  int chosen = int(~u32(best));
  row.best = row.logits[strange ? 0 : chosen];
  if (strange)
    chosen = LONGC_SAMPLER_NAN - int(~u32(strange));
  else if (row.best == -kInfinity)
    chosen = LONGC_SAMPLER_NOTHING;
  else if (choice.temperature > 0 && row.best != kInfinity)
    chosen = draw(row, choice, choice.draws + drawn, shared);
  if (threadIdx.x == 0) {
    static_cast<int *>(tokens.data)[number] = max(chosen, 0);
    static_cast<volatile int *>(outcomes.data)[number] = chosen;
  }
}
