// Evaluation of template expressions.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>

namespace longc {

namespace {

using Kind = TemplateExpression::Kind;

// Python's name for a type, as jinja2 words it in "has no attribute".
const char *objectName(const TemplateValue &value) {
  if (value.string())
    return "str object";
  if (value.dict())
    return "dict object";
  if (value.list())
    return value.list()->tuple ? "tuple object" : "list object";
  return value.typeName();
}

TemplateValue bindMethod(const TemplateBuiltin &method, const TemplateValue &self) {
  TemplateCallable bound{
      .name = std::string(method.name), .function = method.function, .parameters = method.parameters, .self = self};
  return TemplateValue(std::make_shared<const TemplateCallable>(std::move(bound)));
}

// The indices that Python's slice start:stop:step takes of `size` items.
std::vector<size_t> sliceIndices(int64_t size, const int64_t *start, const int64_t *stop, int64_t step) {
  int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  auto clamp = [&](const int64_t *bound, int64_t missing) {
    if (!bound)
      return missing;
    return *bound < 0 ? std::max(low, *bound + size) : std::min(high, *bound);
  };
  int64_t first = clamp(start, step > 0 ? low : high), last = clamp(stop, step > 0 ? high : low);
  std::vector<size_t> indices;
  if (step > 0 ? first >= last : first <= last)
    return indices;
  uint64_t distance = static_cast<uint64_t>(step > 0 ? last - first : first - last);
  uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : uint64_t(0) - static_cast<uint64_t>(step);
  for (uint64_t offset = 0; offset < distance; offset += stride) {
    indices.push_back(
        static_cast<size_t>(step > 0 ? first + static_cast<int64_t>(offset) : first - static_cast<int64_t>(offset)));
    if (stride > distance - offset)
      break;
  }
  return indices;
}

} // namespace

TemplateValue TemplateRun::evaluate(const TemplateExpression &e) {
  Step step(*this, e.place);
  switch (e.kind) {
  case Kind::Literal:
    return e.literal;
  case Kind::Name:
    return evaluateName(e);
  case Kind::List:
  case Kind::Tuple:
    return evaluateList(e);
  case Kind::Dict:
    return evaluateDict(e);
  case Kind::Not:
    return !evaluate(*e.operands[0]).truth();
  case Kind::Negate:
  case Kind::Plus:
    return evaluateSign(e);
  case Kind::And: {
    TemplateValue left = evaluate(*e.operands[0]);
    return left.truth() ? evaluate(*e.operands[1]) : left;
  }
  case Kind::Or: {
    TemplateValue left = evaluate(*e.operands[0]);
    return left.truth() ? left : evaluate(*e.operands[1]);
  }
  case Kind::Binary: {
    TemplateValue left = evaluate(*e.operands[0]), right = evaluate(*e.operands[1]);
    place_ = e.place;
    return operate(e.operators[0], left, right);
  }
  case Kind::Compare:
    return evaluateCompare(e);
  case Kind::Concat:
    return evaluateConcat(e);
  case Kind::Conditional:
    return evaluateConditional(e);
  case Kind::Attribute: {
    TemplateValue value = evaluate(*e.operands[0]);
    place_ = e.place;
    return attribute(value, e.name);
  }
  case Kind::Item: {
    TemplateValue value = evaluate(*e.operands[0]), key = evaluate(*e.operands[1]);
    place_ = e.place;
    return item(value, key);
  }
  case Kind::Slice:
    return evaluateSlice(e);
  case Kind::Call:
  case Kind::Filter:
  case Kind::Test:
    return evaluateApplication(e);
  }
  fail("unknown kind of expression");
}

TemplateValue TemplateRun::evaluateName(const TemplateExpression &e) {
  for (TemplateScope *scope = scope_.get(); scope; scope = scope->parent.get())
    if (auto found = scope->variables.find(e.name); found != scope->variables.end())
      return found->second;
  return TemplateUndefined{"'" + e.name + "' is undefined"};
}

TemplateValue TemplateRun::evaluateList(const TemplateExpression &e) {
  std::vector<TemplateValue> items;
  for (const TemplateExpressionPtr &operand : e.operands)
    items.push_back(evaluate(*operand));
  place_ = e.place;
  return makeList(std::move(items), e.kind == Kind::Tuple);
}

TemplateValue TemplateRun::evaluateDict(const TemplateExpression &e) {
  std::vector<std::pair<TemplateValue, TemplateValue>> entries;
  for (size_t i = 0; i < e.operands.size(); i += 2) {
    TemplateValue key = evaluate(*e.operands[i]);
    entries.emplace_back(std::move(key), evaluate(*e.operands[i + 1]));
  }
  place_ = e.place;
  return makeDict(std::move(entries));
}

TemplateValue TemplateRun::evaluateConcat(const TemplateExpression &e) {
  std::string text;
  for (const TemplateExpressionPtr &operand : e.operands)
    text += textOf(evaluate(*operand));
  place_ = e.place;
  charge(text.size());
  return text;
}

TemplateValue TemplateRun::evaluateConditional(const TemplateExpression &e) {
  if (evaluate(*e.operands[1]).truth())
    return evaluate(*e.operands[0]);
  if (e.operands[2])
    return evaluate(*e.operands[2]);
  return TemplateUndefined{"the inline if was false and has no else"};
}

TemplateValue TemplateRun::evaluateSign(const TemplateExpression &e) {
  TemplateValue value = evaluate(*e.operands[0]);
  place_ = e.place;
  if (!value.isNumber())
    fail(std::string("cannot put a sign before ") + value.typeName());
  return operate(e.kind == Kind::Negate ? TemplateOperator::Subtract : TemplateOperator::Add, int64_t(0), value);
}

bool TemplateRun::compare(TemplateOperator op, const TemplateValue &a, const TemplateValue &b) {
  switch (op) {
  case TemplateOperator::Equal:
    return equal(a, b);
  case TemplateOperator::NotEqual:
    return !equal(a, b);
  case TemplateOperator::Less:
    return less(a, b);
  case TemplateOperator::LessEqual:
    return less(a, b) || equal(a, b);
  case TemplateOperator::Greater:
    return less(b, a);
  case TemplateOperator::GreaterEqual:
    return less(b, a) || equal(a, b);
  case TemplateOperator::In:
    return contains(b, a);
  default:
    return !contains(b, a);
  }
}

TemplateValue TemplateRun::evaluateCompare(const TemplateExpression &e) {
  TemplateValue left = evaluate(*e.operands[0]);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    TemplateValue right = evaluate(*e.operands[i + 1]);
    place_ = e.place;
    if (!compare(e.operators[i], left, right))
      return false;
    left = std::move(right);
  }
  return true;
}

