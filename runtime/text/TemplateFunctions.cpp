// Functions that templates call by name.
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

namespace longc {

namespace {

using Value = TemplateValue;
using Arguments = TemplateArguments;

Value raiseException(TemplateRun &run, const Value &, const Arguments &arguments) {
  const Value *message = arguments.find(0, "message");
  run.fail(message ? run.textOf(*message) : "the template raised an error", "the template refuses these messages",
           TemplateErrorCode::RaisedByTemplate);
}

Value strftimeNow(TemplateRun &run, const Value &, const Arguments &arguments) {
  const Value *format = arguments.find(0, "format");
  const std::string &text = run.expectString(format ? *format : Value(), "format of strftime_now");
  std::time_t now = run.now();
  std::tm fields{};
  localtime_r(&now, &fields);
  char shown[256];
  size_t length = text.size() <= 100 ? std::strftime(shown, sizeof shown, text.c_str(), &fields) : 0;
  if (length == 0 && !text.empty())
    run.fail("format of strftime_now gives nothing or more than 255 bytes");
  return std::string(shown, length);
}

Value range(TemplateRun &run, const Value &, const Arguments &arguments) {
  int64_t bounds[3] = {0, 0, 1};
  size_t given = arguments.positional.size();
  if (given == 0)
    run.fail("range() without a bound");
  for (size_t i = 0; i < given; ++i)
    bounds[given == 1 ? 1 : i] = run.expectInteger(arguments.positional[i], "bound of range");
  int64_t step = bounds[2];
  if (step == 0)
    run.fail("the step of range() is 0");
  std::vector<Value> numbers;
  for (int64_t next = bounds[0]; step > 0 ? next < bounds[1] : next > bounds[1];) {
    run.charge(sizeof(Value));
    numbers.emplace_back(next);
    if (__builtin_add_overflow(next, step, &next))
      break;
  }
  return run.makeList(std::move(numbers));
}

Value makeNamespace(TemplateRun &run, const Value &, const Arguments &arguments) {
  Value space = run.makeNamespace();
  for (const Value &given : arguments.positional) {
    if (!given.dict())
      run.fail(std::string("namespace() from ") + given.typeName() + ", expected a dictionary or named values");
    for (const auto &[key, value] : given.dict()->entries)
      space.nameSpace()->attributes[run.textOf(key)] = value;
  }
  for (const auto &[name, value] : arguments.named)
    space.nameSpace()->attributes[name] = value;
  return space;
}

Value makeDict(TemplateRun &run, const Value &, const Arguments &arguments) {
  std::vector<std::pair<Value, Value>> entries;
  for (const Value &given : arguments.positional) {
    if (!given.dict())
      run.fail(std::string("dict() from ") + given.typeName() + ", expected a dictionary or named values");
    entries.insert(entries.end(), given.dict()->entries.begin(), given.dict()->entries.end());
  }
  for (const auto &[name, value] : arguments.named)
    entries.emplace_back(Value(name), value);
  return run.makeDict(std::move(entries));
}

constexpr TemplateBuiltin functions[] = {
    {"dict", makeDict, "*"},
    {"namespace", makeNamespace, "*"},
    {"raise_exception", raiseException, "message"},
    {"range", range, "start,stop,step"},
    {"strftime_now", strftimeNow, "format"},
};

} // namespace

std::vector<std::pair<std::string, TemplateValue>> templateGlobals() {
  std::vector<std::pair<std::string, Value>> globals;
  for (const TemplateBuiltin &function : functions) {
    TemplateCallable callable{
        .name = std::string(function.name), .function = function.function, .parameters = function.parameters};
    globals.emplace_back(std::string(function.name),
                         Value(std::make_shared<const TemplateCallable>(std::move(callable))));
  }
  return globals;
}

} // namespace longc
