// Outputs take over the memory of operands that die, where the kernel shows that it is safe; every buffer has a life.
// RUN: longc-opt %s --longc-plan-buffers --remarks-filter="longc.*" 2>&1 | FileCheck %s
// RUN: longc-interpret %s --function chain --tokens 11 --compare-after longc-plan-buffers
// RUN: longc-interpret %s --function refused --tokens 11 --compare-after longc-plan-buffers
// RUN: longc-interpret %s --function needed_later --tokens 11 --compare-after longc-plan-buffers
// RUN: longc-interpret %s --function other_size --tokens 11 --compare-after longc-plan-buffers

// CHECK-DAG: remark: {{.*}}output 0 of @scale is not input 0 in place: the operand is not the function's to overwrite
// CHECK-DAG: remark: {{.*}}output 0 of @previous is not input 0 in place: the kernel reads the operand elsewhere than it stores the output
// CHECK-DAG: remark: {{.*}}output 0 of @centre is not input 0 in place: the kernel needs what it reads for more than the element that replaces it
// CHECK-DAG: remark: {{.*}}output 0 of @twice is not input 0 in place: the kernel does more with the output than store it once a block
// CHECK-DAG: remark: {{.*}}output 0 of @later is not input 0 in place: the operand is needed again later
// CHECK-DAG: remark: {{.*}}output 0 of @both is not input 0 in place: the operand is read in other ways too
// CHECK-DAG: remark: {{.*}}output 0 of @longer is not input 0 in place: operand and output may differ in size

