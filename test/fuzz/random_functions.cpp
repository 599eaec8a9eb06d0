// longc-random-functions: what inputs of functions_fuzz say, and inputs to begin with.
//
//   longc-random-functions show FILE             the function that the bytes of FILE choose
//   longc-random-functions seeds FOLDER COUNT    COUNT inputs drawn from the seeds 0 to COUNT - 1
//   longc-random-functions write FOLDER COUNT [FIRST]    their functions, as FOLDER/N.mlir
#include "test/fuzz/RandomFunction.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

using namespace longc::fuzz;

namespace {

std::vector<uint8_t> drawn(unsigned seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> bytes(160);
  for (uint8_t &byte : bytes)
    byte = static_cast<uint8_t>(random());
  return bytes;
}

// The first three bytes say how it is compiled.
std::string functionOf(const std::vector<uint8_t> &bytes) {
  Choices choices(std::span(bytes).subspan(std::min<size_t>(bytes.size(), 3)));
  return randomFunction(choices);
}

} // namespace

int main(int argc, char **argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "show") {
    std::ifstream file(words[1], std::ios::binary);
    std::cout << functionOf({std::istreambuf_iterator<char>(file), {}});
    return 0;
  }
  if (words.size() < 3 || (words[0] != "seeds" && words[0] != "write")) {
    std::cerr << "usage: longc-random-functions show FILE | seeds FOLDER COUNT | write FOLDER COUNT [FIRST]\n";
    return 2;
  }
  int first = words.size() > 3 ? std::atoi(words[3].c_str()) : 0;
  for (int seed = first; seed < first + std::atoi(words[2].c_str()); ++seed) {
    std::vector<uint8_t> bytes = drawn(static_cast<unsigned>(seed));
    std::string path = words[1] + "/" + std::to_string(seed);
    if (words[0] == "write")
      std::ofstream(path + ".mlir") << functionOf(bytes);
    else
      std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char *>(bytes.data()), 160);
  }
  return 0;
}
