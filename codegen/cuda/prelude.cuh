// The device prelude: what emitted CUDA C++ may call on sm_90a. A function wraps one instruction (PTX spelling kept in
// its name) or is index arithmetic of one of the five layouts; nothing here knows an op, a tile shape or a kernel.
// Self-contained: no include, so that NVRTC and nvcc compile it alike and fast.
#define LONGC_DEVICE __device__ __forceinline__
#define LONGC_UNROLL _Pragma("unroll")
#define LONGC_UNROLL4 _Pragma("unroll 4")

using u16 = unsigned short;
using u32 = unsigned int;
using u64 = unsigned long long;
using i64 = long long;
using bf16 = unsigned short; // storage only: arithmetic happens in float

/// Opaque descriptor made by cuTensorMapEncodeTiled; passed by value as `const __grid_constant__ TensorMap`.
struct alignas(64) TensorMap {
  unsigned char bytes[128];
};

/// Memory a kernel sees, as the runtime passes it (longc_view). Sizes and strides count elements.
struct View {
  void *data;
  i64 size[4];
  i64 stride[4];
};

#define kInfinity __int_as_float(0x7f800000)

// ---------------------------------------------------------------------------------------------------------------------
// Threads and roles
// ---------------------------------------------------------------------------------------------------------------------

/// Read anew at each use: what is derived from it is not worth a register over a loop.
LONGC_DEVICE int thread_index() {
  int index;
  asm volatile("mov.u32 %0, %%tid.x;" : "=r"(index));
  return index;
}
LONGC_DEVICE int block_index() { return int(blockIdx.x); }
LONGC_DEVICE int grid_size() { return int(gridDim.x); }

/// Index of the warpgroup, known to the compiler as uniform over a warp.
LONGC_DEVICE int warpgroup_index() { return __shfl_sync(0xffffffffu, int(threadIdx.x) / 128, 0); }

LONGC_DEVICE bool elect_sync() {
  u32 chosen;
  asm volatile("{\n .reg .pred p;\n elect.sync _|p, 0xffffffff;\n selp.b32 %0, 1, 0, p;\n}" : "=r"(chosen));
  return chosen != 0;
}

template <int Count> LONGC_DEVICE void setmaxnreg_inc() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Count)); }
template <int Count> LONGC_DEVICE void setmaxnreg_dec() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Count)); }

LONGC_DEVICE void bar_sync(int id, int threads) { asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory"); }

LONGC_DEVICE void griddepcontrol_wait() { asm volatile("griddepcontrol.wait;" ::: "memory"); }
/// Behind the computation of `known`, which the assembler would otherwise put off until after the wait.
LONGC_DEVICE void griddepcontrol_wait_behind(int known) {
  asm volatile("{\n .reg .pred p;\n setp.eq.s32 p, %0, 0x5a17c0de;\n @p griddepcontrol.wait;\n @!p griddepcontrol.wait;\n}" ::"r"(known)
               : "memory");
}
LONGC_DEVICE void griddepcontrol_launch_dependents() { asm volatile("griddepcontrol.launch_dependents;" ::: "memory"); }

// ---------------------------------------------------------------------------------------------------------------------
// Shared memory, fences, mbarriers
// ---------------------------------------------------------------------------------------------------------------------

LONGC_DEVICE u32 shared_address(const void *pointer) { return u32(__cvta_generic_to_shared(pointer)); }

/// Makes ordinary shared-memory writes of this thread visible to the tensor cores and the copy engine.
LONGC_DEVICE void fence_proxy_async() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }
LONGC_DEVICE void fence_mbarrier_init() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

