// Arithmetic of template values, as in Python; integers have 64 bits.
#include "runtime/text/TemplateRun.h"

#include <cmath>

namespace longc {

namespace {

const char *symbolOf(TemplateOperator op) {
  static constexpr const char *symbols[] = {"+", "-", "*", "/", "//", "%", "**"};
  return symbols[static_cast<int>(op)];
}

} // namespace

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
  if ((a.string() || a.list()) && b.readInteger(times))
    return repeat(a, times);
  if ((b.string() || b.list()) && a.readInteger(times))
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
  bool integers = a.readInteger(left) && b.readInteger(right);
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
