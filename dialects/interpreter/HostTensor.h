// Values that the interpreter computes with: tensors of doubles, views of them, opaque state objects.
//
// Every element is a double, integers too (exact up to 2^53). A tensor of quantised elements holds the integers q as
// its elements and a scale d and offset m per block of 32 along the last dimension: the value is d * q + m.
#pragma once

#include "mlir/IR/BuiltinTypes.h"

#include <memory>
#include <variant>
#include <vector>

namespace longc {

inline constexpr int64_t quantizedBlock = 32;

// Scales and offsets of the blocks of a quantised tensor, in row-major order.
struct BlockScales {
  std::vector<double> d, m;
};

class HostTensor {
public:
  HostTensor() = default;
  // A tensor of zeros.
  HostTensor(llvm::ArrayRef<int64_t> shape, mlir::Type elementType);
  HostTensor(llvm::ArrayRef<int64_t> shape, mlir::Type elementType, std::vector<double> elements);
  // A quantised matrix [rows, columns]: integers, then scales and offsets of its rows * columns / 32 blocks.
  static HostTensor quantized(int64_t rows, int64_t columns, std::vector<double> integers, BlockScales scales);

  llvm::ArrayRef<int64_t> shape() const { return shape_; }
  int64_t rank() const { return static_cast<int64_t>(shape_.size()); }
  int64_t dim(int64_t index) const { return shape_[index]; }
  int64_t size() const { return elements_ ? static_cast<int64_t>(elements_->size()) : 0; }
  // Null for quantised elements.
  mlir::Type elementType() const { return elementType_; }
  bool isQuantized() const { return scales_ != nullptr; }
  const BlockScales &scales() const { return *scales_; }

  const double *data() const { return elements_->data(); }
  // Copies the elements first if another tensor shares them.
  double *mutableData();
  double operator[](int64_t index) const { return (*elements_)[index]; }
  // The value of an element: decoded if the tensor is quantised.
  double value(int64_t index) const;

  // The same elements under another shape of the same size.
  HostTensor withShape(llvm::ArrayRef<int64_t> shape) const;
  HostTensor withElementType(mlir::Type type) const;

private:
  llvm::SmallVector<int64_t, 4> shape_;
  mlir::Type elementType_;
  std::shared_ptr<std::vector<double>> elements_;
  std::shared_ptr<const BlockScales> scales_;
};

// Memory that a kernel reads and writes.
struct HostView {
  std::shared_ptr<HostTensor> tensor;
};

// State with a meaning of its own: a cache, a memory, a running selection. Never changed once it is shared.
class StateObject {
public:
  virtual ~StateObject() = default;
};

using HostValue =
    std::variant<std::monostate, int64_t, double, HostTensor, HostView, std::shared_ptr<const StateObject>>;

// Number of elements of a shape; nothing if it is negative somewhere or beyond what the interpreter holds (2^29).
std::optional<int64_t> elementCount(llvm::ArrayRef<int64_t> shape);

// Rounds to the float type (f32, bf16, f16; f64 as it is); wraps to the width of an integer type (i1 is 0 or 1).
double roundToType(double value, mlir::Type type);
int64_t wrapInteger(int64_t value, mlir::Type type);

} // namespace longc
