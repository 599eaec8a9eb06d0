// Kernels, their launches and lists of work.
#ifndef LONGC_TILE_KERNEL_TD
#define LONGC_TILE_KERNEL_TD

include "dialects/tile/TileOpBase.td"

def Tile_KernelOp : Op<Tile_Dialect, "kernel", [IsolatedFromAbove, Symbol, SingleBlock]> {
  let summary = "program of one block of a launch grid";
  let description = [{
    The entry block's first `grid_rank` arguments are the block's indices in the grid; the rest are views
    (`!tile.view`) and scalars (`index`, `i32`, `f32`) bound at launch. Blocks are independent of each other.

    ```mlir
    tile.kernel @k grid(%i) (%x: !tile.view<11x4xf32>, %y: !tile.view<11x4xf32>) {
      %c0 = arith.constant 0 : index
      %c8 = arith.constant 8 : index
      %row = arith.muli %i, %c8 : index
      %t = tile.load %x[%row, %c0] : !tile.view<11x4xf32> -> tensor<8x4xf32>
      %s = arith.addf %t, %t : tensor<8x4xf32>
      tile.store %s, %y[%row, %c0] : tensor<8x4xf32>, !tile.view<11x4xf32>
      tile.return
    }
    ```

    Constraints: `kernel_c1` the grid indices come first and are of type index; `kernel_c2` the other arguments are
    views or scalars.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$grid_rank);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Block indices of the launch grid.
    ::mlir::Block::BlockArgListType getGridIndices() {
      return getBody().getArguments().take_front(getGridRank());
    }
    /// Views and scalars bound at launch.
    ::mlir::Block::BlockArgListType getKernelArguments() {
      return getBody().getArguments().drop_front(getGridRank());
    }
  }];
}

def Tile_ReturnOp : Op<Tile_Dialect, "return", [Terminator, HasParent<"KernelOp">]> {
  let summary = "end of a kernel";
  let assemblyFormat = "attr-dict";
}

def Tile_LaunchOp : Tile_Op<"launch", [AttrSizedOperandSegments, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel over a grid; results are its outputs, written in whole or in part";
  let description = [{
    Host side. Kernel arguments are the inputs followed by the outputs, in order; a tensor binds to a view,
    a scalar to a scalar. An output operand gives the shape and, where the kernel does not write every
    element, the old contents; each output operand has one result of its type.

    ```mlir
    %r = tile.launch @k grid(%c2, %c2) ins(%c10, %half : index, f32) outs(%y : tensor<?x3xf32>)
    ```

    Constraints: `launch_c1` one result per output, of its type; `launch_c2` the kernel exists; `launch_c3` the grid has
    its rank; `launch_c4` as many operands as kernel arguments; `launch_c5` each fits: a scalar has the argument's type,
    a tensor the view's element type and a compatible shape.
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Index>:$grid, Variadic<AnyType>:$inputs,
                       Variadic<AnyRankedTensor>:$outputs);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
}

def Tile_WorkListOp : Tile_Op<"work_list", [Pure]> {
  let summary = "rows of work for a ragged kernel, one row a block of queries, costliest first";
  let description = [{
    Host side, built from the ragged batch before the launch. `segments` has one row a sequence: query begin,
    query end, key begin, key end, memory begin, memory end, slot (cache ring and page-table row). The result
    has one row a block of `rows` queries:

    | column | meaning |
    |---|---|
    | 0, 1 | query rows [begin, end) of this block |
    | 2, 3 | visible keys [begin, end) of the sequence |
    | 4 | `diagonal`: key index that query row `begin` stands at (it sees keys <= diagonal when causal) |
    | 5, 6 | visible memory entries [begin, end) |
    | 7 | slot; the number of the sequence where keys are packed |

    With `keys`, the batch is two lists of boundaries instead (`cu_seqlens`): sequence i has query rows
    `[segments[i], segments[i+1])` and keys `[keys[i], keys[i+1])`, no memory.

    The order is for speed only: kernels are right for any list that covers the work. `by_sequence` keeps the blocks of a
    sequence together, which share its keys: the costliest sequence first, and its costliest block first.

    ```mlir
    %l = tile.work_list %s rows = 2 : tensor<3x8xi32> -> tensor<?x8xi32>
    ```

    Constraints: `work_list_c1` rows are positive; `work_list_c2` segments have at least 7 columns; `work_list_c3` the
    list has 8.
  }];
  let arguments = (ins TensorRankOf<[I32], [1, 2]>:$segments, Optional<TensorRankOf<[I32], [1]>>:$key_boundaries,
                       I64Attr:$rows, UnitAttr:$by_sequence);
  let results = (outs TensorRankOf<[I32], [2]>:$list);
  let assemblyFormat = [{
    $segments (`keys` $key_boundaries^)? `rows` `=` $rows (`by_sequence` $by_sequence^)? attr-dict
    `:` type($segments) (`,` type($key_boundaries)^)? `->` type($list)
  }];
  let hasVerifier = 1;
}

#endif // LONGC_TILE_KERNEL_TD
