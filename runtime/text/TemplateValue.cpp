// Truth, size and type of template values.
#include "runtime/text/TemplateValue.h"

namespace longc {

double TemplateValue::number() const {
  if (auto *value = get<bool>())
    return *value ? 1 : 0;
  if (auto *value = get<int64_t>())
    return static_cast<double>(*value);
  return *get<double>();
}

bool TemplateValue::readInteger(int64_t &integer) const {
  if (auto *value = get<bool>())
    integer = *value ? 1 : 0;
  else if (auto *value = get<int64_t>())
    integer = *value;
  else
    return false;
  return true;
}

bool TemplateValue::truth() const {
  if (isNumber())
    return number() != 0;
  if (auto *text = string())
    return !text->empty();
  if (auto *held = list())
    return !held->items.empty();
  if (auto *held = dict())
    return !held->entries.empty();
  return !isUndefined() && !isNone();
}

int TemplateValue::depth() const {
  if (auto *held = list())
    return held->depth;
  if (auto *held = dict())
    return held->depth;
  return callable() ? callable()->self.depth() + 1 : 0;
}

size_t TemplateValue::extent() const {
  if (auto *text = string())
    return text->size();
  if (auto *held = list())
    return held->items.size() * sizeof(TemplateValue);
  if (auto *held = dict())
    return held->entries.size() * 2 * sizeof(TemplateValue);
  return 0;
}

const char *TemplateValue::typeName() const {
  static constexpr const char *names[] = {"undefined value", "none", "boolean",    "integer",   "float",
                                          "string",          "list", "dictionary", "namespace", "function"};
  return names[data_.index()];
}

const TemplateValue *TemplateArguments::find(size_t index, std::string_view name) const {
  if (index < positional.size())
    return &positional[index];
  for (const auto &[given, value] : named)
    if (given == name)
      return &value;
  return nullptr;
}

} // namespace longc
