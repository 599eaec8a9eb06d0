// Attributes of the tile dialect: facts about the target that passes read.
#ifndef LONGC_TILE_ATTRS_TD
#define LONGC_TILE_ATTRS_TD

include "dialects/tile/TileDialect.td"
include "mlir/IR/AttrTypeBase.td"

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
    a cache, so that a work list keeps the blocks of a sequence together. `few_row_cols` (0: as `mma_cols`) are the columns
    of a block of products with one row, which blocks of the usual width would be too few of. `joint_cols`: `mma_cols` counts
    the columns of all products of a kernel together. `decoded_weights`: quantised weights lie in memory as bf16,
    row by row, decoded when they are loaded; products of one row multiply them so too. `key_splits`: ranges that the keys of a
    block of one token are in at most, whatever their number (a grid that stays can be captured once).
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
                        DefaultValuedParameter<"int64_t", "0">:$few_row_cols,
                        DefaultValuedParameter<"bool", "false">:$joint_cols,
                        DefaultValuedParameter<"bool", "false">:$decoded_weights,
                        DefaultValuedParameter<"int64_t", "16">:$key_splits);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // LONGC_TILE_ATTRS_TD
