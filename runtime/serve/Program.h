// A compiled program as the runtime sees it: the message and the mapped weights behind an executable, checked once.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/Arena.h"
#include "runtime/core/Status.h"
#include "runtime/io/MappedFile.h"

#include <cstddef>
#include <functional>
#include <google/protobuf/arena.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// Bytes of one element; 0 for the quantised types, which only parameters have.
int64_t elementBytes(abi::ElementType type);
const char *elementName(abi::ElementType type);

/// Whether a function is of a training alone.
bool trains(const abi::Function &function);
using FunctionChoice = std::function<bool(const abi::Function &)>;

/// By index.
std::vector<std::string> kernelNames(const abi::Program &program);

class Program {
public:
  /// Reads the tail of `path` (runtime/abi/longc_abi.h). The message's checksum is always compared, that of the
  /// weights with `verifyWeights` (it reads them all). `keeps`: functions that it says no to are not held in memory, of which
  /// they take most but for the weights.
  static Result<std::unique_ptr<Program>> open(const std::string &path, bool verifyWeights, const FunctionChoice &keeps = nullptr);

  const abi::Program &message() const { return *message_; }
  /// Bytes of a parameter's value, and the value: the stored one, or zeros where it has an initializer (it begins there
  /// only when it is trained).
  uint64_t parameterBytes(uint32_t index) const;
  const std::byte *parameterData(uint32_t index) const;
  /// A value that was copied and is not looked at again takes no memory any more.
  void forgetParameter(uint32_t index) const;
  /// Identifies the weights; saved memories carry it.
  const std::string &fingerprint() const { return message_->fingerprint(); }
  uint64_t weightsBytes() const { return weights_.bytes().size(); }

  const abi::Module &module() const { return message_->modules(0); }
  /// Null when the program has no such function.
  const abi::Function *findFunction(std::string_view name, std::string_view precision,
                                    std::string_view target) const;

private:
  Program() = default;

  Status read(const std::string &path, const longc_footer &footer, const FunctionChoice &keeps);
  Status makeZeros();

  google::protobuf::Arena messageMemory_; // all of the message: tens of thousands of small pieces
  abi::Program *message_ = google::protobuf::Arena::CreateMessage<abi::Program>(&messageMemory_);
  MappedFile weights_;
  Arena zeros_; // as many as the largest parameter with an initializer has
};

} // namespace longc
