// Fuzz target of the program message: any bytes; what the check lets through must be safe to plan.
//
// Built with LONGC_WRITE_SEEDS it writes its seed instead: `program_seeds FOLDER`.
#include "runtime/serve/CheckProgram.h"
#include "runtime/serve/FunctionPlan.h"

#include <cstdio>
#include <cstdlib>
#include <google/protobuf/stubs/logging.h>

using namespace longc;

#ifdef LONGC_WRITE_SEEDS
#include "test/runtime/FakeProgram.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: program_seeds FOLDER\n");
    return 2;
  }
  abi::Program program = fake::program();
  program.mutable_modules(0)->clear_tokenizer(); // text is another target's business
  std::string bytes = program.SerializeAsString();
  std::FILE *out = std::fopen((std::string(argv[1]) + "/counting-model").c_str(), "wb");
  bool written = out && std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
  if (out)
    written &= std::fclose(out) == 0;
  return written ? 0 : 1;
}

#else

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  google::protobuf::SetLogHandler(nullptr);
  abi::Program program;
  if (!program.ParseFromArray(data, static_cast<int>(size)) || !checkProgram(program, 1 << 20).ok())
    return 0;
  for (const abi::Module &module : program.modules())
    for (const abi::Function &function : module.functions()) {
      FunctionPlan plan(function, program);
      std::vector<int64_t> symbols(plan.symbolNames.size(), 7);
      if (plan.buffers.size() < 2000) // placing is quadratic
        (void)plan.layOut(symbols);
      for (const StepPlan &step : plan.steps) {
        for (const SizeExpr &extent : step.grid)
          (void)extent.evaluate(symbols);
        for (const OperandPlan &operand : step.operands)
          (void)(operand.isScalar ? operand.scalar.evaluate(symbols).has_value() : plan.buffers[operand.buffer].sizes.empty());
        if (step.kind == abi::Step::kCopy || step.kind == abi::Step::kFill)
          (void)(plan.buffers[step.source].sizes.size() + plan.buffers[step.target].sizes.size());
      }
    }
  return 0;
}
#endif