LONGC_DEVICE void mbarrier_init(u32 barrier, u32 count) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(count) : "memory");
}
LONGC_DEVICE void mbarrier_arrive(u32 barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
LONGC_DEVICE void mbarrier_arrive_expect_tx(u32 barrier, u32 bytes) {
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes) : "memory");
}
/// Waits until the phase of the given parity has completed.
LONGC_DEVICE void mbarrier_wait(u32 barrier, u32 parity) {
  asm volatile("{\n .reg .pred done;\n"
               "again:\n mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1, 0x989680;\n"
               " @done bra finished;\n bra again;\nfinished:\n}" ::"r"(barrier), "r"(parity) : "memory");
}

// ---------------------------------------------------------------------------------------------------------------------
// Blocks of the grid, drawn from a counter: the producer's number goes to the consumers over a ring of two places
// (barriers "full" at the ring's address, "free" 16 bytes on, the numbers 32 bytes on)
// ---------------------------------------------------------------------------------------------------------------------

/// The next number that no thread block has drawn. The last one to find nothing left sets the counters back.
LONGC_DEVICE int draw_block(int *counters, u32 ring, int limit, int pass) {
  const u32 place = ring + pass % 2 * 8;
  const int drawn = atomicAdd(counters, 1);
  mbarrier_wait(place + 16, 1 - pass / 2 % 2);
  asm volatile("st.shared.u32 [%0], %1;" ::"r"(ring + 32 + pass % 2 * 4), "r"(drawn) : "memory");
  mbarrier_arrive(place);
  if (drawn >= limit && atomicAdd(counters + 1, 1) == int(gridDim.x) - 1) {
    counters[0] = 0;
    counters[1] = 0;
  }
  return drawn;
}

/// The number that the producer drew in its pass of the same count; each warp gives the place back when it has read it.
LONGC_DEVICE int drawn_block(u32 ring, int pass) {
  const u32 place = ring + pass % 2 * 8;
  int drawn;
  mbarrier_wait(place, pass / 2 % 2);
  asm volatile("ld.shared.u32 %0, [%1];" : "=r"(drawn) : "r"(ring + 32 + pass % 2 * 4) : "memory");
  __syncwarp();
  if (threadIdx.x % 32 == 0) mbarrier_arrive(place + 16);
  return drawn;
}

// ---------------------------------------------------------------------------------------------------------------------
// Copy engine
// ---------------------------------------------------------------------------------------------------------------------

// What the L2 cache should do with what is copied.
LONGC_DEVICE u64 evict_first() { return 0x12F0000000000000ull; }
LONGC_DEVICE u64 evict_last() { return 0x14F0000000000000ull; }
LONGC_DEVICE u64 evict_normal() { return 0x1000000000000000ull; }

LONGC_DEVICE void prefetch_tensormap(const TensorMap &map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(&map) : "memory");
}
LONGC_DEVICE void tma_load_2d(u32 target, const TensorMap &map, u32 barrier, int x0, int x1, u64 hint) {
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
               " [%0], [%1, {%3, %4}], [%2], %5;" ::"r"(target), "l"(&map), "r"(barrier), "r"(x0), "r"(x1), "l"(hint)
               : "memory");
}
LONGC_DEVICE void tma_load_3d(u32 target, const TensorMap &map, u32 barrier, int x0, int x1, int x2, u64 hint) {
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
               " [%0], [%1, {%3, %4, %5}], [%2], %6;" ::"r"(target), "l"(&map), "r"(barrier), "r"(x0), "r"(x1),
               "r"(x2), "l"(hint)
               : "memory");
}
LONGC_DEVICE void tma_load_4d(u32 target, const TensorMap &map, u32 barrier, int x0, int x1, int x2, int x3, u64 hint) {
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
               " [%0], [%1, {%3, %4, %5, %6}], [%2], %7;" ::"r"(target), "l"(&map), "r"(barrier), "r"(x0), "r"(x1),
               "r"(x2), "r"(x3), "l"(hint)
               : "memory");
}

// ---------------------------------------------------------------------------------------------------------------------
// wgmma: one warpgroup, 64 rows, accumulator of N/2 floats a thread
// ---------------------------------------------------------------------------------------------------------------------

