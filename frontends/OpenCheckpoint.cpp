// Which frontend reads a path.
#include "frontends/Checkpoint.h"

#include "frontends/gguf/ImportGguf.h"
#include "frontends/hf/ImportHf.h"
#include "runtime/io/ModelFileError.h"

#include <sys/stat.h>

namespace longc {
namespace {

Result<Checkpoint> importFrom(const std::string &path) {
  struct stat info;
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode))
    return importHf(path);
  for (const char *pickle : {".bin", ".pt", ".pth", ".ckpt"})
    if (path.ends_with(pickle))
      return Status::error(TensorTypeUnsupported, "'" + path + "' is a pickle, which runs code when it is read: expected safetensors",
                           "convert it: load the model with transformers and call save_pretrained; then give the folder");
  if (path.ends_with(".safetensors"))
    return Status::error(FileUnreadable, "'" + path + "' holds tensors alone: expected a model's folder or a .gguf file",
                         "give the folder that it lies in, with config.json and tokenizer.json");
  return importGguf(path);
}

} // namespace

Result<Checkpoint> openCheckpoint(const std::string &path) {
  Result<Checkpoint> checkpoint = importFrom(path);
  if (checkpoint.ok())
    checkpoint->path = path;
  return checkpoint;
}

} // namespace longc
