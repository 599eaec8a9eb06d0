// `tokenize`: the ids of a text.
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/Command.h"

namespace longc {
namespace {

Status runTokenize(const Arguments &arguments) {
  if (!arguments.has("file"))
    return Status::error(1006, "expected --file FILE", "see --help");
  auto text = readTextFile(arguments.text("file"));
  if (!text.ok())
    return text.status();
  auto program = Program::open(programPath(), false);
  if (!program.ok())
    return program.status();
  auto tokenizer = createTokenizer((*program)->module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  std::string ids;
  bool json = arguments.flag("json");
  for (int32_t id : tokenizer->encode(*text, /*parseSpecial=*/true))
    ids += (ids.empty() ? "" : json ? ", " : "\n") + std::to_string(id);
  return printText(json ? "{\"token_ids\": [" + ids + "]}\n" : ids.empty() ? ids : ids + "\n");
}

} // namespace

const Command tokenizeCommand = {"tokenize", "prints the token ids of a file's bytes: nothing is added, special tokens are found",
                                 {"file", "json"}, runTokenize};

} // namespace longc