LONGC_DEVICE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
LONGC_DEVICE void wgmma_commit_group() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <int Pending> LONGC_DEVICE void wgmma_wait_group() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(Pending) : "memory");
}
/// Keeps the compiler from moving or copying registers that a wgmma in flight owns (else ptxas serialises: C7510).
template <int Count> LONGC_DEVICE void register_fence(float (&values)[Count]) {
  LONGC_UNROLL for (int i = 0; i < Count; ++i) asm volatile("" : "+f"(values[i])::"memory");
}
template <int Count> LONGC_DEVICE void register_fence(u32 (&values)[Count]) {
  LONGC_UNROLL for (int i = 0; i < Count; ++i) asm volatile("" : "+r"(values[i])::"memory");
}

/// Descriptor of a 128-byte-swizzled shared tile. Rows contiguous along the contraction: leading is unused. Rows
/// contiguous along M or N ("transposed"): leading is the distance in bytes between blocks of 64 columns. 8-row groups
/// are 1024 bytes apart in both.
LONGC_DEVICE u64 wgmma_descriptor(u32 address, u32 leadingBytes) {
  return u64((address & 0x3FFFF) >> 4) | u64(leadingBytes >> 4) << 16 | u64(1024 >> 4) << 32 | u64(1) << 62;
}

#define LONGC_ACC8(d, i) \
  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define LONGC_ACC16(d, i) LONGC_ACC8(d, i), LONGC_ACC8(d, i + 8)
#define LONGC_ACC32(d, i) LONGC_ACC8(d, i), LONGC_ACC8(d, i + 8), LONGC_ACC8(d, i + 16), LONGC_ACC8(d, i + 24)
#define LONGC_ACC64(d, i) LONGC_ACC32(d, i), LONGC_ACC32(d, i + 32)
#define LONGC_ACC48(d, i) LONGC_ACC32(d, i), LONGC_ACC16(d, i + 32)
#define LONGC_ACC80(d, i) LONGC_ACC64(d, i), LONGC_ACC16(d, i + 64)
#define LONGC_ACC96(d, i) LONGC_ACC64(d, i), LONGC_ACC32(d, i + 64)
#define LONGC_ACC112(d, i) LONGC_ACC96(d, i), LONGC_ACC16(d, i + 96)
#define LONGC_ACC128(d, i) LONGC_ACC64(d, i), LONGC_ACC64(d, i + 64)
#define LONGC_R16 \
  "%0,%1,%2,%3,%4,%5,%6,%7,%8,%9,%10,%11,%12,%13,%14,%15"
#define LONGC_R32 \
  LONGC_R16 ",%16,%17,%18,%19,%20,%21,%22,%23,%24,%25,%26,%27,%28,%29,%30,%31"
#define LONGC_R48 \
  LONGC_R32 ",%32,%33,%34,%35,%36,%37,%38,%39,%40,%41,%42,%43,%44,%45,%46,%47"
#define LONGC_R64 \
  LONGC_R48 ",%48,%49,%50,%51,%52,%53,%54,%55,%56,%57,%58,%59,%60,%61,%62,%63"
#define LONGC_R80 \
  LONGC_R64 ",%64,%65,%66,%67,%68,%69,%70,%71,%72,%73,%74,%75,%76,%77,%78,%79"
#define LONGC_R96 \
  LONGC_R80 ",%80,%81,%82,%83,%84,%85,%86,%87,%88,%89,%90,%91,%92,%93,%94,%95"
#define LONGC_R112 \
  LONGC_R96 ",%96,%97,%98,%99,%100,%101,%102,%103,%104,%105,%106,%107,%108,%109,%110,%111"
#define LONGC_R128 \
  LONGC_R112 ",%112,%113,%114,%115,%116,%117,%118,%119,%120,%121,%122,%123,%124,%125,%126,%127"

