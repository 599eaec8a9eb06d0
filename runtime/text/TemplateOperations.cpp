// Arithmetic, comparison and containers of template values, as in Python.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>
#include <cmath>

namespace longc {

namespace {

constexpr int deepestValue = 100;

// The value as an integer; a bool counts. Null if it is neither.
const int64_t *asInteger(const TemplateValue &value, int64_t &space) {
  if (auto *truth = value.get<bool>())
    space = *truth ? 1 : 0;
  else if (auto *number = value.get<int64_t>())
    space = *number;
  else
    return nullptr;
  return &space;
}

const char *symbolOf(TemplateOperator op) {
  static constexpr const char *symbols[] = {"+", "-", "*", "/", "//", "%", "**"};
  return symbols[static_cast<int>(op)];
}

} // namespace

const std::string &TemplateRun::expectString(const TemplateValue &value, const char *what) const {
  if (!value.string())
    fail(std::string(what) + " is " + value.typeName() + ", expected a string");
  return *value.string();
}

int64_t TemplateRun::expectInteger(const TemplateValue &value, const char *what) const {
  int64_t space = 0;
  if (!asInteger(value, space))
    fail(std::string(what) + " is " + value.typeName() + ", expected an integer");
  return space;
}

TemplateValue TemplateRun::makeList(std::vector<TemplateValue> items, bool tuple) {
  charge(items.size() * sizeof(TemplateValue));
  auto list = std::make_shared<TemplateList>();
  for (const TemplateValue &item : items)
    list->depth = std::max(list->depth, item.depth() + 1);
  if (list->depth > deepestValue)
    fail("list nested more than " + std::to_string(deepestValue) + " deep", "", TemplateErrorCode::Limit);
  list->items = std::move(items);
  list->tuple = tuple;
  return TemplateValue::List(std::move(list));
}

TemplateValue TemplateRun::makeDict(std::vector<std::pair<TemplateValue, TemplateValue>> entries) {
  charge(entries.size() * 2 * sizeof(TemplateValue));
  auto dict = std::make_shared<TemplateDict>();
  for (auto &[key, value] : entries) {
    expectKey(key);
    dict->depth = std::max({dict->depth, key.depth() + 1, value.depth() + 1});
    auto same = [&, &key = key](const auto &entry) { return equal(entry.first, key); };
    auto earlier = std::find_if(dict->entries.begin(), dict->entries.end(), same);
    if (earlier != dict->entries.end())
      earlier->second = std::move(value);
    else
      dict->entries.emplace_back(std::move(key), std::move(value));
  }
  if (dict->depth > deepestValue)
    fail("dictionary nested more than " + std::to_string(deepestValue) + " deep", "", TemplateErrorCode::Limit);
  return TemplateValue::Dict(std::move(dict));
}

void TemplateRun::expectKey(const TemplateValue &value) const {
  bool isTuple = value.list() && value.list()->tuple;
  if (isTuple)
    for (const TemplateValue &item : value.list()->items)
      expectKey(item);
  if ((value.list() && !isTuple) || value.dict())
    fail(std::string("key of a dictionary is ") + value.typeName() + ", expected a string or number");
}

TemplateValue TemplateRun::makeNamespace() {
  charge(sizeof(TemplateNamespace));
  namespaces_.push_back(std::make_unique<TemplateNamespace>());
  return namespaces_.back().get();
}

const TemplateValue *TemplateRun::lookUp(const TemplateDict &dict, const TemplateValue &key) {
  charge(dict.entries.size());
  for (const auto &[known, value] : dict.entries)
    if (equal(known, key))
      return &value;
  return nullptr;
}

std::vector<TemplateValue> TemplateRun::itemsOf(const TemplateValue &value) {
  charge(value.extent());
  std::vector<TemplateValue> items;
  if (value.list()) {
    items = value.list()->items;
  } else if (value.dict()) {
    for (const auto &entry : value.dict()->entries)
      items.push_back(entry.first);
  } else if (value.string()) {
    charge(value.extent() * sizeof(TemplateValue));
    for (std::string_view character : charactersOf(*value.string()))
      items.emplace_back(std::string(character));
  } else if (!value.isUndefined()) {
    fail(std::string("cannot go through ") + value.typeName() + ", expected a list, a dictionary or a string");
  }
  return items;
}

bool TemplateRun::equal(const TemplateValue &a, const TemplateValue &b) {
  charge(1);
  if (a.isNumber() && b.isNumber()) {
    int64_t left = 0, right = 0;
    if (asInteger(a, left) && asInteger(b, right))
      return left == right;
    return a.number() == b.number();
  }
  if (a.string() && b.string()) {
    bool sameSize = a.string()->size() == b.string()->size();
    if (sameSize)
      charge(a.string()->size());
    return sameSize && *a.string() == *b.string();
  }
  if (a.list() && b.list()) {
    const auto &left = a.list()->items, &right = b.list()->items;
    if (left.size() != right.size() || a.list()->tuple != b.list()->tuple)
      return false;
    for (size_t i = 0; i < left.size(); ++i)
      if (!equal(left[i], right[i]))
        return false;
    return true;
  }
  if (a.dict() && b.dict()) {
    if (a.dict()->entries.size() != b.dict()->entries.size())
      return false;
    for (const auto &[key, value] : a.dict()->entries)
      if (const TemplateValue *other = lookUp(*b.dict(), key); !other || !equal(value, *other))
        return false;
    return true;
  }
  if (a.nameSpace() || a.callable())
    return a.nameSpace() == b.nameSpace() && a.callable() == b.callable();
  return (a.isNone() && b.isNone()) || (a.isUndefined() && b.isUndefined());
}

bool TemplateRun::less(const TemplateValue &a, const TemplateValue &b) {
  charge(1);
  if (a.isNumber() && b.isNumber()) {
    int64_t left = 0, right = 0;
    if (asInteger(a, left) && asInteger(b, right))
      return left < right;
    return a.number() < b.number();
  }
  if (a.string() && b.string()) {
    charge(std::min(a.string()->size(), b.string()->size()));
    return *a.string() < *b.string(); // the order of UTF-8 bytes is that of code points
  }
  if (a.list() && b.list() && a.list()->tuple == b.list()->tuple) {
    const auto &left = a.list()->items, &right = b.list()->items;
    for (size_t i = 0; i < left.size() && i < right.size(); ++i)
      if (!equal(left[i], right[i]))
        return less(left[i], right[i]);
    return left.size() < right.size();
  }
  fail(std::string("cannot order ") + a.typeName() + " and " + b.typeName());
}

bool TemplateRun::contains(const TemplateValue &container, const TemplateValue &item) {
  charge(container.extent());
  if (container.string())
    return container.string()->find(expectString(item, "what is sought in a string")) != std::string::npos;
  if (container.dict()) {
    expectKey(item);
    return lookUp(*container.dict(), item) != nullptr;
  }
  if (container.list()) {
    for (const TemplateValue &held : container.list()->items)
      if (equal(held, item))
        return true;
    return false;
  }
  if (!container.isUndefined())
    fail(std::string("cannot look into ") + container.typeName() + ", expected a string, a list or a dictionary");
  return false;
}

TemplateValue TemplateRun::add(const TemplateValue &a, const TemplateValue &b) {
  charge(a.extent() + b.extent());
  if (a.string() && b.string())
    return *a.string() + *b.string();
  if (a.list() && b.list() && a.list()->tuple == b.list()->tuple) {
    std::vector<TemplateValue> items = a.list()->items;
    items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
    return makeList(std::move(items), a.list()->tuple);
  }
  return arithmetic(TemplateOperator::Add, a, b);
}

TemplateValue TemplateRun::repeat(const TemplateValue &value, int64_t times) {
  size_t count = times > 0 ? static_cast<size_t>(times) : 0, extent = value.extent();
  if (extent > 0 && count > budget_.workBytes / extent)
    charge(budget_.workBytes);
  charge(extent * count);
  if (value.string()) {
    std::string text;
    for (size_t i = 0; extent > 0 && i < count; ++i)
      text += *value.string();
    return text;
  }
  std::vector<TemplateValue> items;
  for (size_t i = 0; extent > 0 && i < count; ++i)
    items.insert(items.end(), value.list()->items.begin(), value.list()->items.end());
  return makeList(std::move(items), value.list()->tuple);
}

TemplateValue TemplateRun::multiply(const TemplateValue &a, const TemplateValue &b) {
  int64_t times = 0;
  if ((a.string() || a.list()) && asInteger(b, times))
    return repeat(a, times);
  if ((b.string() || b.list()) && asInteger(a, times))
    return repeat(b, times);
  return arithmetic(TemplateOperator::Multiply, a, b);
}

TemplateValue TemplateRun::operate(TemplateOperator op, const TemplateValue &a, const TemplateValue &b) {
  for (const TemplateValue *operand : {&a, &b})
    if (auto *undefined = operand->get<TemplateUndefined>())
      fail(undefined->reason + ", so '" + symbolOf(op) + "' cannot use it");
  if (op == TemplateOperator::Add)
    return add(a, b);
  if (op == TemplateOperator::Multiply)
    return multiply(a, b);
  if (op == TemplateOperator::Modulo && a.string())
    fail("formatting a string by % is not supported", "join the parts with ~");
  return arithmetic(op, a, b);
}

TemplateValue TemplateRun::arithmetic(TemplateOperator op, const TemplateValue &a, const TemplateValue &b) {
  if (!a.isNumber() || !b.isNumber())
    fail(std::string("'") + symbolOf(op) + "' cannot be applied to " + a.typeName() + " and " + b.typeName());
  bool divides =
      op == TemplateOperator::Divide || op == TemplateOperator::FloorDivide || op == TemplateOperator::Modulo;
  if (divides && b.number() == 0)
    fail("division by zero");
  int64_t left = 0, right = 0;
  bool integers = asInteger(a, left) && asInteger(b, right);
  if (integers && op != TemplateOperator::Divide && !(op == TemplateOperator::Power && right < 0))
    return arithmetic(op, left, right);
  return arithmetic(op, a.number(), b.number());
}

TemplateValue TemplateRun::arithmetic(TemplateOperator op, int64_t a, int64_t b) {
  int64_t result = 0;
  bool overflow = false;
  switch (op) {
  case TemplateOperator::Add:
    overflow = __builtin_add_overflow(a, b, &result);
    break;
  case TemplateOperator::Subtract:
    overflow = __builtin_sub_overflow(a, b, &result);
    break;
  case TemplateOperator::Multiply:
    overflow = __builtin_mul_overflow(a, b, &result);
    break;
  case TemplateOperator::Power:
    return power(a, b);
  default: // rounded down, and a remainder with the sign of the divisor; INT64_MIN / -1 does not fit
    overflow = a == INT64_MIN && b == -1;
    if (!overflow) {
      int64_t remainder = a % b, quotient = a / b;
      bool adjust = remainder != 0 && (remainder < 0) != (b < 0);
      result = op == TemplateOperator::Modulo ? remainder + (adjust ? b : 0) : quotient - adjust;
    } else if (op == TemplateOperator::Modulo) {
      return int64_t(0);
    }
  }
  if (overflow)
    fail(std::string("the result of '") + symbolOf(op) + "' is too large for 64 bits");
  return result;
}

TemplateValue TemplateRun::power(int64_t base, int64_t exponent) {
  int64_t result = 1;
  if (base == 0 || base == 1 || base == -1)
    return exponent == 0 ? 1 : base == -1 && exponent % 2 == 0 ? int64_t(1) : base;
  for (int64_t i = 0; i < exponent; ++i)
    if (__builtin_mul_overflow(result, base, &result))
      fail("the result of '**' is too large for 64 bits");
  return result;
}

TemplateValue TemplateRun::arithmetic(TemplateOperator op, double a, double b) {
  switch (op) {
  case TemplateOperator::Add:
    return a + b;
  case TemplateOperator::Subtract:
    return a - b;
  case TemplateOperator::Multiply:
    return a * b;
  case TemplateOperator::Divide:
    return a / b;
  case TemplateOperator::Power:
    return std::pow(a, b);
  default: {
    double remainder = std::fmod(a, b);
    if (remainder != 0 && (remainder < 0) != (b < 0))
      remainder += b;
    return op == TemplateOperator::Modulo ? remainder : std::round((a - remainder) / b);
  }
  }
}

} // namespace longc
