// An encoder's hidden states, pooled by chunk, through the adapter to the width of a decoder; for training the same by ops with gradients.
// RUN: longc-opt %s --longc-compress-chunks='width=12 train' | FileCheck %s
// RUN: longc-opt %s --longc-compress-chunks='width=12 hidden=20 pool=cls' | FileCheck %s --check-prefix=CLS
// RUN: longc-opt %s --longc-compress-chunks='width=12 stored' | FileCheck %s --check-prefix=STORED
// RUN: longc-opt %s --longc-compress-chunks='width=12 pool=pma' | FileCheck %s --check-prefix=PMA
// RUN: longc-opt %s --longc-compress-chunks='width=12 pool=pma' | longc-interpret - --function compress --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-opt %s --longc-compress-chunks='width=12 pool=pma' | longc-interpret - --function adapt --tokens 5 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-opt %s --longc-compress-chunks=width=12 | longc-interpret - --function compress --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-opt %s --longc-compress-chunks='width=12 pool=cls' | longc-interpret - --function compress --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5
// RUN: longc-opt %s --longc-compress-chunks='width=12 pool=last' | longc-interpret - --function compress --tokens 37 --compare-after 'longc-lower{precision=exact}' --tolerance 1e-5

// CHECK-DAG: lm.parameter @"adapter/mlp.0.weight" trainable {lm.initializer = "kaiming_uniform"} : tensor<12x8xf32>
// CHECK-DAG: lm.parameter @"adapter/mlp.2.bias" trainable {lm.initializer = "zero"} : tensor<12xf32>
// CHECK: func.func @compress_trained(
// CHECK-SAME: %[[FIRSTS:[^:]*]]: tensor<?xi32> {lm.input = "firsts"}, %[[PLACES:[^:]*]]: tensor<?xi32> {lm.input = "places"}, %[[SHARES:[^:]*]]: tensor<?xf32> {lm.input = "shares"}
// CHECK: %[[HIDDEN:.*]] = lm.rms_norm
// CHECK: %[[CHUNKS:.*]] = lm.gather_rows %[[HIDDEN]], %[[FIRSTS]]
// CHECK: %[[ZEROS:.*]] = lm.fill %[[CHUNKS]] {value = 0.000000e+00
// CHECK: %[[ROWS:.*]] = lm.scale_rows %[[HIDDEN]], %[[SHARES]]
// CHECK: lm.scatter_add %[[ZEROS]], %[[ROWS]], %[[PLACES]]
// CHECK: func.func @compress(
// CHECK-SAME: %[[BOUNDARIES:[^:]*]]: tensor<?xi32> {lm.input = "boundaries"}) -> (tensor<?x12xf32>, tensor<?x8xf32>)
// CHECK: %[[POOL:.*]] = lm.chunk_pool mean %{{.*}}, %[[BOUNDARIES]]
// CHECK: %[[INNER:.*]] = lm.linear %[[POOL]]
// CHECK: %[[BENT:.*]] = lm.gelu %[[INNER]]
// CHECK: %[[SOFT:.*]] = lm.linear %[[BENT]]
// CHECK: return %[[SOFT]], %[[POOL]]
// CHECK: func.func @adapt(%[[VECTORS:[^:]*]]: tensor<?x8xf32>) -> tensor<?x12xf32>
// CHECK: %[[INNER:.*]] = lm.linear %[[VECTORS]]
// CHECK: %[[BENT:.*]] = lm.gelu %[[INNER]]
// CHECK: %[[SOFT:.*]] = lm.linear %[[BENT]]
// CHECK: return %[[SOFT]]
// CHECK-NOT: @encoder

// CLS: lm.parameter @"adapter/mlp.0.weight" trainable {lm.initializer = "kaiming_uniform"} : tensor<20x8xf32>
// CLS: lm.chunk_pool cls
// CLS-NOT: lm.scatter_add
// STORED: lm.parameter @"adapter/mlp.0.weight" trainable : tensor<12x8xf32>{{$}}

// PMA-DAG: lm.parameter @"adapter/pma.seed" trainable {lm.initializer = "kaiming_uniform"} : tensor<1x8xf32>
// PMA-DAG: lm.parameter @"adapter/pma.key.weight" trainable {lm.initializer = "zero"} : tensor<8x8xf32>
// PMA-DAG: lm.parameter @"adapter/pma.value.weight" trainable {lm.initializer = "zero"} : tensor<8x8xf32>
// PMA: func.func @compress(
// PMA-SAME: %[[QUERIES:[^:]*]]: tensor<?xi32> {lm.input = "query_boundaries"}, %[[SEEDS:[^:]*]]: tensor<?xi32> {lm.input = "query_tokens"})
// PMA: %[[HIDDEN:.*]] = lm.rms_norm
// PMA: %[[MEAN:.*]] = lm.chunk_pool mean %[[HIDDEN]]
// PMA: %[[VALUES:.*]] = lm.add %[[HIDDEN]],
// PMA: %[[SEED:.*]] = lm.gather_rows %{{.*}}, %[[SEEDS]] : (tensor<1x8xf32>,
// PMA: lm.packed_attention %{{.*}}, %{{.*}}, %{{.*}}, %[[QUERIES]], %{{.*}} {scale = 5.000000e-01 : f64}
// PMA: return %{{.*}}, %[[MEAN]]
// PMA: func.func @adapt(%[[VECTORS:[^:]*]]: tensor<?x8xf32>)
// PMA: %[[MAPPED:.*]] = lm.linear %[[VECTORS]]
// PMA: %[[VALUE:.*]] = lm.add %[[VECTORS]], %[[MAPPED]]
// PMA: lm.linear %[[VALUE]]

lm.parameter @words : tensor<16x8xf32>
lm.parameter @scale trainable : tensor<8xf32>
func.func @encoder(%tokens: tensor<?xi32> {lm.input = "tokens"}, %boundaries: tensor<?xi32> {lm.input = "boundaries"}) -> tensor<?x8xf32> {
  %words = lm.parameter_ref @words : tensor<16x8xf32>
  %scale = lm.parameter_ref @scale : tensor<8xf32>
  %x = lm.embedding %tokens, %words : (tensor<?xi32>, tensor<16x8xf32>) -> tensor<?x8xf32>
  %q = lm.split_heads %x : (tensor<?x8xf32>) -> tensor<?x2x4xf32>
  %a:2 = lm.packed_attention %q, %q, %q, %boundaries, %boundaries {scale = 0.5 : f64}
    : (tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?x2x4xf32>, tensor<?xi32>, tensor<?xi32>) -> (tensor<?x2x4xf32>, tensor<2x?xf32>)
  %m = lm.merge_heads %a#0 : (tensor<?x2x4xf32>) -> tensor<?x8xf32>
  %y = lm.rms_norm %m, %scale {epsilon = 1.0e-5 : f64} : (tensor<?x8xf32>, tensor<8xf32>) -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
