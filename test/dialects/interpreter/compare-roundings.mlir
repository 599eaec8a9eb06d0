// A comparison sees roundings that a pass puts in or takes out, which float64 alone does not.
// RUN: not longc-interpret %s --compare-after longc-choose-precision | FileCheck %s
// RUN: longc-interpret %s --compare-after longc-choose-precision --rounding-tolerance 0 | FileCheck %s --check-prefix=UNSEEN
// RUN: longc-interpret %s --compare-after cse | FileCheck %s --check-prefix=SAME

// CHECK: equal max_error=0
// CHECK-NEXT: different: result 0 is rounded elsewhere: rounding changes it by {{.*}} before the pipeline, and after it the result is {{.*}} away from that
// UNSEEN: equal max_error=0{{$}}
// SAME: equal max_error=0 rounding=0{{$}}
lm.parameter @h : tensor<64x96xbf16>
func.func @main(%x: tensor<?x96xf32>) -> tensor<?x64xf32> {
  %h = lm.parameter_ref @h : tensor<64x96xbf16>
  %w = lm.round %h : (tensor<64x96xbf16>) -> tensor<64x96xf32>
  %y = lm.linear %x, %w : (tensor<?x96xf32>, tensor<64x96xf32>) -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
