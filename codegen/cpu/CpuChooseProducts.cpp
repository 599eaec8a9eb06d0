// How each product multiplies on one CPU variant, and how many rows and columns it holds in registers.
#include "codegen/cpu/CpuPasses.h"
#include "codegen/cpu/TileFacts.h"

using namespace mlir;

namespace longc {

#define GEN_PASS_DEF_CPUCHOOSEPRODUCTSPASS
#include "codegen/cpu/CpuPasses.h.inc"

namespace cpu {
namespace {

// Panels pay by being read again for every block of rows: a transposition of 16 rows costs as much as the sums across
// lanes of about four.
constexpr int64_t fewRows = 4;

// Weights of one row or two are bound by their bytes; unpacked for more, they serve all of these.
constexpr int64_t streamingRows = 3, wideStreamingRows = 2;
constexpr int64_t wideRows = 8; // that share the unpacking of weights; a quarter of them without wide registers

// Float32 sums lose digits where a chain of roundings is as long as a matrix is wide: so many columns are summed alone, then added.
// With 192 SmolLM2's float32 logits are as far from float64 as PyTorch's; in one chain they were 2.4 times as far, gradients 4 times.
constexpr int64_t chainedColumns = 192;

struct Chooser {
  const CpuVariant &variant;

  ProductAttr product(tile::MmaOp mma, Form form, int64_t rows, int64_t panels) const {
    RankedTensorType a = tileType(mma.getA());
    const bool sumsParts = a.getElementType().isF32() && a.getDimSize(1) > chainedColumns && form != Form::lanes;
    return ProductAttr::get(mma.getContext(), form, rows, panels, /*lastRows=*/0, sumsParts ? chainedColumns : 0, /*streams=*/0);
  }

  // Accumulators fill most of the registers; the rest holds one step's panels and a broadcast.
  std::pair<int64_t, int64_t> registerBlock(int64_t panels) const {
    if (!variant.wide)
      return {4, 1};
    const int64_t most = variant.bf16Dot ? 24 : 18;
    if (panels % 3 == 0)
      return {most / 3, 3};
    if (panels % 4 == 0)
      return {most == 24 ? 6 : 4, 4};
    return panels % 2 == 0 ? std::pair<int64_t, int64_t>(8, 2) : std::pair<int64_t, int64_t>(12, 1);
  }

  // The same where weights' bytes and their scales take registers too.
  std::pair<int64_t, int64_t> scaledBlock(int64_t panels) const {
    if (!variant.wide)
      return {2, 1};
    if (panels % 3 == 0)
      return {4, 3};
    return panels % 2 == 0 ? std::pair<int64_t, int64_t>(6, 2) : std::pair<int64_t, int64_t>(8, 1);
  }

  ProductAttr choose(tile::MmaOp mma) const {
    RankedTensorType a = tileType(mma.getA());
    const int64_t columns = tileType(mma.getResult()).getDimSize(1), count = (columns + lanes - 1) / lanes;
    auto [rows, panels] = registerBlock(count);
    // Weights in panels and quantised ones need no packing, however few rows there are.
    if (a.getDimSize(0) <= fewRows && !mma.getB().getDefiningOp<tile::DecodeOp>() && !panelsOf(mma.getB()))
      return mma.getTransposeB() ? product(mma, Form::lanes, a.getDimSize(0), 1)
                                 : product(mma, Form::joined, a.getDimSize(0), panels);
    if (variant.matrixUnit && a.getElementType().isBF16() && a.getDimSize(1) % unitDepth == 0 && columns % lanes == 0)
      return product(mma, Form::matrix_unit, 2 * unitRows, count % 2 ? 1 : 2);
    return product(mma, Form::panels, rows, panels);
  }

  ProductAttr choose(tile::ScaledMmaOp mma) const {
    if (tileType(mma.getA()).getElementType().isInteger(16)) {
      const int64_t rows = variant.wide ? wideRows : wideRows / 4;
      return ProductAttr::get(mma.getContext(), Form::wide, rows, 1, 0, 0, std::min(wideStreamingRows, rows - 1));
    }
    auto [rows, panels] = scaledBlock(std::max<int64_t>(tileType(mma.getResult()).getDimSize(1) / lanes, 1));
    return ProductAttr::get(mma.getContext(), Form::scaled, rows, panels, scaledBlock(1).first, 0, streamingRows);
  }
};

struct CpuChooseProductsPass : impl::CpuChooseProductsPassBase<CpuChooseProductsPass> {
  using CpuChooseProductsPassBase::CpuChooseProductsPassBase;

  void runOnOperation() override {
    const CpuVariant *found = findCpuVariant(variant);
    if (!found) {
      getOperation().emitError("unknown CPU variant '") << variant << "': expected avx2, avx512, avx512_bf16 or amx";
      return signalPassFailure();
    }
    getOperation()->setAttr(variantAttribute, StringAttr::get(&getContext(), found->name));
    const Chooser chooser{*found};
    getOperation().walk([&](Operation *op) {
      if (auto scaled = dyn_cast<tile::ScaledMmaOp>(op))
        op->setAttr(ProductAttr::attributeName, chooser.choose(scaled));
      auto mma = dyn_cast<tile::MmaOp>(op);
      if (!mma)
        return;
      op->setAttr(ProductAttr::attributeName, chooser.choose(mma));
      if (Type element = tileType(mma.getA()).getElementType(); !element.isF32() && !element.isBF16()) {
        refuse(op) << "expected operands of f32 or bf16";
        signalPassFailure();
      }
    });
  }
};

} // namespace
} // namespace cpu
} // namespace longc
