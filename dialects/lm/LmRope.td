// Rotary position embedding.
#ifndef LONGC_LM_ROPE_TD
#define LONGC_LM_ROPE_TD

include "dialects/lm/LmBase.td"

def Lm_RopeOp : Lm_Op<"rope", [Pure, AllTypesMatch<["x", "result"]>]> {
  let summary = "rotation of pairs of dimensions by an angle that grows with the position";
  let description = [{
    For x [T, H, D], pair i < dim/2 of every head is rotated by the angle positions[t] * scale * theta^(-2i/dim);
    dimensions from `dim` on pass unchanged (RoFormer, Su et al. 2021, eq. 34).
    `rope_c1`: dim is even and at most D; `rope_c2`: one position a token.
  }];
  let arguments = (ins Lm_Heads:$x, Lm_Indices:$positions, F64Attr:$theta, I64Attr:$dim, Lm_RopeStyle:$style,
                       F64Attr:$scale);
  let results = (outs Lm_Heads:$result);
  let assemblyFormat = [{
    $x `,` $positions `theta` $theta `dim` $dim `style` $style `scale` $scale attr-dict
    `:` type($x) `,` type($positions)
  }];
  let hasVerifier = 1;
}

def Lm_RopeAnglesOp : Lm_Op<"rope_angles", [Pure]> {
  let summary = "cosines and sines of the rotary angles of every position";
  let description = "Result [T, dim] f32: columns [0, dim/2) hold cosines, the rest sines, of `lm.rope`'s angles.";
  let arguments = (ins Lm_Indices:$positions, F64Attr:$theta, F64Attr:$scale);
  let results = (outs 2DTensorOf<[F32, F64]>:$angles);
  let assemblyFormat = "$positions `theta` $theta `scale` $scale attr-dict `:` type($positions) `->` type($angles)";
  let hasVerifier = 1;
}

def Lm_ApplyRopeOp : Lm_Op<"apply_rope", [Pure, AllTypesMatch<["x", "result"]>]> {
  let summary = "rotation by given cosines and sines";
  let arguments = (ins Lm_Heads:$x, 2DTensorOf<[F32, F64]>:$angles, Lm_RopeStyle:$style);
  let results = (outs Lm_Heads:$result);
  let assemblyFormat = "$x `,` $angles `style` $style attr-dict `:` type($x) `,` type($angles)";
  let hasVerifier = 1;
}

#endif // LONGC_LM_ROPE_TD