// SS: A and B from shared memory. RS: A from registers (four b32 a thread and 16 columns). `accumulate` 0 overwrites d.
#define LONGC_WGMMA(N, COUNT, REGS, ACC, A, B, C, S, E)                                                                \
  template <int TransposeA, int TransposeB>                                                                            \
  LONGC_DEVICE void wgmma_m64n##N##k16_ss(float (&d)[COUNT], u64 a, u64 b, int accumulate) {                           \
    asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, %" C ", 0;\n"                                                     \
                 " wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" REGS "}, %" A ", %" B                    \
                 ", p, 1, 1, %" S ", %" E ";\n}"                                                                        \
                 : ACC                                                                                                 \
                 : "l"(a), "l"(b), "r"(accumulate), "n"(TransposeA), "n"(TransposeB));                                 \
  }
#define LONGC_WGMMA_RS(N, COUNT, REGS, ACC, A0, A1, A2, A3, B, C, T)                                                    \
  template <int TransposeB>                                                                                            \
  LONGC_DEVICE void wgmma_m64n##N##k16_rs(float (&d)[COUNT], u32 a0, u32 a1, u32 a2, u32 a3, u64 b, int accumulate) {  \
    asm volatile("{\n .reg .pred p;\n setp.ne.b32 p, %" C ", 0;\n"                                                     \
                 " wgmma.mma_async.sync.aligned.m64n" #N "k16.f32.bf16.bf16 {" REGS "}, {%" A0 ", %" A1 ", %" A2        \
                 ", %" A3 "}, %" B ", p, 1, 1, %" T ";\n}"                                                              \
                 : ACC                                                                                                 \
                 : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "l"(b), "r"(accumulate), "n"(TransposeB));                      \
  }

LONGC_WGMMA(32, 16, LONGC_R16, LONGC_ACC16(d, 0), "16", "17", "18", "19", "20")
LONGC_WGMMA(64, 32, LONGC_R32, LONGC_ACC32(d, 0), "32", "33", "34", "35", "36")
LONGC_WGMMA(96, 48, LONGC_R48, LONGC_ACC48(d, 0), "48", "49", "50", "51", "52")
LONGC_WGMMA(128, 64, LONGC_R64, LONGC_ACC64(d, 0), "64", "65", "66", "67", "68")
LONGC_WGMMA(160, 80, LONGC_R80, LONGC_ACC80(d, 0), "80", "81", "82", "83", "84")
LONGC_WGMMA(192, 96, LONGC_R96, LONGC_ACC96(d, 0), "96", "97", "98", "99", "100")
LONGC_WGMMA(224, 112, LONGC_R112, LONGC_ACC112(d, 0), "112", "113", "114", "115", "116")
LONGC_WGMMA(256, 128, LONGC_R128, LONGC_ACC128(d, 0), "128", "129", "130", "131", "132")
LONGC_WGMMA_RS(32, 16, LONGC_R16, LONGC_ACC16(d, 0), "16", "17", "18", "19", "20", "21", "22")
LONGC_WGMMA_RS(64, 32, LONGC_R32, LONGC_ACC32(d, 0), "32", "33", "34", "35", "36", "37", "38")
LONGC_WGMMA_RS(96, 48, LONGC_R48, LONGC_ACC48(d, 0), "48", "49", "50", "51", "52", "53", "54")
LONGC_WGMMA_RS(128, 64, LONGC_R64, LONGC_ACC64(d, 0), "64", "65", "66", "67", "68", "69", "70")
LONGC_WGMMA_RS(160, 80, LONGC_R80, LONGC_ACC80(d, 0), "80", "81", "82", "83", "84", "85", "86")
LONGC_WGMMA_RS(192, 96, LONGC_R96, LONGC_ACC96(d, 0), "96", "97", "98", "99", "100", "101", "102")
LONGC_WGMMA_RS(224, 112, LONGC_R112, LONGC_ACC112(d, 0), "112", "113", "114", "115", "116", "117", "118")
LONGC_WGMMA_RS(256, 128, LONGC_R128, LONGC_ACC128(d, 0), "128", "129", "130", "131", "132", "133", "134")