// The kernel reads the residual from the tensor that it updates; the weight that stood behind it moves up.
// CHECK-LABEL: tile.kernel @add grid(%arg0)
// CHECK-SAME: (%[[X:.*]]: !tile.view<?x8xf32>, %[[W:.*]]: !tile.view<8x8xf32, panels>, %[[Y:.*]]: !tile.view<?x8xf32>)
// CHECK: %[[OLD:.*]] = tile.load %[[Y]][%[[ROW:.*]], %c0]
// CHECK: %[[SUM:.*]] = arith.addf %[[OLD]]
// CHECK: tile.store %[[SUM]], %[[Y]][%[[ROW]], %c0]
tile.kernel @add grid(%i) (%x: !tile.view<?x8xf32>, %r: !tile.view<?x8xf32>, %w: !tile.view<8x8xf32, panels>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %zero = arith.constant dense<0.0> : tensor<4x8xf32>
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %wt = tile.load %w[%c0, %c0] : !tile.view<8x8xf32, panels> -> tensor<8x8xf32>
  %p = tile.mma %xt, %wt, %zero transpose_b : tensor<4x8xf32>, tensor<8x8xf32> -> tensor<4x8xf32>
  %old = tile.load %r[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %sum = arith.addf %old, %p : tensor<4x8xf32>
  tile.store %sum, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

tile.kernel @scale grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %xt, %xt : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// Each tensor is made right before its launch; the residual stream is one buffer from its first launch to its return.
// CHECK-LABEL: func.func @chain
// CHECK: %[[STREAM:.*]] = tensor.empty(%{{.*}}) {tile.live = array<i64: 0, 3>}
// CHECK-NEXT: %[[R0:.*]] = tile.launch @scale grid(%{{.*}}) ins(%arg0 : tensor<?x8xf32>) outs(%[[STREAM]] : tensor<?x8xf32>)
// CHECK-NEXT: %[[LIST:.*]] = tile.work_list %arg2 rows = 4 {tile.live = array<i64: 1, 1>}
// CHECK: %[[R1:.*]] = tile.launch @add grid(%{{.*}}) ins(%arg0, %arg1 : tensor<?x8xf32>, tensor<8x8xf32>) outs(%[[R0]] : tensor<?x8xf32>)
// CHECK-NEXT: %[[R2:.*]] = tile.launch @add grid(%{{.*}}) ins(%arg0, %arg1 : tensor<?x8xf32>, tensor<8x8xf32>) outs(%[[R1]] : tensor<?x8xf32>)
// CHECK-NEXT: return %[[R2]]
func.func @chain(%x: tensor<?x8xf32>, %w: tensor<8x8xf32>, %segments: tensor<?x8xi32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %n, %c4 : index
  %e2 = tensor.empty(%n) : tensor<?x8xf32>
  %e0 = tensor.empty(%n) : tensor<?x8xf32>
  %r0 = tile.launch @scale grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%e0 : tensor<?x8xf32>)
  %list = tile.work_list %segments rows = 4 : tensor<?x8xi32> -> tensor<?x8xi32>
  %m = tensor.dim %r0, %c0 : tensor<?x8xf32>
  %e1 = tensor.empty(%m) : tensor<?x8xf32>
  %r1 = tile.launch @add grid(%blocks) ins(%x, %r0, %w : tensor<?x8xf32>, tensor<?x8xf32>, tensor<8x8xf32>) outs(%e1 : tensor<?x8xf32>)
  %r2 = tile.launch @add grid(%blocks) ins(%x, %r1, %w : tensor<?x8xf32>, tensor<?x8xf32>, tensor<8x8xf32>) outs(%e2 : tensor<?x8xf32>)
  return %r2 : tensor<?x8xf32>
}

// Reads the rows before its own: the block before has replaced them.
tile.kernel @previous grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %before = arith.subi %row, %c4 : index
  %xt = tile.load %x[%before, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %xt, %xt : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// Every element depends on its whole row: a target that works element by element would read some after storing others.
tile.kernel @centre grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %m = tile.reduce max %xt dim 1 : tensor<4x8xf32> -> tensor<4xf32>
  %me = tile.expand %m dim 1 : tensor<4xf32> -> tensor<4x8xf32>
  %s = arith.subf %xt, %me : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

tile.kernel @twice grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %xt, %xt : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.store %xt, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// CHECK-LABEL: func.func @refused
// CHECK: tile.launch @previous {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
// CHECK: tile.launch @centre {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
// CHECK: tile.launch @twice {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
func.func @refused(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %n, %c4 : index
  %e0 = tensor.empty(%n) : tensor<?x8xf32>
  %r0 = tile.launch @scale grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%e0 : tensor<?x8xf32>)
  %e1 = tensor.empty(%n) : tensor<?x8xf32>
  %r1 = tile.launch @previous grid(%blocks) ins(%r0 : tensor<?x8xf32>) outs(%e1 : tensor<?x8xf32>)
  %e2 = tensor.empty(%n) : tensor<?x8xf32>
  %r2 = tile.launch @centre grid(%blocks) ins(%r1 : tensor<?x8xf32>) outs(%e2 : tensor<?x8xf32>)
  %e3 = tensor.empty(%n) : tensor<?x8xf32>
  %r3 = tile.launch @twice grid(%blocks) ins(%r2 : tensor<?x8xf32>) outs(%e3 : tensor<?x8xf32>)
  return %r3 : tensor<?x8xf32>
}

tile.kernel @later grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %xt, %xt : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

tile.kernel @both grid(%i) (%x: !tile.view<?x8xf32>, %z: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %before = arith.subi %row, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %zt = tile.load %z[%before, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  %s = arith.addf %xt, %zt : tensor<4x8xf32>
  tile.store %s, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// The first launch could, the second cannot: its operand is returned. All launches of a kernel change or none does.
// CHECK-LABEL: func.func @needed_later
// CHECK-COUNT-2: tile.launch @later {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
// CHECK: tile.launch @both {{.*}} ins(%{{.*}}, %{{.*}} : tensor<?x8xf32>, tensor<?x8xf32>)
func.func @needed_later(%x: tensor<?x8xf32>) -> (tensor<?x8xf32>, tensor<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %n, %c4 : index
  %e0 = tensor.empty(%n) : tensor<?x8xf32>
  %r0 = tile.launch @scale grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%e0 : tensor<?x8xf32>)
  %e1 = tensor.empty(%n) : tensor<?x8xf32>
  %r1 = tile.launch @later grid(%blocks) ins(%r0 : tensor<?x8xf32>) outs(%e1 : tensor<?x8xf32>)
  %e2 = tensor.empty(%n) : tensor<?x8xf32>
  %r2 = tile.launch @later grid(%blocks) ins(%r1 : tensor<?x8xf32>) outs(%e2 : tensor<?x8xf32>)
  %e3 = tensor.empty(%n) : tensor<?x8xf32>
  %r3 = tile.launch @both grid(%blocks) ins(%r2, %r2 : tensor<?x8xf32>, tensor<?x8xf32>) outs(%e3 : tensor<?x8xf32>)
  return %r1, %r3 : tensor<?x8xf32>, tensor<?x8xf32>
}

tile.kernel @longer grid(%i) (%x: !tile.view<?x8xf32>, %y: !tile.view<?x8xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %row = arith.muli %i, %c4 : index
  %xt = tile.load %x[%row, %c0] : !tile.view<?x8xf32> -> tensor<4x8xf32>
  tile.store %xt, %y[%row, %c0] : tensor<4x8xf32>, !tile.view<?x8xf32>
  tile.return
}

// CHECK-LABEL: func.func @other_size
// CHECK: tile.launch @longer {{.*}} ins(%{{.*}} : tensor<?x8xf32>)
func.func @other_size(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x8xf32>
  %blocks = arith.ceildivui %n, %c4 : index
  %e0 = tensor.empty(%n) : tensor<?x8xf32>
  %r0 = tile.launch @scale grid(%blocks) ins(%x : tensor<?x8xf32>) outs(%e0 : tensor<?x8xf32>)
  %m = arith.addi %n, %c4 : index
  %more = arith.ceildivui %m, %c4 : index
  %e1 = tensor.empty(%m) : tensor<?x8xf32>
  %r1 = tile.launch @longer grid(%more) ins(%r0 : tensor<?x8xf32>) outs(%e1 : tensor<?x8xf32>)
  return %r1 : tensor<?x8xf32>
}
