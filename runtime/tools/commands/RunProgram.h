// Everything that main() of a compiled program does.
#pragma once

namespace longc {

/// Runs the command that the words name; the exit code of the process.
int runProgram(int count, char **words);

} // namespace longc
