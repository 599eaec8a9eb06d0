// Tests: what may follow `is`.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

namespace longc {

bool TemplateRun::applyTest(const std::string &name, const TemplateValue &value, const TemplateArguments &arguments) {
  if (const TemplateBuiltin *test = findBuiltin(templateTests(), name)) {
    checkArguments(*this, "test '" + name + "'", test->parameters, arguments);
    return test->function(*this, value, arguments).truth();
  }
  std::string known;
  for (const TemplateBuiltin &test : templateTests())
    known += (known.empty() ? "" : ", ") + std::string(test.name);
  fail("unknown test '" + name + "'", "supported: " + known);
}

namespace {

using Value = TemplateValue;
using Arguments = TemplateArguments;

const Value &operand(TemplateRun &run, const Arguments &arguments) {
  if (arguments.positional.empty())
    run.fail("the test needs something to compare with");
  return arguments.positional[0];
}

Value isDefined(TemplateRun &, const Value &self, const Arguments &) { return !self.isUndefined(); }
Value isUndefined(TemplateRun &, const Value &self, const Arguments &) { return self.isUndefined(); }
Value isNone(TemplateRun &, const Value &self, const Arguments &) { return self.isNone(); }
Value isBoolean(TemplateRun &, const Value &self, const Arguments &) { return self.get<bool>() != nullptr; }
Value isInteger(TemplateRun &, const Value &self, const Arguments &) { return self.get<int64_t>() != nullptr; }
Value isFloat(TemplateRun &, const Value &self, const Arguments &) { return self.get<double>() != nullptr; }
Value isNumber(TemplateRun &, const Value &self, const Arguments &) { return self.isNumber(); }
Value isString(TemplateRun &, const Value &self, const Arguments &) { return self.string() != nullptr; }
Value isMapping(TemplateRun &, const Value &self, const Arguments &) { return self.dict() != nullptr; }
Value isCallable(TemplateRun &, const Value &self, const Arguments &) { return self.callable() != nullptr; }

// An undefined value counts: it can be gone through, and is empty.
Value isIterable(TemplateRun &, const Value &self, const Arguments &) {
  return self.string() || self.list() || self.dict() || self.isUndefined();
}

Value isTrue(TemplateRun &, const Value &self, const Arguments &) { return self.get<bool>() && *self.get<bool>(); }
Value isFalse(TemplateRun &, const Value &self, const Arguments &) { return self.get<bool>() && !*self.get<bool>(); }

Value isEqual(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return run.equal(self, operand(run, arguments));
}
Value isNotEqual(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return !run.equal(self, operand(run, arguments));
}
Value isLess(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return run.less(self, operand(run, arguments));
}
Value isGreater(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return run.less(operand(run, arguments), self);
}
Value isAtMost(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return isLess(run, self, arguments).truth() || run.equal(self, operand(run, arguments));
}
Value isAtLeast(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return isGreater(run, self, arguments).truth() || run.equal(self, operand(run, arguments));
}
Value isIn(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return run.contains(operand(run, arguments), self);
}

Value isDivisible(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return !run.operate(TemplateOperator::Modulo, self, operand(run, arguments)).truth();
}
Value isEven(TemplateRun &run, const Value &self, const Arguments &) {
  return !run.operate(TemplateOperator::Modulo, self, int64_t(2)).truth();
}
Value isOdd(TemplateRun &run, const Value &self, const Arguments &) {
  return run.equal(run.operate(TemplateOperator::Modulo, self, int64_t(2)), int64_t(1));
}

Value isUpper(TemplateRun &run, const Value &self, const Arguments &) {
  std::string text = run.textOf(self);
  return upperText(text) == text && lowerText(text) != text;
}
Value isLower(TemplateRun &run, const Value &self, const Arguments &) {
  std::string text = run.textOf(self);
  return lowerText(text) == text && upperText(text) != text;
}

constexpr TemplateBuiltin tests[] = {
    {"!=", isNotEqual, "other"},
    {"<", isLess, "other"},
    {"<=", isAtMost, "other"},
    {"==", isEqual, "other"},
    {">", isGreater, "other"},
    {">=", isAtLeast, "other"},
    {"boolean", isBoolean, ""},
    {"callable", isCallable, ""},
    {"defined", isDefined, ""},
    {"divisibleby", isDivisible, "num"},
    {"eq", isEqual, "other"},
    {"equalto", isEqual, "other"},
    {"even", isEven, ""},
    {"false", isFalse, ""},
    {"float", isFloat, ""},
    {"ge", isAtLeast, "other"},
    {"greaterthan", isGreater, "other"},
    {"gt", isGreater, "other"},
    {"in", isIn, "seq"},
    {"integer", isInteger, ""},
    {"iterable", isIterable, ""},
    {"le", isAtMost, "other"},
    {"lessthan", isLess, "other"},
    {"lower", isLower, ""},
    {"lt", isLess, "other"},
    {"mapping", isMapping, ""},
    {"ne", isNotEqual, "other"},
    {"none", isNone, ""},
    {"number", isNumber, ""},
    {"odd", isOdd, ""},
    {"sequence", isIterable, ""},
    {"string", isString, ""},
    {"true", isTrue, ""},
    {"undefined", isUndefined, ""},
    {"upper", isUpper, ""},
};

} // namespace

std::span<const TemplateBuiltin> templateTests() { return tests; }

} // namespace longc
