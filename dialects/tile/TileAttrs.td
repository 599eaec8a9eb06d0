// Attributes of the tile dialect: facts about the target that passes read.
#ifndef LONGC_TILE_ATTRS_TD
#define LONGC_TILE_ATTRS_TD

include "dialects/tile/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Tile_FewRowsAttr : AttrDef<Tile_Dialect, "FewRows"> {
  let mnemonic = "few_rows";
  let summary = "sizes of blocks that own one row, where the usual ones would be too few to keep a target busy";
  let description = [{
    Of a product a block has `cols` columns; its threads hold `numbers` of a weight at once, half of them of one column.
    Of attention with one query it takes `keys` keys at a time, for as many as `heads` query heads that share them; where the parts of
    split keys are merged it has `head_cols` columns of a head, and takes `splits` parts at a time. Element-wise work is in parts of
    `part_cols` columns where rows have several. Rows of `shortest_row` to `longest_row` numbers are held by a few threads, `row_numbers`
    with all that is read and stored beside.
  }];
  let parameters = (ins "int64_t":$cols,
                        "int64_t":$numbers,
                        "int64_t":$keys,
                        "int64_t":$heads,
                        "int64_t":$head_cols,
                        "int64_t":$splits,
                        "int64_t":$part_cols,
                        "int64_t":$shortest_row,
                        "int64_t":$longest_row,
                        "int64_t":$row_numbers);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Tile_TargetAttr : AttrDef<Tile_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "sizes a tiling pass reads; set on the module by codegen before tiling";
  let description = [{
    `#tile.target<mma_rows = 128, mma_cols = 96, mma_depth = 0, attention_rows = 64, attention_cols = 64,
    stream_rows = 8, fold_heads = true, stages = 4, staging_bytes = 200000>`.
    `mma_depth` 0 means: the whole reduction in one product. `attention_rows` counts query tokens of one block
    (the query heads that share a key head are folded into its rows when `fold_heads`), `attention_cols` keys.
    `stages` is the most tiles of one operand in flight, 1 where nothing is loaded ahead of its use; `staging_bytes`
    is the fast memory of a block that the operands of its products may fill. `lists_by_sequence`: blocks in flight share
    a cache, so that a work list keeps the blocks of a sequence together. `few_rows`: there are blocks of one row, for calls whose
    blocks of the usual size would be too few. `joint_cols`: `mma_cols` counts
    the columns of all products of a kernel together. `decoded_weights`: quantised weights lie in memory as bf16,
    row by row, decoded when they are loaded; products of one row multiply them so too. `key_splits`: ranges that the keys of a
    block of one token are in at most, whatever their number (a grid that stays can be captured once). `sum_cols`: columns of sums
    that a block has room for, because they lie in registers; 0: they lie in memory, however many they are. `copied_cols`: columns that
    tiles are copied in multiples of, zeros where there are none; 0: the last tile may be a part. `busy_blocks`: blocks that
    keep the target busy, for which sums are cut into shares; 0: sums are never cut.
  }];
  let parameters = (ins "int64_t":$mma_rows,
                        "int64_t":$mma_cols,
                        "int64_t":$mma_depth,
                        "int64_t":$attention_rows,
                        "int64_t":$attention_cols,
                        "int64_t":$stream_rows,
                        "bool":$fold_heads,
                        DefaultValuedParameter<"int64_t", "1">:$stages,
                        DefaultValuedParameter<"int64_t", "0">:$staging_bytes,
                        DefaultValuedParameter<"bool", "false">:$lists_by_sequence,
                        OptionalParameter<"FewRowsAttr">:$few_rows,
                        DefaultValuedParameter<"bool", "false">:$joint_cols,
                        DefaultValuedParameter<"bool", "false">:$decoded_weights,
                        DefaultValuedParameter<"int64_t", "16">:$key_splits,
                        DefaultValuedParameter<"int64_t", "0">:$sum_cols,
                        DefaultValuedParameter<"int64_t", "0">:$copied_cols,
                        DefaultValuedParameter<"int64_t", "0">:$busy_blocks);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // LONGC_TILE_ATTRS_TD
