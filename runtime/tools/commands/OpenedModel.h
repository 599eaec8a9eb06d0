// The running program opened for a command that deals in text: loaded, with its tokenizer and session options.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

struct OpenedModel {
  LoadedProgram loaded;
  Tokenizer tokenizer;
  SessionOptions options;
  ProgressMode mode;

  /// Checks the options that all such commands share, then loads the program.
  static Result<OpenedModel> open(const Arguments &arguments);

  Engine &engine() const { return *loaded.engine; }
  Result<std::unique_ptr<Session>> newSession() const { return Session::create(*loaded.engine, options); }

  /// Token ids of `text`. Bytes that the vocabulary cannot represent are left out, which a warning says: "2 bytes of
  /// WHAT have no token in this model's vocabulary and are left out".
  std::vector<int32_t> encode(std::string_view text, bool parseSpecial, std::string_view what) const;
  /// Token ids of a file as plain text.
  Result<std::vector<int32_t>> encodeFile(const std::string &path) const;
  /// The file that --text names as token ids; none without the option.
  Result<std::vector<int32_t>> fillerText(const Arguments &arguments) const;
};

} // namespace longc
