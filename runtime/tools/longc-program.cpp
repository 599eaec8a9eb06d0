// main() of every compiled program.
#include "runtime/tools/commands/RunProgram.h"

int main(int count, char **words) { return longc::runProgram(count, words); }