TemplateValue TemplateRun::evaluateSlice(const TemplateExpression &e) {
  TemplateValue value = evaluate(*e.operands[0]);
  int64_t numbers[3] = {0, 0, 1};
  const int64_t *bounds[3] = {};
  for (int i = 0; i < 3; ++i) {
    TemplateValue bound = e.operands[i + 1] ? evaluate(*e.operands[i + 1]) : TemplateValue();
    place_ = e.place;
    if (bound.isNone())
      continue;
    numbers[i] = expectInteger(bound, "bound of a slice");
    bounds[i] = &numbers[i];
  }
  if (numbers[2] == 0)
    fail("the step of a slice is 0");
  charge(value.extent());
  if (value.string()) {
    std::vector<std::string_view> characters = charactersOf(*value.string());
    std::string text;
    for (size_t index : sliceIndices(static_cast<int64_t>(characters.size()), bounds[0], bounds[1], numbers[2]))
      text += characters[index];
    return text;
  }
  if (!value.list())
    fail(std::string("cannot slice ") + value.typeName());
  std::vector<TemplateValue> items;
  for (size_t index : sliceIndices(static_cast<int64_t>(value.list()->items.size()), bounds[0], bounds[1], numbers[2]))
    items.push_back(value.list()->items[index]);
  return makeList(std::move(items), value.list()->tuple);
}

