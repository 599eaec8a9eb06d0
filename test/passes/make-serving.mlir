// A forward function becomes one for many tokens and one for a single one of each sequence; what has state already stays as it is.
// RUN: longc-opt %s --longc-make-serving | FileCheck %s

// CHECK-LABEL: func.func @prefill
// CHECK-SAME: %[[TOKENS:[^:]*]]: tensor<?xi32> {lm.input = "tokens"}, %[[POSITIONS:[^:]*]]: tensor<?xi32> {lm.input = "positions"}
// CHECK-SAME: %[[ROWS:[^:]*]]: tensor<?xi32> {lm.input = "rows"}, %[[SEGMENTS:[^:]*]]: tensor<?x8xi32> {lm.input = "segments"}
// CHECK-SAME: %[[CACHE0:[^:]*]]: !lm.cache<1x4xf32> {lm.input = "cache", lm.layer = 0 : i64}
// CHECK-SAME: %[[CACHE1:[^:]*]]: !lm.cache<1x4xf32> {lm.input = "cache", lm.layer = 1 : i64}
// CHECK-SAME: -> (tensor<?x16xf32>, !lm.cache<1x4xf32>, !lm.cache<1x4xf32>)
// CHECK: %[[X:.*]] = lm.embedding %[[TOKENS]]
// CHECK-COUNT-2: lm.split_heads
// CHECK: %[[V:.*]] = lm.split_heads
// CHECK: %[[K:.*]] = lm.rope %{{.*}}, %[[POSITIONS]]
// CHECK: %[[FILLED0:.*]] = lm.cache_append %[[CACHE0]], %[[K]], %[[V]], %[[SEGMENTS]]
// CHECK: %[[Q:.*]] = lm.rope
// CHECK: lm.window_attention %[[Q]], %[[FILLED0]], %[[SEGMENTS]] {scale = 5.000000e-01 : f64}
// CHECK: %[[FILLED1:.*]] = lm.cache_append %[[CACHE1]]
// CHECK: lm.window_attention %{{.*}}, %[[FILLED1]], %[[SEGMENTS]] {scale = 5.000000e-01 : f64, soft_cap = 3.000000e+01 : f64, window = 7 : i64}
// Behind the last attention there are the wanted rows alone: of what it gives and of what is added to it.
// CHECK: %[[M:.*]] = lm.merge_heads
// CHECK-DAG: %[[OWN:.*]] = lm.gather_rows %[[X]], %[[ROWS]]
// CHECK-DAG: %[[ATTENDED:.*]] = lm.gather_rows %[[M]], %[[ROWS]]
// CHECK-NOT: lm.gather_rows
// CHECK: %[[SUM:.*]] = lm.add %[[OWN]], %[[ATTENDED]]
// CHECK: lm.rms_norm %[[SUM]]
// CHECK: %[[UNIT:.*]] = lm.swiglu
// CHECK: %[[NEXT:.*]] = lm.add %[[SUM]], %[[UNIT]]
// CHECK: %[[NORMED:.*]] = lm.rms_norm %[[NEXT]]
// CHECK: %[[LOGITS:.*]] = lm.linear %[[NORMED]]
// CHECK: return %[[LOGITS]], %[[FILLED0]], %[[FILLED1]]

// CHECK-LABEL: func.func @decode
// CHECK-SAME: tensor<?xi32> {lm.input = "tokens"}, %{{[^:]*}}: tensor<?xi32> {lm.input = "positions"}
// CHECK-SAME: tensor<?xi32> {lm.input = "rows"}, %{{[^:]*}}: tensor<?x8xi32> {lm.input = "segments"}
// CHECK-SAME: attributes {lm.one_token}
// CHECK-COUNT-2: lm.window_attention
// Of one token each nearly all rows are wanted: picked as late as that is for nothing.
// CHECK-NOT: lm.gather_rows
// CHECK-COUNT-2: lm.add
// CHECK: %[[WANTED:.*]] = lm.gather_rows
// CHECK: lm.rms_norm %[[WANTED]]
// CHECK: return
// CHECK-NOT: @forward

// CHECK-LABEL: func.func @encode
// CHECK: lm.packed_attention

lm.parameter @table : tensor<16x8xf32>
lm.parameter @norm : tensor<8xf32>
lm.parameter @wq : tensor<8x8xf32>
lm.parameter @wk : tensor<4x8xf32>
func.func @forward(%tokens: tensor<?xi32> {lm.input = "tokens"}, %positions: tensor<?xi32> {lm.input = "positions"},
                   %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x16xf32> {
  %table = lm.parameter_ref @table : tensor<16x8xf32>
  %norm = lm.parameter_ref @norm : tensor<8xf32>
  %wq = lm.parameter_ref @wq : tensor<8x8xf32>
  %wk = lm.parameter_ref @wk : tensor<4x8xf32>
  %x = lm.embedding %tokens, %table : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q0 = lm.linear %x, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %q0 : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %k0 = lm.linear %x, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %k = lm.split_heads %k0 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %v0 = lm.linear %x, %wk : (tensor<?x8xf32>, tensor<4x8xf32>) -> tensor<?x4xf32>
  %v = lm.split_heads %v0 : (tensor<?x4xf32>) -> tensor<?x1x4xf32>
  %kr = lm.rope %k, %positions {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %qr = lm.rope %q, %positions {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x2x4xf32>, tensor<?xi32>) -> tensor<?x2x4xf32>
  %a:2 = lm.packed_attention %qr, %kr, %v, %boundaries, %boundaries causal {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %k2 = lm.rope %k, %positions {theta = 100.0 : f64, dim = 4 : i64} : (tensor<?x1x4xf32>, tensor<?xi32>) -> tensor<?x1x4xf32>
  %b:2 = lm.packed_attention %a#0, %k2, %v, %boundaries, %boundaries causal {scale = 0.5 : f64, window = 7 : i64, soft_cap = 30.0 : f64}
    : (tensor<?x2x4xf32>, tensor<?x1x4xf32>, tensor<?x1x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %b#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %s = lm.add %x, %m : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %i = lm.rms_norm %s, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %j = lm.linear %i, %wq : (tensor<?x8xf32>, tensor<8x8xf32>) -> tensor<?x8xf32>
  %h = lm.swiglu %j, %i : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %r = lm.add %s, %h : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  %n = lm.rms_norm %r, %norm {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  %logits = lm.linear %n, %table : (tensor<?x8xf32>, tensor<16x8xf32>) -> tensor<?x16xf32>
  return %logits : tensor<?x16xf32>
}

func.func @encode(%q: tensor<?x2x4xf32>, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x2x4xf32> {
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  return %a#0 : tensor<?x2x4xf32>
}
