// Finds the subcommand of a compiled program and runs it.
#include "runtime/tools/commands/RunProgram.h"

#include "runtime/core/ExitCode.h"
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/core/Uncaught.h"
#include "runtime/tools/commands/Command.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>

namespace longc {
namespace {

const Command *const commands[] = {&chatCommand,   &serveCommand,  &embedCommand, &generateCommand, &perplexityCommand, &passkeyCommand,
                                   &benchCommand,  &logitsCommand,   &infoCommand,
                                   &compressCommand, &askCommand, &evalFactsCommand, &evalRestateCommand,
                                   &trainCommand,  &lossCommand,     &packDataCommand, &dumpBatchCommand, &makeFactsCommand,
                                   &liftFitCommand, &liftAskCommand, &liftEvalCommand, &liftInfoCommand, &liftMergeCommand,
                                   &probeCommand,  &readCommand, &evalPasskeyCommand, &evalNeedleCommand, &evalContextCommand, &evalDictionaryCommand, &evalDistractionCommand, &evalTwoHopCommand, &runFunctionCommand, &tokenizeCommand};

std::string overview(const char *program) {
  std::string text = formatText("usage: %s COMMAND [OPTION]...\n\ncommands:\n", program);
  for (const Command *command : commands)
    if (!command->summary.empty())
      text += formatText("  %-12s %s\n", std::string(command->name).c_str(), std::string(command->summary).c_str());
  return text + "\n`COMMAND --help` lists a command's options. Each option can be set in the environment: --last-context\n"
                "is LONGC_LAST_CONTEXT. Results go to stdout, progress and notes to stderr.\n"
                "Exit codes: 0 ok, 1 error, 2 usage, 70 internal error, 71 out of memory, 130 interrupted.\n";
}

std::string commandHelp(const char *program, const Command &command, std::span<const std::string_view> options) {
  return formatText("usage: %s %s%s [OPTION]...\n\n%s\n\n", program, std::string(command.name).c_str(),
                    command.subject.empty() ? "" : " FILE", std::string(command.summary).c_str()) +
         optionHelp(options) + std::string(command.notes);
}

Status printVersion() {
  auto program = Program::open(programPath(), false);
  if (!program.ok())
    return program.status();
  return printText(formatText("%s, compiled from %s (model %s)\nstatically linked: libstdc++, protobuf-lite 3.21, PCRE2 10.42, xxhash, Boost 1.81 (headers)\n",
                              (*program)->message().compiler().c_str(), (*program)->message().source().c_str(),
                              (*program)->fingerprint().c_str()));
}

// The command that the first word names, or the first two.
const Command *findCommand(std::span<char *const> words) {
  const std::string one = words.empty() ? "" : words[0], two = words.size() < 2 ? one : one + " " + words[1];
  auto found = std::find_if(std::begin(commands), std::end(commands),
                            [&](const Command *command) { return command->name == one || command->name == two; });
  return found == std::end(commands) ? nullptr : *found;
}

// Second words of the commands that begin with `name`, with commas.
std::string commandsOf(std::string_view name) {
  std::string all;
  for (const Command *command : commands)
    if (!name.empty() && command->name.size() > name.size() && command->name.starts_with(name) && command->name[name.size()] == ' ')
      all += (all.empty() ? "" : ", ") + std::string(command->name.substr(name.size() + 1));
  return all;
}

Status runCommand(const char *program, std::span<char *const> words) {
  std::string_view name = words.empty() ? "" : words[0];
  if (name == "--help" || name == "-h" || name == "help")
    return printText(overview(program));
  if (name == "--version")
    return printVersion();
  const Command *found = findCommand(words);
  if (const std::string all = found ? "" : commandsOf(name); !all.empty())
    return Status::error(1000, "'" + std::string(name) + "' needs a second word: " + all, formatText("`%s --help` says what each does", program));
  if (!found)
    return Status::error(1000, name.empty() ? std::string("a command is missing") : "unknown command '" + std::string(name) + "'",
                         formatText("`%s --help` lists the commands", program));
  const Command &command = *found;
  std::vector<std::string_view> options = command.options;
  options.push_back("help");
  std::sort(options.begin(), options.end());
  const size_t named = command.name.find(' ') == std::string_view::npos ? 1 : 2;
  auto arguments = Arguments::parse(command.name, options, words.subspan(named), command.subject);
  if (!arguments.ok())
    return arguments.status();
  if (arguments->flag("help"))
    return printText(commandHelp(program, command, options));
  return command.run(*arguments);
}

} // namespace

int runProgram(int count, char **words) {
  nameUncaughtExceptions();
  try {
    Status status = runCommand(count > 0 ? words[0] : "program", std::span<char *const>(words + 1, words + std::max(count, 1)));
    if (!status.ok())
      logError(status);
    return exitCodeOf(status);
  } catch (const std::bad_alloc &) {
    exitOutOfMemory();
  } catch (const std::exception &error) {
    logError(Status::error(9001, std::string("internal error: ") + error.what(), "please report this with the command line"));
    return exitInternal;
  }
}

} // namespace longc
