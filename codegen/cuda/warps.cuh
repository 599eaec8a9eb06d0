// The warp form, a part of the prelude: one warp works on tiles in registers. `Lanes` lanes share a row, 8 columns each in turn; 32 / Lanes groups of
// them stand side by side

/// Sum over the lanes whose numbers differ in the bits from First to below Last; all of them get it.
template <int First, int Last> LONGC_DEVICE float lanes_sum(float value) {
  LONGC_UNROLL for (int lanes = First; lanes < Last; lanes *= 2) value += shfl_xor(value, lanes);
  return value;
}
template <int First, int Last> LONGC_DEVICE float lanes_max(float value) {
  LONGC_UNROLL for (int lanes = First; lanes < Last; lanes *= 2) value = fmaxf(value, shfl_xor(value, lanes));
  return value;
}

template <int Count> LONGC_DEVICE void unpack_chunk(bf16 (&tile)[Count], int at, uint4 all) {
  tile[at] = bf16(all.x), tile[at + 1] = bf16(all.x >> 16), tile[at + 2] = bf16(all.y), tile[at + 3] = bf16(all.y >> 16);
  tile[at + 4] = bf16(all.z), tile[at + 5] = bf16(all.z >> 16), tile[at + 6] = bf16(all.w), tile[at + 7] = bf16(all.w >> 16);
}

/// Eight numbers side by side in memory, zeros if not `inside`.
template <int Count> LONGC_DEVICE void load_chunk(float (&tile)[Count], int at, const float *from, bool inside) {
  float4 low = make_float4(0, 0, 0, 0), high = low;
  if (inside) {
    low = *(const float4 *)from;
    high = *(const float4 *)(from + 4);
  }
  tile[at] = low.x, tile[at + 1] = low.y, tile[at + 2] = low.z, tile[at + 3] = low.w;
  tile[at + 4] = high.x, tile[at + 5] = high.y, tile[at + 6] = high.z, tile[at + 7] = high.w;
}
template <int Count> LONGC_DEVICE void load_chunk(bf16 (&tile)[Count], int at, const bf16 *from, bool inside) {
  uint4 all = make_uint4(0, 0, 0, 0);
  if (inside) all = *(const uint4 *)from;
  unpack_chunk(tile, at, all);
}

/// 16 bytes, zeros if not `inside`, asked for where this stands: the assembler puts off an ordinary load until just before its use, for the sake of
/// registers that nobody else wants, and a loop then waits for memory several times.
LONGC_DEVICE uint4 ld_here_v4(const void *pointer, bool inside) {
  uint4 v;
  asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, %5, 0;\n mov.b32 %0, 0;\n mov.b32 %1, 0;\n mov.b32 %2, 0;\n mov.b32 %3, 0;\n"
               " @p ld.volatile.global.v4.u32 {%0, %1, %2, %3}, [%4];\n}"
               : "=&r"(v.x), "=&r"(v.y), "=&r"(v.z), "=&r"(v.w)
               : "l"(pointer), "r"(int(inside))
               : "memory");
  return v;
}
template <int Count> LONGC_DEVICE void load_chunk_here(bf16 (&tile)[Count], int at, const bf16 *from, bool inside) {
  unpack_chunk(tile, at, ld_here_v4(from, inside));
}
template <int Count> LONGC_DEVICE void load_chunk_here(float (&tile)[Count], int at, const float *from, bool inside) {
  const uint4 low = ld_here_v4(from, inside), high = ld_here_v4(from + 4, inside);
  tile[at] = __uint_as_float(low.x), tile[at + 1] = __uint_as_float(low.y), tile[at + 2] = __uint_as_float(low.z);
  tile[at + 3] = __uint_as_float(low.w), tile[at + 4] = __uint_as_float(high.x), tile[at + 5] = __uint_as_float(high.y);
  tile[at + 6] = __uint_as_float(high.z), tile[at + 7] = __uint_as_float(high.w);
}

/// The other way round.
template <int Count> LONGC_DEVICE void store_chunk(const float (&tile)[Count], int at, float *to, bool inside) {
  if (!inside) return;
  *(float4 *)to = make_float4(tile[at], tile[at + 1], tile[at + 2], tile[at + 3]);
  *(float4 *)(to + 4) = make_float4(tile[at + 4], tile[at + 5], tile[at + 6], tile[at + 7]);
}
template <int Count> LONGC_DEVICE void store_chunk(const bf16 (&tile)[Count], int at, bf16 *to, bool inside) {
  if (!inside) return;
  *(uint4 *)to = make_uint4(u32(tile[at]) | u32(tile[at + 1]) << 16, u32(tile[at + 2]) | u32(tile[at + 3]) << 16,
                            u32(tile[at + 4]) | u32(tile[at + 5]) << 16, u32(tile[at + 6]) | u32(tile[at + 7]) << 16);
}

/// sum += left * right^T: rows of right are columns of the sum, of which a group has `Columns`; a lane has `Depth` of each.
template <int Rows, int Columns, int Depth, int Lanes, typename T>
LONGC_DEVICE void multiply_along_rows(float (&sum)[Rows * Columns], const T (&left)[Rows * Depth], const T (&right)[Columns * Depth]) {
  float total[Rows * Columns];
  LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) {
    total[i] = 0;
    LONGC_UNROLL for (int k = 0; k < Depth; ++k)
      total[i] = fmaf(as_float(left[i / Columns * Depth + k]), as_float(right[i % Columns * Depth + k]), total[i]);
  }
  LONGC_UNROLL for (int lanes = 1; lanes < Lanes; lanes *= 2) {
    LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) total[i] += shfl_xor(total[i], lanes);
  }
  LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) sum[i] += total[i];
}

/// sum += left * right: a group has `Depth` rows of right, a lane `Columns` of each.
template <int Rows, int Depth, int Columns, int Lanes, typename T>
LONGC_DEVICE void multiply_across_rows(float (&sum)[Rows * Columns], const T (&left)[Rows * Depth], const T (&right)[Depth * Columns]) {
  float total[Rows * Columns];
  LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) {
    total[i] = 0;
    LONGC_UNROLL for (int k = 0; k < Depth; ++k)
      total[i] = fmaf(as_float(left[i / Columns * Depth + k]), as_float(right[k * Columns + i % Columns]), total[i]);
  }
  LONGC_UNROLL for (int lanes = Lanes; lanes < 32; lanes *= 2) {
    LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) total[i] += shfl_xor(total[i], lanes);
  }
  LONGC_UNROLL for (int i = 0; i < Rows * Columns; ++i) sum[i] += total[i];
}
