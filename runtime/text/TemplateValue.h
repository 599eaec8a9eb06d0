// The values that chat templates compute with. Lists and dictionaries never change once made.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace longc {

class TemplateRun;
class TemplateValue;
struct TemplateArguments;
struct TemplateScope;
struct TemplateStatement;

struct TemplateUndefined {
  std::string reason; // "'x' is undefined"
};
struct TemplateNone {};

struct TemplateList {
  std::vector<TemplateValue> items;
  bool tuple = false;
  int depth = 1; // of nesting, so that walking it recursively is safe
};

struct TemplateDict {
  std::vector<std::pair<TemplateValue, TemplateValue>> entries; // in the order they were written
  int depth = 1;
};

// What namespace() makes: the one thing a template can change. Owned by the run, so cycles do not leak.
struct TemplateNamespace {
  std::map<std::string, TemplateValue, std::less<>> attributes;
};

using TemplateFunction = TemplateValue (*)(TemplateRun &, const TemplateValue &self, const TemplateArguments &);
struct TemplateCallable;

class TemplateValue {
public:
  using String = std::shared_ptr<const std::string>;
  using List = std::shared_ptr<const TemplateList>;
  using Dict = std::shared_ptr<const TemplateDict>;
  using Callable = std::shared_ptr<const TemplateCallable>;

  TemplateValue() : data_(TemplateNone{}) {}
  TemplateValue(bool value) : data_(value) {}
  TemplateValue(int64_t value) : data_(value) {}
  TemplateValue(double value) : data_(value) {}
  TemplateValue(std::string value) : data_(std::make_shared<const std::string>(std::move(value))) {}
  TemplateValue(const char *value) : TemplateValue(std::string(value)) {}
  TemplateValue(TemplateUndefined value) : data_(std::move(value)) {}
  TemplateValue(List value) : data_(std::move(value)) {}
  TemplateValue(Dict value) : data_(std::move(value)) {}
  TemplateValue(TemplateNamespace *value) : data_(value) {}
  TemplateValue(Callable value) : data_(std::move(value)) {}

  template <typename T> const T *get() const { return std::get_if<T>(&data_); }
  bool isUndefined() const { return get<TemplateUndefined>() != nullptr; }
  bool isNone() const { return get<TemplateNone>() != nullptr; }
  bool isNumber() const { return get<bool>() || get<int64_t>() || get<double>(); }
  const std::string *string() const {
    auto *held = get<String>();
    return held ? held->get() : nullptr;
  }
  const TemplateList *list() const {
    auto *held = get<List>();
    return held ? held->get() : nullptr;
  }
  const TemplateDict *dict() const {
    auto *held = get<Dict>();
    return held ? held->get() : nullptr;
  }
  const TemplateCallable *callable() const {
    auto *held = get<Callable>();
    return held ? held->get() : nullptr;
  }
  TemplateNamespace *nameSpace() const {
    auto *held = get<TemplateNamespace *>();
    return held ? *held : nullptr;
  }
  // A bool counts as 0 or 1. Only for values where isNumber().
  double number() const;
  // Whether the value is an integer or a bool, and if so which.
  bool readInteger(int64_t &integer) const;
  bool truth() const;
  // 0 for what has no parts.
  int depth() const;
  // How many bytes or items an operation that reads all of it reads.
  size_t extent() const;
  // "string", "list", …: for messages.
  const char *typeName() const;

private:
  std::variant<TemplateUndefined, TemplateNone, bool, int64_t, double, String, List, Dict, TemplateNamespace *,
               Callable>
      data_;
};

// A macro of the template, or a built-in function, bound to `self` if it is a method.
struct TemplateCallable {
  std::string name;
  TemplateFunction function = nullptr;
  std::string_view parameters = "*"; // as in TemplateBuiltin
  TemplateValue self{};
  const TemplateStatement *macro = nullptr;
  std::weak_ptr<TemplateScope> scope{}; // where the macro was defined
};

struct TemplateArguments {
  std::vector<TemplateValue> positional;
  std::vector<std::pair<std::string, TemplateValue>> named;

  // The argument at `index`, or called `name`; null if it was not given.
  const TemplateValue *find(size_t index, std::string_view name) const;
};

} // namespace longc
