// One rendering of a chat template: walks the tree, keeps the names, counts steps and bytes.
//
// Every public operation may throw TemplateFailure, with the place that is being evaluated.
#pragma once

#include "runtime/text/TemplateAst.h"

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

// The names of a block, a loop's turn or a macro's call.
struct TemplateScope {
  std::map<std::string, TemplateValue, std::less<>> variables;
  std::shared_ptr<TemplateScope> parent;
};

// What a run may use up.
struct TemplateBudget {
  uint64_t steps = 0, workBytes = 0, outputBytes = 0;
};

class TemplateRun {
public:
  TemplateRun(TemplateBudget budget, std::time_t now) : budget_(budget), now_(now) {}

  std::string render(const TemplateProgram &program, std::map<std::string, TemplateValue, std::less<>> variables);

  // For filters, tests and functions.
  std::time_t now() const { return now_; }
  void charge(size_t bytes); // call it before reading or making that many bytes
  size_t workLeft() const { return budget_.workBytes - workDone_; }
  [[noreturn]] void fail(std::string message, std::string hint = "",
                         TemplateErrorCode code = TemplateErrorCode::Evaluation) const;
  const std::string &expectString(const TemplateValue &value, const char *what) const;
  void expectKey(const TemplateValue &value) const; // something a dictionary can have as a key
  int64_t expectInteger(const TemplateValue &value, const char *what) const;

  TemplateValue makeList(std::vector<TemplateValue> items, bool tuple = false);
  TemplateValue makeDict(std::vector<std::pair<TemplateValue, TemplateValue>> entries);
  TemplateValue makeNamespace();

  std::string textOf(const TemplateValue &value); // str()
  std::string jsonOf(const TemplateValue &value, const TemplateArguments &options);
  bool equal(const TemplateValue &a, const TemplateValue &b);
  bool less(const TemplateValue &a, const TemplateValue &b);
  bool contains(const TemplateValue &container, const TemplateValue &item);
  TemplateValue operate(TemplateOperator op, const TemplateValue &a, const TemplateValue &b);
  // What a loop over `value` goes through: items, keys, characters.
  std::vector<TemplateValue> itemsOf(const TemplateValue &value);
  const TemplateValue *lookUp(const TemplateDict &dict, const TemplateValue &key);
  TemplateValue attribute(const TemplateValue &value, const std::string &name);
  TemplateValue item(const TemplateValue &value, const TemplateValue &key);
  TemplateValue call(const TemplateValue &callee, const TemplateArguments &arguments);
  TemplateValue applyFilter(const std::string &name, const TemplateValue &value, const TemplateArguments &arguments);
  bool applyTest(const std::string &name, const TemplateValue &value, const TemplateArguments &arguments);

private:
  enum class Flow { Next, Break, Continue };
  using Scope = std::shared_ptr<TemplateScope>;

  // Counts a step at a place and how deep the run is inside itself.
  class Step {
  public:
    Step(TemplateRun &run, TemplatePlace place);
    ~Step() { --run_.depth_; }
    Step(const Step &) = delete;

  private:
    TemplateRun &run_;
  };

  // Statements (TemplateRun.cpp).
  Flow execute(const TemplateBlock &block);
  Flow execute(const TemplateStatement &statement);
  Flow executeIf(const TemplateStatement &statement);
  Flow executeScope(const TemplateStatement &statement);
  void executeFor(const TemplateStatement &statement);
  std::vector<TemplateValue> loopItems(const TemplateStatement &statement);
  TemplateValue loopVariable(const std::vector<TemplateValue> &items, size_t index);
  void defineMacro(const TemplateStatement &statement);
  TemplateValue callMacro(const TemplateCallable &macro, const TemplateArguments &arguments);
  void bindParameters(const TemplateStatement &macro, const TemplateArguments &arguments);
  void assign(const TemplateTarget &target, const TemplateValue &value);
  void emit(std::string_view text);
  std::string capture(const TemplateBlock &block);
  // Runs `body` with `scope` as the names, then the former ones again.
  template <typename Body> auto within(Scope scope, Body body);
  Scope newScope() const { return std::make_shared<TemplateScope>(TemplateScope{{}, scope_}); }

  // Expressions (TemplateEvaluate.cpp).
  TemplateValue evaluate(const TemplateExpression &expression);
  TemplateValue evaluateName(const TemplateExpression &expression);
  TemplateValue evaluateList(const TemplateExpression &expression);
  TemplateValue evaluateDict(const TemplateExpression &expression);
  TemplateValue evaluateConcat(const TemplateExpression &expression);
  TemplateValue evaluateConditional(const TemplateExpression &expression);
  TemplateValue evaluateSign(const TemplateExpression &expression);
  TemplateValue evaluateCompare(const TemplateExpression &expression);
  TemplateValue evaluateSlice(const TemplateExpression &expression);
  TemplateValue evaluateApplication(const TemplateExpression &expression);
  bool compare(TemplateOperator op, const TemplateValue &a, const TemplateValue &b);

  // Arithmetic (TemplateArithmetic.cpp).
  TemplateValue add(const TemplateValue &a, const TemplateValue &b);
  TemplateValue multiply(const TemplateValue &a, const TemplateValue &b);
  TemplateValue repeat(const TemplateValue &value, int64_t times);
  TemplateValue arithmetic(TemplateOperator op, const TemplateValue &a, const TemplateValue &b);
  TemplateValue arithmetic(TemplateOperator op, int64_t a, int64_t b);
  TemplateValue arithmetic(TemplateOperator op, double a, double b);
  TemplateValue power(int64_t base, int64_t exponent);

  // Text (TemplateText.cpp).
  void writeText(std::string &out, const TemplateValue &value, bool quoted);
  void writeItems(std::string &out, const TemplateList &list);
  void writeEntries(std::string &out, const TemplateDict &dict);

  TemplateBudget budget_;
  std::time_t now_;
  uint64_t stepsDone_ = 0, workDone_ = 0;
  int depth_ = 0;
  TemplatePlace place_;
  Scope scope_;
  std::string *output_ = nullptr;
  std::vector<std::unique_ptr<TemplateNamespace>> namespaces_;
};

} // namespace longc
