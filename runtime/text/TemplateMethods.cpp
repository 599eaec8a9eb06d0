// Methods of strings, lists and dictionaries.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>

namespace longc {

TemplateValue replaceChecked(TemplateRun &run, std::string_view text, std::string_view from, std::string_view to,
                             int64_t most) {
  std::optional<std::string> out = replaceText(text, from, to, most, run.workLeft());
  if (!out)
    run.charge(run.workLeft() + 1); // fails, and says of what there was too much
  run.charge(out->size());
  return std::move(*out);
}

namespace {

using Value = TemplateValue;
using Arguments = TemplateArguments;

const std::string &needString(TemplateRun &run, const Arguments &arguments, size_t index, const char *what) {
  if (arguments.positional.size() <= index)
    run.fail(std::string(what) + " is missing");
  return run.expectString(arguments.positional[index], what);
}

template <StripSide side> Value strip(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *characters = arguments.find(0, "chars");
  if (!characters || characters->isNone())
    return std::string(stripText(*self.string(), side));
  return std::string(stripText(*self.string(), side, run.expectString(*characters, "argument of strip")));
}

Value makeStrings(TemplateRun &run, const std::vector<std::string_view> &parts) {
  run.charge(parts.size() * sizeof(Value));
  std::vector<Value> items;
  for (std::string_view part : parts)
    items.emplace_back(std::string(part));
  return run.makeList(std::move(items));
}

Value split(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *separator = arguments.find(0, "sep"), *limit = arguments.find(1, "maxsplit");
  int64_t most = limit ? run.expectInteger(*limit, "maxsplit") : -1;
  if (!separator || separator->isNone())
    return makeStrings(run, splitText(*self.string(), most));
  if (run.expectString(*separator, "separator").empty())
    run.fail("separator of split is empty");
  return makeStrings(run, splitText(*self.string(), *separator->string(), most));
}

Value splitIntoLines(TemplateRun &run, const Value &self, const Arguments &) {
  return makeStrings(run, splitLines(*self.string()));
}

// Whether any of the argument, a string or a tuple of them, satisfies `matches`.
template <typename Matches> Value anyOf(TemplateRun &run, const Arguments &arguments, Matches matches) {
  if (arguments.positional.empty() || !arguments.positional[0].list())
    return matches(needString(run, arguments, 0, "what the string should begin or end with"));
  for (const Value &item : arguments.positional[0].list()->items)
    if (matches(run.expectString(item, "what the string should begin or end with")))
      return true;
  return false;
}

Value startsWith(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return anyOf(run, arguments, [&](const std::string &prefix) { return self.string()->starts_with(prefix); });
}
Value endsWith(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return anyOf(run, arguments, [&](const std::string &suffix) { return self.string()->ends_with(suffix); });
}

Value removePrefix(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const std::string &prefix = needString(run, arguments, 0, "prefix");
  return self.string()->starts_with(prefix) ? Value(self.string()->substr(prefix.size())) : self;
}
Value removeSuffix(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const std::string &suffix = needString(run, arguments, 0, "suffix");
  return self.string()->ends_with(suffix) ? Value(self.string()->substr(0, self.string()->size() - suffix.size()))
                                          : self;
}

Value upper(TemplateRun &, const Value &self, const Arguments &) { return upperText(*self.string()); }
Value lower(TemplateRun &, const Value &self, const Arguments &) { return lowerText(*self.string()); }
Value title(TemplateRun &, const Value &self, const Arguments &) { return titleText(*self.string()); }
Value capitalize(TemplateRun &, const Value &self, const Arguments &) { return capitalizeText(*self.string()); }

Value replace(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const std::string &from = needString(run, arguments, 0, "what to replace");
  const std::string &to = needString(run, arguments, 1, "what to replace it by");
  int64_t most = arguments.positional.size() > 2 ? run.expectInteger(arguments.positional[2], "count of replace") : -1;
  return replaceChecked(run, *self.string(), from, to, most);
}

// Positions are bytes in the string, characters for the template.
Value characterPosition(const std::string &text, size_t position) {
  if (position == std::string::npos)
    return int64_t(-1);
  return static_cast<int64_t>(countCharacters(std::string_view(text).substr(0, position)));
}

Value find(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return characterPosition(*self.string(), self.string()->find(needString(run, arguments, 0, "what to find")));
}
Value findLast(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return characterPosition(*self.string(), self.string()->rfind(needString(run, arguments, 0, "what to find")));
}

Value count(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const std::string &part = needString(run, arguments, 0, "what to count");
  if (part.empty())
    return static_cast<int64_t>(countCharacters(*self.string()) + 1);
  return static_cast<int64_t>(splitText(*self.string(), part, -1).size() - 1);
}

Value join(TemplateRun &run, const Value &self, const Arguments &arguments) {
  if (arguments.positional.empty())
    run.fail("what to join is missing");
  std::string out;
  bool first = true;
  for (const Value &item : run.itemsOf(arguments.positional[0])) {
    run.charge(item.extent() + self.extent());
    out += std::exchange(first, false) ? "" : *self.string();
    out += run.expectString(item, "an item to join");
  }
  return out;
}

Value isDigits(TemplateRun &, const Value &self, const Arguments &) {
  return !self.string()->empty() && self.string()->find_first_not_of("0123456789") == std::string::npos;
}
Value isSpaces(TemplateRun &, const Value &self, const Arguments &) {
  return !self.string()->empty() && stripText(*self.string(), StripSide::Both).empty();
}

constexpr TemplateBuiltin stringMethods[] = {
    {"capitalize", capitalize, ""},
    {"count", count, "sub"},
    {"endswith", endsWith, "suffix"},
    {"find", find, "sub"},
    {"isdigit", isDigits, ""},
    {"isspace", isSpaces, ""},
    {"join", join, "iterable"},
    {"lower", lower, ""},
    {"lstrip", strip<StripSide::Left>, "chars"},
    {"removeprefix", removePrefix, "prefix"},
    {"removesuffix", removeSuffix, "suffix"},
    {"replace", replace, "old,new,count"},
    {"rfind", findLast, "sub"},
    {"rstrip", strip<StripSide::Right>, "chars"},
    {"split", split, "sep,maxsplit"},
    {"splitlines", splitIntoLines, ""},
    {"startswith", startsWith, "prefix"},
    {"strip", strip<StripSide::Both>, "chars"},
    {"title", title, ""},
    {"upper", upper, ""},
};

Value get(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *key = arguments.find(0, "key"), *fallback = arguments.find(1, "default");
  if (!key)
    run.fail("the key to get is missing");
  run.expectKey(*key);
  const Value *found = run.lookUp(*self.dict(), *key);
  return found ? *found : fallback ? *fallback : Value();
}

Value keys(TemplateRun &run, const Value &self, const Arguments &) { return run.makeList(run.itemsOf(self)); }

Value values(TemplateRun &run, const Value &self, const Arguments &) {
  std::vector<Value> found;
  for (const auto &entry : self.dict()->entries)
    found.push_back(entry.second);
  return run.makeList(std::move(found));
}

Value items(TemplateRun &run, const Value &self, const Arguments &) { return run.applyFilter("items", self, {}); }

Value countItems(TemplateRun &run, const Value &self, const Arguments &arguments) {
  if (arguments.positional.empty())
    run.fail("what to count is missing");
  int64_t count = 0;
  for (const Value &item : self.list()->items)
    count += run.equal(item, arguments.positional[0]);
  return count;
}

Value indexOf(TemplateRun &run, const Value &self, const Arguments &arguments) {
  if (arguments.positional.empty())
    run.fail("what to find is missing");
  for (size_t i = 0; i < self.list()->items.size(); ++i)
    if (run.equal(self.list()->items[i], arguments.positional[0]))
      return static_cast<int64_t>(i);
  run.fail("the list does not have the item whose index is asked for");
}

constexpr TemplateBuiltin listMethods[] = {
    {"count", countItems, "value"},
    {"index", indexOf, "value"},
};

constexpr TemplateBuiltin dictMethods[] = {
    {"get", get, "key,default"},
    {"items", items, ""},
    {"keys", keys, ""},
    {"values", values, ""},
};

} // namespace

std::span<const TemplateBuiltin> templateListMethods() { return listMethods; }
std::span<const TemplateBuiltin> templateStringMethods() { return stringMethods; }
std::span<const TemplateBuiltin> templateDictMethods() { return dictMethods; }

} // namespace longc
