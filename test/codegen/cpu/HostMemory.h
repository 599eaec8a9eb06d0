// Tensors of the interpreter as memory that compiled kernels read and write, and back.
#pragma once

#include "dialects/interpreter/HostTensor.h"
#include "runtime/abi/longc_abi.h"

namespace longc {

// One kernel argument's memory. Rows beyond the tensor's are there to be read by mistake: they hold NaN.
class HostMemory {
public:
  HostMemory(const HostTensor &tensor, mlir::Type element, bool panels);

  longc_view view();
  HostTensor tensor() const;
  mlir::Type element() const { return element_; }
  // The tensor's bytes and those behind it.
  llvm::ArrayRef<char> bytes() const { return llvm::ArrayRef<char>(bytes_).drop_front(first_); }

private:
  void writeRowMajor(const HostTensor &tensor);
  void writePanels(const HostTensor &tensor);

  llvm::SmallVector<int64_t> shape_;
  mlir::Type element_;
  std::vector<char> bytes_;
  size_t first_ = 0; // of the tensor in bytes_, 64-byte aligned
};

} // namespace longc
