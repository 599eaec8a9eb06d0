// Memory of the attention output: per head, by a gate.
#ifndef LONGC_LM_GATED_MEMORY_TD
#define LONGC_LM_GATED_MEMORY_TD

include "dialects/lm/LmOpBase.td"

def Lm_GatedMemoryOp : Lm_Op<"gated_memory", [Pure, AttrSizedOperandSegments]> {
  let summary = "per-head memory mixed into the attention output by a gate";
  let description = [{
    `out = (1 - g) * attention + g * M(query)` (`gate_selects = local`: g weighs the attention instead).

    M by `memory`: `mlp`, operands w1 `[H, D, F]`, w2 `[H, F, D]`: `silu(q w1) w2` (LIFT, 2502.14644); `linear_state`,
    operands state `[G, D, D]`, norm `[G, D]`, head h reading state h / (H/G): `s(q) state / <s(q), norm>` with
    `s = elu + 1`, 0 where `<s(q), norm>` is 0 (Infini-attention, 2404.07143); `external`, one operand `[T, H, D]`: itself.

    `g = sigmoid(gate_scale * (z - gate_shift))`, times `mask[t]` if there is a mask `[T]`. Gate operands are u1
    `[H, D, R]` and u2 `[H, R]`: `z = silu(q u1) u2`; or z itself: `[T, H]`, one a token and head (of whatever input),
    `[H]`, one a head, `[1]`, one for the layer.

    `writes add (k, v)`, k and v `[T, G, D]`, gives two further results, the state and norm after these rows:
    `state + sum_t s(k_t)^T v_t` and `norm + sum_t s(k_t)`; `writes delta` has `v_t - s(k_t) state / <s(k_t), norm>` in
    place of v_t. The rows read what was there before. With `sequences cu`, state is `[B, G, D, D]`, norm `[B, G, D]`, and
    the rows `[cu[i], cu[i+1])` read and write those of sequence i.

    ```mlir
    %o0, %g0 = lm.gated_memory %a, %q reads (%w1, %w2) gate (%u1, %u2) mask %m
      : (tensor<3x2x2xf32>, tensor<3x2x2xf32>, tensor<2x2x3xf32>, tensor<2x3x2xf32>, tensor<2x2x2xf32>,
      tensor<2x2xf32>, tensor<3xf32>) -> (tensor<3x2x2xf32>, tensor<3x2xf32>)
    ```

    Constraints: `gated_memory_c1` attention, query and out agree; `gated_memory_c2` memory operands fit `memory`;
    `gated_memory_c3` gate operands are (u1, u2) or z; `gated_memory_c4` mask is `[T]`; `gated_memory_c5` further results
    are a gate `[T, H]` if asked for, then state and norm if written; `gated_memory_c6` only a linear state is written
    and has sequences; k and v are `[T, G, D]`; `ragged_c1`.
  }];
  let arguments = (ins Lm_Heads:$attention, Lm_Heads:$query, Variadic<TensorOf<[F32, BF16]>>:$memory_operands,
                       Variadic<TensorOf<[F32, BF16]>>:$gate_operands, Optional<Lm_Vector>:$mask,
                       Variadic<Lm_Heads>:$written, Optional<Lm_Indices>:$cu_seqlens,
                       DefaultValuedAttr<Lm_MemoryReadAttr, "MemoryRead::mlp">:$memory,
                       DefaultValuedAttr<Lm_GateSelectsAttr, "GateSelects::memory">:$gate_selects,
                       OptionalAttr<Lm_StateUpdateAttr>:$update,
                       DefaultValuedAttr<Lm_RealAttr, "3.0">:$gate_scale,
                       DefaultValuedAttr<Lm_RealAttr, "1.0">:$gate_shift);
  let results = (outs Lm_Heads:$out, Variadic<TensorOf<[F32]>>:$further);
  let assemblyFormat = [{
    $attention `,` $query `reads` (`kind` $memory^)? `(` $memory_operands `)`
    `gate` (`selects` $gate_selects^)? `(` $gate_operands `)` (`mask` $mask^)?
    (`writes` $update^ `(` $written `)`)? (`sequences` $cu_seqlens^)? attr-dict
    `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    // g of each token and head; null when it is not asked for.
    ::mlir::Value getGate() {
      return getFurther().size() == (getUpdate() ? 3 : 1) ? ::mlir::Value(getFurther().front()) : ::mlir::Value();
    }
    // State and norm after this call's rows; null when nothing is written.
    ::mlir::Value getNewState() { return getUpdate() ? ::mlir::Value(getFurther().drop_back().back()) : ::mlir::Value(); }
    ::mlir::Value getNewNorm() { return getUpdate() ? ::mlir::Value(getFurther().back()) : ::mlir::Value(); }
  }];
}

#endif // LONGC_LM_GATED_MEMORY_TD
