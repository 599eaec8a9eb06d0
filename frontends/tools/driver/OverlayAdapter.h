// A PEFT adapter on its way into a program.
#pragma once

#include "frontends/peft/Adapter.h"
#include "frontends/tools/driver/Stages.h"
#include "runtime/abi/program.pb.h"

#include <optional>
#include <string>

namespace longc {

enum class AdapterUse {
  overlay, // its products stay beside the weights
  merge,   // they are added to the weights
  write,   // they are, and nothing is rounded
};

// Reads an adapter and puts what it brings whole in place of the base's parameters. What stays beside the weights is left in `adapter`.
Status openAdapter(const std::string &folder, AdapterUse use, Checkpoint &model, std::optional<Adapter> &adapter);

// Puts the products into the graph beside those of the base; their parameters become the checkpoint's.
Status insertAdapter(const Adapter &adapter, mlir::ModuleOp graph, Checkpoint &model, Stages &stages);

// What `longc convert --to peft` cannot see in the parameters: the factors of the products, and what the adapter brought whole.
void recordAdapter(const Adapter &adapter, abi::Program &program);

} // namespace longc