// ---------------------------------------------------------------------------------------------------------------------
// Layouts: where an element lives
// ---------------------------------------------------------------------------------------------------------------------

// Accumulator fragment of 64 x N: element i of a thread is row fragment_row(i), column fragment_column(i).
LONGC_DEVICE int fragment_row(int i) {
  return int(threadIdx.x) % 128 / 32 * 16 + int(threadIdx.x) % 32 / 4 + (i >> 1 & 1) * 8;
}
LONGC_DEVICE int fragment_column(int i) { return int(threadIdx.x) % 4 * 2 + (i >> 2) * 8 + (i & 1); }

/// Of a vector over columns that a warp holds, element lane + 32 i in a lane's i-th register: what column register k of a fragment has. All lanes ask
/// together; `held` is the register k / 8.
template <typename T> LONGC_DEVICE T column_of(T held, int k) {
  return __shfl_sync(0xffffffffu, held, k / 2 % 4 * 8 + int(threadIdx.x) % 4 * 2 + k % 2);
}

/// Byte offset of (row, column) in a tile of 128-byte rows under the 128-byte swizzle; column counts 2-byte elements.
LONGC_DEVICE u32 swizzle128(int row, int column) { return u32(row * 128 + ((column / 8 ^ row % 8) * 16) + column % 8 * 2); }

// ---------------------------------------------------------------------------------------------------------------------
// Movement and arithmetic
// ---------------------------------------------------------------------------------------------------------------------

LONGC_DEVICE void stmatrix_x4(u32 address, u32 r0, u32 r1, u32 r2, u32 r3) {
  asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(r0), "r"(r1),
               "r"(r2), "r"(r3)
               : "memory");
}
LONGC_DEVICE uint4 ld_shared_v4(u32 address) {
  uint4 v;
  asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "r"(address)
               : "memory");
  return v;
}
LONGC_DEVICE void st_shared_v4(u32 address, uint4 v) {
  asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" ::"r"(address), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w)
               : "memory");
}
LONGC_DEVICE void st_shared_zero(u32 address) { st_shared_v4(address, make_uint4(0, 0, 0, 0)); }
/// Where element i of a fragment lies among 32 columns of floats. The thread is read anew, as no register is left for it in a loop.
LONGC_DEVICE u32 fragment_place(int i) {
  const int thread = thread_index() % 128, row = thread / 32 * 16 + thread % 32 / 4 + (i >> 1 & 1) * 8;
  return swizzle128(row, (thread % 4 * 2 + (i >> 2) * 8) * 2);
}
// Floats between registers, shared memory and memory: two or four of a row, in registers first, first + 1, ...
LONGC_DEVICE void st_shared_f32x2(u32 address, float x, float y) {
  asm volatile("st.shared.v2.f32 [%0], {%1, %2};" ::"r"(address), "f"(x), "f"(y) : "memory");
}
template <int N> LONGC_DEVICE void ld_shared_f32x4(float (&r)[N], int first, u32 address) {
  asm volatile("ld.shared.v4.f32 {%0, %1, %2, %3}, [%4];"
               : "=f"(r[first]), "=f"(r[first + 1]), "=f"(r[first + 2]), "=f"(r[first + 3])
               : "r"(address)
               : "memory");
}
template <int N> LONGC_DEVICE void ld_global_f32x4(float (&r)[N], int first, const float *pointer, bool inside) {
  float4 v = make_float4(0, 0, 0, 0);
  if (inside) v = *(const float4 *)pointer;
  r[first] = v.x, r[first + 1] = v.y, r[first + 2] = v.z, r[first + 3] = v.w;
}
template <int N> LONGC_DEVICE void st_global_f32x4(float *pointer, const float (&r)[N], int first) {
  *(float4 *)pointer = make_float4(r[first], r[first + 1], r[first + 2], r[first + 3]);
}
LONGC_DEVICE void st_global_v4(void *pointer, uint4 v) {
  asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(pointer), "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w)
               : "memory");
}
/// Two floats to packed bf16, round to nearest even; the first goes to the low half.
LONGC_DEVICE u32 cvt_bf16x2(float low, float high) {
  u32 packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}