// Calls, filters and tests: the first operand is what is called or what they are applied to.
TemplateValue TemplateRun::evaluateApplication(const TemplateExpression &e) {
  TemplateValue subject = evaluate(*e.operands[0]);
  TemplateArguments arguments;
  size_t extent = subject.extent();
  for (size_t i = 1; i < e.operands.size(); ++i) {
    arguments.positional.push_back(evaluate(*e.operands[i]));
    extent += arguments.positional.back().extent();
  }
  for (const TemplateNamedArgument &argument : e.named)
    arguments.named.emplace_back(argument.name, evaluate(*argument.value));
  place_ = e.place;
  charge(extent);
  if (e.kind == Kind::Call)
    return call(subject, arguments);
  if (e.kind == Kind::Filter)
    return applyFilter(e.name, subject, arguments);
  return applyTest(e.name, subject, arguments) != e.negated;
}

TemplateValue TemplateRun::attribute(const TemplateValue &value, const std::string &name) {
  if (auto *undefined = value.get<TemplateUndefined>())
    fail(undefined->reason + ", so it has no '" + name + "'");
  if (TemplateNamespace *space = value.nameSpace()) {
    auto found = space->attributes.find(name);
    if (found != space->attributes.end())
      return found->second;
  }
  if (value.string())
    if (const TemplateBuiltin *method = findBuiltin(templateStringMethods(), name))
      return bindMethod(*method, value);
  if (value.list())
    if (const TemplateBuiltin *method = findBuiltin(templateListMethods(), name))
      return bindMethod(*method, value);
  if (const TemplateDict *dict = value.dict()) {
    if (const TemplateBuiltin *method = findBuiltin(templateDictMethods(), name))
      return bindMethod(*method, value);
    if (const TemplateValue *found = lookUp(*dict, TemplateValue(name)))
      return *found;
  }
  return TemplateUndefined{std::string("'") + objectName(value) + "' has no attribute '" + name + "'"};
}

TemplateValue TemplateRun::item(const TemplateValue &value, const TemplateValue &key) {
  if (auto *undefined = value.get<TemplateUndefined>())
    fail(undefined->reason + ", so it has no items");
  if (const TemplateDict *dict = value.dict())
    if (const TemplateValue *found = lookUp(*dict, key))
      return *found;
  bool isIndex = key.get<int64_t>() || key.get<bool>();
  if (isIndex && (value.list() || value.string())) {
    int64_t index = expectInteger(key, "index");
    std::vector<std::string_view> characters;
    if (value.string()) {
      charge(value.extent());
      characters = charactersOf(*value.string());
    }
    size_t size = value.list() ? value.list()->items.size() : characters.size();
    size_t at = static_cast<size_t>(index < 0 ? index + static_cast<int64_t>(size) : index);
    if (at < size)
      return value.list() ? value.list()->items[at] : TemplateValue(std::string(characters[at]));
    return TemplateUndefined{std::string("'") + objectName(value) + "' has no item " + std::to_string(index)};
  }
  if (key.string())
    return attribute(value, *key.string());
  return TemplateUndefined{std::string("'") + objectName(value) + "' has no such item"};
}

TemplateValue TemplateRun::call(const TemplateValue &callee, const TemplateArguments &arguments) {
  if (auto *undefined = callee.get<TemplateUndefined>())
    fail(undefined->reason + ", so it cannot be called");
  const TemplateCallable *callable = callee.callable();
  if (!callable)
    fail(std::string("cannot call ") + callee.typeName());
  if (callable->macro)
    return callMacro(*callable, arguments);
  charge(callable->self.extent());
  checkArguments(*this, "'" + callable->name + "'", callable->parameters, arguments);
  return callable->function(*this, callable->self, arguments);
}

} // namespace longc
