// Options to what a writer takes, and a folder that is whole or not there.
#include "frontends/tools/driver/Convert.h"

#include "dialects/lm/LmDialect.h"
#include "frontends/hf/WriteHf.h"
#include "frontends/tools/driver/BuildGraph.h"
#include "frontends/tools/driver/ConvertAdapter.h"
#include "frontends/tools/driver/CrashGuard.h"
#include "frontends/tools/driver/OverlayAdapter.h"
#include "frontends/tools/driver/ReadSize.h"
#include "runtime/core/Format.h"
#include "runtime/core/OutputFolder.h"

#include "mlir/IR/MLIRContext.h"

#include <cstdio>
#include <optional>

namespace longc {
namespace {

Result<HfWriting> readOptions(const ConvertOptions &options) {
  if (options.format != "hf" && options.format != "peft")
    return Status::error(1125, "--to '" + options.format + "' is not known", "formats: hf, peft");
  HfWriting writing;
  for (auto [name, type] : {std::pair("f32", SafetensorsType::F32), std::pair("f16", SafetensorsType::F16),
                            std::pair("bf16", SafetensorsType::BF16)})
    if (options.type == name)
      writing.type = type;
  if (!options.type.empty() && !writing.type)
    return Status::error(1127, "--dtype '" + options.type + "' is not known", "types: f32, f16, bf16; without it tensors keep their bits");
  const std::optional<uint64_t> size = readSize(options.shardSize);
  if (!size)
    return Status::error(1126, "--max-shard-size '" + options.shardSize + "' is no size", sizeWords);
  writing.shardBytes = *size;
  return writing;
}

Status writeModel(const ConvertOptions &options, const HfWriting &writing, const std::string &folder) {
  Result<Checkpoint> model = openCheckpoint(options.source);
  if (!model.ok())
    return model.status();
  std::optional<Adapter> adapter;
  if (!options.adapter.empty())
    LONGC_TRY(openAdapter(options.adapter, AdapterUse::write, *model, adapter));
  mlir::MLIRContext context;
  context.loadDialect<lm::LmDialect>();
  // What could not be compiled is not written either.
  if (auto graph = buildGraph(&context, *model); !graph.ok())
    return graph.status();
  Result<HfWritten> written = writeHf(*model, writing, folder);
  if (!written.ok())
    return Status::error(written.status().code(), options.source + ": " + written.status().message(), written.status().hint());
  if (options.quiet)
    return {};
  for (const std::vector<std::string> &notes : {model->notes, model->tokenizer.notes, written->notes})
    for (const std::string &note : notes)
      std::fprintf(stderr, "note: %s\n", note.c_str());
  std::fprintf(stderr, "wrote %s: %zu tensors in %zu file%s (%.0f MB)%s\n", options.output.c_str(), model->parameters.size(),
               written->files, written->files == 1 ? "" : "s", static_cast<double>(written->bytes) / 1e6,
               written->type.empty() ? "" : (", " + written->type).c_str());
  return {};
}

} // namespace

Status convert(const ConvertOptions &options) {
  Result<HfWriting> writing = readOptions(options);
  if (!writing.ok())
    return writing.status();
  std::optional<HeldSignals> held(std::in_place);
  // This process outlives the one that writes, so what that leaves unfinished goes with it.
  Result<OutputFolder> folder = OutputFolder::create(options.output);
  if (!folder.ok())
    return folder.status();
  LONGC_TRY(guardAgainstCrash({}, [&] {
    return options.format == "peft" ? convertAdapter(options, writing->type.value_or(SafetensorsType::F32), folder->path())
                                    : writeModel(options, *writing, folder->path());
  }));
  return folder->complete();
}

} // namespace longc
