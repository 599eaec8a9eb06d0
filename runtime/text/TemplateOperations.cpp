// Comparison and containers of template values, as in Python.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>

namespace longc {

namespace {

constexpr int deepestValue = 100;

} // namespace

const std::string &TemplateRun::expectString(const TemplateValue &value, const char *what) const {
  if (!value.string())
    fail(std::string(what) + " is " + value.typeName() + ", expected a string");
  return *value.string();
}

int64_t TemplateRun::expectInteger(const TemplateValue &value, const char *what) const {
  int64_t space = 0;
  if (!value.readInteger(space))
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
    if (a.readInteger(left) && b.readInteger(right))
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
    if (a.readInteger(left) && b.readInteger(right))
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

} // namespace longc
