// The running program opened for a command that deals in text: loaded, with its tokenizer and session options.
#pragma once

#include "runtime/tools/commands/Command.h"

namespace longc {

struct OpenedModel {
  LoadedProgram loaded;
  Tokenizer tokenizer;
  SessionOptions options;
  ProgressMode mode;
  std::optional<MemoryFile> saved; // what --load-memory names

  /// Checks the options that all such commands share, then loads the program.
  static Result<OpenedModel> open(const Arguments &arguments, const LoadOptions &wanted = {});

  Engine &engine() const { return *loaded.engine; }
  Result<std::unique_ptr<Session>> newSession() const { return Session::create(*loaded.engine, options); }
  /// A session that goes on from the saved memory.
  Result<std::unique_ptr<Session>> savedSession() const { return Session::load(*loaded.engine, options, *saved); }

  /// Bytes that the vocabulary cannot represent are left out of the ids, which this warning says: "2 bytes of WHAT have no
  /// token in this model's vocabulary and are left out".
  void warnOfLostBytes(std::string_view text, std::string_view what) const;
  /// Token ids of `text`, with that warning.
  std::vector<int32_t> encode(std::string_view text, bool parseSpecial, std::string_view what) const;
  /// Token ids of a file as plain text.
  Result<std::vector<int32_t>> encodeFile(const std::string &path) const;
  /// The file that --text names as token ids; none without the option.
  Result<std::vector<int32_t>> fillerText(const Arguments &arguments) const;
};

} // namespace longc
