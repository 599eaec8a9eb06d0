// Traits of a graph, read off its ops: a model that gains a setting has it among its traits by itself.
#include "frontends/tools/driver/ModelTraits.h"

#include "dialects/lm/LmDialect.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/StringExtras.h"

#include <map>
#include <set>

using namespace mlir;

namespace longc {
namespace {

// "0.0001", "half"
std::string textOf(Attribute value) {
  if (auto number = dyn_cast<FloatAttr>(value))
    return formatText("%.9g", number.getValueAsDouble());
  std::string text;
  llvm::raw_string_ostream(text) << value; // of a number with its type
  return text.substr(0, text.find(" : "));
}

// "rms norm epsilon"
std::string nameOf(Operation &op, StringAttr attribute) {
  std::string name = (op.getName().stripDialect() + " " + attribute.getValue()).str();
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

// "9 of 64"
std::string headsOf(Value heads) {
  ArrayRef<int64_t> shape = cast<RankedTensorType>(heads.getType()).getShape();
  return std::to_string(shape[1]) + " of " + std::to_string(shape[2]);
}

void addTrait(std::string name, std::string value, abi::Module &module) {
  abi::Trait *trait = module.add_traits();
  trait->set_name(std::move(name));
  trait->set_value(std::move(value));
}

} // namespace

void describeTraits(ModuleOp graph, abi::Module &module) {
  std::map<std::string, std::set<std::string>> settings; // ops of a kind may differ
  std::string text;
  llvm::raw_string_ostream stream(text);
  for (auto function : graph.getOps<func::FuncOp>()) {
    function.print(stream);
    function.walk([&](Operation *op) {
      if (!isa<lm::LmDialect>(op->getDialect()))
        return;
      for (NamedAttribute attribute : op->getAttrDictionary())
        if (!isa<SymbolRefAttr>(attribute.getValue()))
          settings[nameOf(*op, attribute.getName())].insert(textOf(attribute.getValue()));
      if (auto attention = dyn_cast<lm::PackedAttentionOp>(op)) {
        settings["heads"].insert(headsOf(attention.getQ()));
        settings["key heads"].insert(headsOf(attention.getK()));
      }
    });
  }
  for (const auto &[name, values] : settings)
    addTrait(name, llvm::join(values, ", "), module);
  addTrait("graph", hashText(hashBytes(text.data(), text.size())), module);
}

} // namespace longc