LONGC_DEVICE bf16 cvt_bf16_f32(float value) { return bf16(cvt_bf16x2(value, 0.0f)); }
LONGC_DEVICE float cvt_f32_bf16(bf16 value) { return __uint_as_float(u32(value) << 16); }
LONGC_DEVICE float ex2_approx(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
LONGC_DEVICE float rcp_approx(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
/// The larger, or NaN when either is NaN.
LONGC_DEVICE float max_nan(float x, float y) {
  float z;
  asm("max.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}
LONGC_DEVICE float min_nan(float x, float y) {
  float z;
  asm("min.NaN.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}
LONGC_DEVICE float shfl_xor(float value, int lanes) { return __shfl_xor_sync(0xffffffffu, value, lanes); }
/// Sum over the four threads that share a fragment's row.
LONGC_DEVICE float quad_sum(float value) {
  const float pair = value + shfl_xor(value, 1);
  return pair + shfl_xor(pair, 2);
}

// ---------------------------------------------------------------------------------------------------------------------
// Blocks: all threads of a block work on tiles in shared memory, rows `Pitch` elements apart
// ---------------------------------------------------------------------------------------------------------------------

LONGC_DEVICE int thread_of_block() { return int(threadIdx.x); }
/// Of kernels whose warps own points of the grid, as many a block as it was launched with. The warp's point is known to the compiler as
/// uniform over the warp.
LONGC_DEVICE int lane_of_warp() { return int(threadIdx.x) % 32; }
LONGC_DEVICE int warp_of_grid() {
  return __shfl_sync(0xffffffffu, int(blockIdx.x) * (int(blockDim.x) / 32) + int(threadIdx.x) / 32, 0);
}

LONGC_DEVICE float as_float(float value) { return value; }
LONGC_DEVICE float as_float(bf16 value) { return cvt_f32_bf16(value); }

LONGC_DEVICE float warp_sum(float value) {
  LONGC_UNROLL for (int lanes = 16; lanes > 0; lanes /= 2) value += shfl_xor(value, lanes);
  return value;
}
LONGC_DEVICE float warp_max(float value) {
  LONGC_UNROLL for (int lanes = 16; lanes > 0; lanes /= 2) value = fmaxf(value, shfl_xor(value, lanes));
  return value;
}

/// Asks for bytes, a multiple of 16, to be in the L2 cache soon.
LONGC_DEVICE void prefetch_l2(const void *from, int bytes) {
  asm volatile("cp.async.bulk.prefetch.L2.global [%0], %1;" ::"l"(from), "r"(bytes));
}

/// Asks for a point's rows of a bf16 matrix, which the last dimension of the grid, of `columns` points, shares evenly.
LONGC_DEVICE void prefetch_rows_of(const View &weights, int columns, int point) {
  const i64 bytes = weights.size[0] / columns * weights.stride[0] * 2;
  if (weights.size[0] % columns == 0 && bytes % 16 == 0)
    prefetch_l2((const unsigned char *)weights.data + point % columns * bytes, int(bytes));
}
LONGC_DEVICE void prefetch_rows(const View &weights, int columns) {
  if (threadIdx.x == 0) prefetch_rows_of(weights, columns, int(blockIdx.x));
}
LONGC_DEVICE void prefetch_rows_of_warp(const View &weights, int columns) {
  const int warp = warp_of_grid(); // which all lanes find together
  if (lane_of_warp() == 0) prefetch_rows_of(weights, columns, warp);
}

/// 16 bytes that nobody writes during the kernel.
LONGC_DEVICE uint4 ld_global_v4(const void *pointer) {
  uint4 v;
  asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(pointer));
  return v;
}

/// 16 bytes of memory on their way to shared memory, zeros if not `inside`; they are there after wait_for_copies and a barrier.
LONGC_DEVICE void copy_async(void *place, const void *from, bool inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(place)), "l"(from), "r"(inside ? 16 : 0)
               : "memory");
}
LONGC_DEVICE void wait_for_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

/// Begins to copy rows [begin, end) of a tile in memory to shared memory, 16 bytes a thread; the others become zero.
template <int Rows, int Columns, int Pitch, typename T>
LONGC_DEVICE void copy_rows(T *place, const T *rows, i64 stride, int begin, int end) {
  constexpr int kChunk = 16 / sizeof(T), kChunks = Columns / kChunk;
  LONGC_UNROLL4 for (int i = threadIdx.x; i < Rows * kChunks; i += blockDim.x) {
    const int row = i / kChunks, column = i % kChunks * kChunk;
    copy_async(place + row * Pitch + column, rows + row * stride + column, row >= begin && row < end);
  }
}

/// sum += left * right^T, left in shared memory, the rows [begin, end) of right in memory. A few lanes share a row of right, and
/// have several rows on their way at once where there are more rows than lanes.
template <int Rows, int Columns, int Depth, int SumPitch, int LeftPitch, typename T>
LONGC_DEVICE void multiply_few_rows(float *sum, const T *left, const T *right, i64 stride, int begin, int end) {
  constexpr int kChunk = 16 / sizeof(T), kChunks = Depth / kChunk;
  constexpr int kLanes = kChunks > 16 ? 32 : kChunks > 8 ? 16 : kChunks > 4 ? 8 : kChunks > 2 ? 4 : kChunks > 1 ? 2 : 1;
  const int lane = int(threadIdx.x) % kLanes, group = int(threadIdx.x) / kLanes, groups = int(blockDim.x) / kLanes;
  constexpr int kTurns = Columns * kLanes / 256, kTogether = kTurns >= 4 ? 4 : kTurns >= 2 ? 2 : 1;
  for (int first = 0; first < Columns; first += groups * kTogether) {
    float total[kTogether][Rows] = {};
    LONGC_UNROLL4 for (int chunk = lane; chunk < kChunks; chunk += kLanes) {
      uint4 packed[kTogether];
      LONGC_UNROLL for (int t = 0; t < kTogether; ++t) {
        const int column = first + t * groups + group;
        packed[t] = make_uint4(0, 0, 0, 0);
        if (column < Columns && column >= begin && column < end) packed[t] = ld_global_v4(right + column * stride + chunk * kChunk);
      }
      LONGC_UNROLL for (int row = 0; row < Rows; ++row) {
        const uint4 beside = *(const uint4 *)(left + row * LeftPitch + chunk * kChunk);
        const T *x = (const T *)&beside;
        LONGC_UNROLL for (int t = 0; t < kTogether; ++t) {
          const T *w = (const T *)&packed[t];
          LONGC_UNROLL for (int i = 0; i < kChunk; ++i) total[t][row] = fmaf(as_float(x[i]), as_float(w[i]), total[t][row]);
        }
      }
    }
    LONGC_UNROLL for (int t = 0; t < kTogether; ++t) {
      const int column = first + t * groups + group;
      LONGC_UNROLL for (int row = 0; row < Rows; ++row) {
        LONGC_UNROLL for (int lanes = kLanes / 2; lanes > 0; lanes /= 2) total[t][row] += shfl_xor(total[t][row], lanes);
        if (lane == 0 && column < Columns) sum[row * SumPitch + column] += total[t][row];
      }
    }
  }
}

LONGC_DEVICE void ldmatrix_x4(u32 (&r)[4], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
LONGC_DEVICE void ldmatrix_x2(u32 (&r)[2], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}
LONGC_DEVICE void ldmatrix_x2_trans(u32 (&r)[2], const bf16 *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
               : "=r"(r[0]), "=r"(r[1])
               : "r"(shared_address(row))
               : "memory");
}
LONGC_DEVICE void mma_m16n8k16(float (&d)[4], const u32 (&a)[4], const u32 (&b)[2]) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9},"
               " {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/// sum += left * right, or right^T: a warp takes 16 rows and up to 32 columns at a time to the tensor cores.
template <int Rows, int Columns, int Depth, int Transposed, int SumPitch, int LeftPitch, int RightPitch>
LONGC_DEVICE void multiply_fragments(float *sum, const bf16 *left, const bf16 *right) {
  constexpr int kColumns = Columns % 32 == 0 ? 32 : Columns % 16 == 0 ? 16 : 8, kPieces = kColumns / 8;
  const int lane = int(threadIdx.x) % 32, warps = int(blockDim.x) / 32;
  for (int unit = int(threadIdx.x) / 32; unit < Rows / 16 * (Columns / kColumns); unit += warps) {
    const int row = unit % (Rows / 16) * 16, column = unit / (Rows / 16) * kColumns;
    float *place = sum + (row + lane / 4) * SumPitch + column + lane % 4 * 2;
    float d[kPieces][4];
    LONGC_UNROLL for (int p = 0; p < kPieces; ++p) {
      LONGC_UNROLL for (int i = 0; i < 4; ++i) d[p][i] = place[i / 2 * 8 * SumPitch + p * 8 + i % 2];
    }
    for (int k = 0; k < Depth; k += 16) {
      u32 a[4], b[2];
      ldmatrix_x4(a, left + (row + lane % 16) * LeftPitch + k + lane / 16 * 8);
      LONGC_UNROLL for (int p = 0; p < kPieces; ++p) {
        if (Transposed)
          ldmatrix_x2(b, right + (column + p * 8 + lane % 8) * RightPitch + k + lane / 8 % 2 * 8);
        else
          ldmatrix_x2_trans(b, right + (k + lane % 16) * RightPitch + column + p * 8);
        mma_m16n8k16(d[p], a, b);
      }
    }
    LONGC_UNROLL for (int p = 0; p < kPieces; ++p) {
      LONGC_UNROLL for (int i = 0; i < 4; ++i) place[i / 2 * 8 * SumPitch + p * 8 + i % 2] = d[p][i];
    }
  }
}

/// The same for any shape and type. Lanes share the depth: all of it where rows of right lie along it, a quarter each
/// where its columns do.
template <int Rows, int Columns, int Depth, int Transposed, int SumPitch, int LeftPitch, int RightPitch, typename T>
LONGC_DEVICE void multiply_elements(float *sum, const T *left, const T *right) {
  constexpr int kWidth = Transposed ? 1 : 8, kUnits = (Columns + kWidth - 1) / kWidth;
  const int lane = int(threadIdx.x) % 32, warps = int(blockDim.x) / 32;
  for (int unit = int(threadIdx.x) / 32; unit < Rows * kUnits; unit += warps) {
    const int row = unit % Rows, column = unit / Rows * kWidth + lane % kWidth;
    float total = 0;
    if (column < Columns) {
      LONGC_UNROLL4 for (int k = lane / kWidth; k < Depth; k += 32 / kWidth)
        total = fmaf(as_float(left[row * LeftPitch + k]),
                     as_float(right[Transposed ? column * RightPitch + k : k * RightPitch + column]), total);
    }
    LONGC_UNROLL for (int lanes = 16; lanes >= kWidth; lanes /= 2) total += shfl_xor(total, lanes);
    if (lane < kWidth && column < Columns) sum[row * SumPitch + column] += total;
  }
}
