// Emits the kernel table as an object file through LLVM.
#include "codegen/KernelTable.h"

#include "runtime/abi/longc_abi.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;

namespace longc {
namespace {

class TableBuilder {
public:
  explicit TableBuilder(Module &module)
      : module_(module), context_(module.getContext()), pointer_(PointerType::get(context_, 0)),
        int64_(Type::getInt64Ty(context_)), int32_(Type::getInt32Ty(context_)) {}

  void build(const std::vector<CompiledKernel> &kernels, const std::vector<DeviceImage> &images) {
    SmallVector<Constant *> kernelRows, imageRows;
    auto *kernelType = StructType::get(context_, {pointer_, pointer_, pointer_, int64_});
    auto *imageType = StructType::get(context_, {pointer_, pointer_, pointer_, int64_});
    auto *functionType = FunctionType::get(Type::getVoidTy(context_), {pointer_, pointer_, int64_, int64_, pointer_}, false);
    for (const CompiledKernel &kernel : kernels) {
      Constant *function = cast<Constant>(module_.getOrInsertFunction(kernel.symbol, functionType).getCallee());
      kernelRows.push_back(ConstantStruct::get(kernelType, {text(kernel.name), text(kernel.variant), function,
                                                            ConstantInt::get(int64_, kernel.scratchBytes)}));
    }
    for (const DeviceImage &image : images)
      imageRows.push_back(ConstantStruct::get(
          imageType, {text(image.kernel), text(image.target), bytes(StringRef(image.code.data(), image.code.size()), 64),
                      ConstantInt::get(int64_, image.code.size())}));
    auto *tableType = StructType::get(context_, {int32_, int32_, pointer_, int32_, int32_, pointer_});
    Constant *table = ConstantStruct::get(
        tableType, {ConstantInt::get(int32_, LONGC_ABI_VERSION), ConstantInt::get(int32_, kernels.size()),
                    array(kernelType, kernelRows), ConstantInt::get(int32_, images.size()), ConstantInt::get(int32_, 0),
                    array(imageType, imageRows)});
    new GlobalVariable(module_, tableType, /*isConstant=*/true, GlobalValue::ExternalLinkage, table, "longc_program");
  }

private:
  Constant *bytes(StringRef data, uint64_t alignment) {
    Constant *value = ConstantDataArray::getString(context_, data, /*AddNull=*/true);
    auto *global = new GlobalVariable(module_, value->getType(), true, GlobalValue::PrivateLinkage, value);
    global->setAlignment(Align(alignment));
    return global;
  }
  Constant *text(StringRef string) { return bytes(string, 1); }
  Constant *array(StructType *type, ArrayRef<Constant *> rows) {
    auto *arrayType = ArrayType::get(type, rows.size());
    return new GlobalVariable(module_, arrayType, true, GlobalValue::PrivateLinkage, ConstantArray::get(arrayType, rows));
  }

  Module &module_;
  LLVMContext &context_;
  PointerType *pointer_;
  Type *int64_, *int32_;
};

} // namespace

Result<std::string> buildKernelTable(const std::vector<CompiledKernel> &kernels,
                                     const std::vector<DeviceImage> &images) {
  InitializeNativeTarget();
  InitializeNativeTargetAsmPrinter();
  LLVMContext context;
  Module module("longc_program", context);
  Triple triple(sys::getDefaultTargetTriple());
  std::string error;
  const Target *target = TargetRegistry::lookupTarget(triple, error);
  if (!target)
    return Status::error(3901, "no code generator for this machine: " + error);
  std::unique_ptr<TargetMachine> machine(
      target->createTargetMachine(triple, "generic", "", TargetOptions(), Reloc::PIC_));
  module.setTargetTriple(triple);
  module.setDataLayout(machine->createDataLayout());
  TableBuilder(module).build(kernels, images);

  SmallString<0> object;
  raw_svector_ostream stream(object);
  legacy::PassManager passes;
  if (machine->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::ObjectFile))
    return Status::error(3901, "the code generator of this machine writes no object files");
  passes.run(module);
  return std::string(object.str());
}

} // namespace longc
