// Filters on single values, and how filters are found and called.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace longc {

const TemplateBuiltin *findBuiltin(std::span<const TemplateBuiltin> table, std::string_view name) {
  for (const TemplateBuiltin &builtin : table)
    if (builtin.name == name)
      return &builtin;
  return nullptr;
}

void checkArguments(const TemplateRun &run, const std::string &what, std::string_view parameters,
                    const TemplateArguments &arguments) {
  if (parameters == "*")
    return;
  std::vector<std::string_view> names;
  if (!parameters.empty())
    names = splitText(parameters, ",", -1);
  if (arguments.positional.size() > names.size())
    run.fail(what + " takes at most " + std::to_string(names.size()) + " arguments, got " +
             std::to_string(arguments.positional.size()));
  for (const auto &[name, value] : arguments.named)
    if (std::find(names.begin(), names.end(), name) == names.end())
      run.fail(what + " has no argument '" + name + "'");
}

TemplateValue TemplateRun::applyFilter(const std::string &name, const TemplateValue &value,
                                       const TemplateArguments &arguments) {
  for (std::span<const TemplateBuiltin> table : {templateScalarFilters(), templateListFilters()})
    if (const TemplateBuiltin *filter = findBuiltin(table, name)) {
      checkArguments(*this, "filter '" + name + "'", filter->parameters, arguments);
      return filter->function(*this, value, arguments);
    }
  std::string known;
  for (std::span<const TemplateBuiltin> table : {templateScalarFilters(), templateListFilters()})
    for (const TemplateBuiltin &filter : table)
      known += (known.empty() ? "" : ", ") + std::string(filter.name);
  fail("unknown filter '" + name + "'", "supported: " + known);
}

namespace {

using Value = TemplateValue;
using Arguments = TemplateArguments;

Value trim(TemplateRun &run, const Value &self, const Arguments &arguments) {
  std::string text = run.textOf(self);
  const Value *characters = arguments.find(0, "chars");
  if (!characters || characters->isNone())
    return std::string(stripText(text, StripSide::Both));
  return std::string(stripText(text, StripSide::Both, run.expectString(*characters, "argument of trim")));
}

Value upper(TemplateRun &run, const Value &self, const Arguments &) { return upperText(run.textOf(self)); }
Value lower(TemplateRun &run, const Value &self, const Arguments &) { return lowerText(run.textOf(self)); }
Value capitalize(TemplateRun &run, const Value &self, const Arguments &) { return capitalizeText(run.textOf(self)); }
Value string(TemplateRun &run, const Value &self, const Arguments &) { return run.textOf(self); }
Value json(TemplateRun &run, const Value &self, const Arguments &arguments) { return run.jsonOf(self, arguments); }

// Unlike str.title, jinja2's filter starts words only after white space, hyphens and opening brackets.
Value title(TemplateRun &run, const Value &self, const Arguments &) {
  std::string text = run.textOf(self), out;
  size_t start = 0;
  auto startsWord = [](std::string_view c) {
    return stripText(c, StripSide::Both).empty() || c == "-" || c == "(" || c == "{" || c == "[" || c == "<";
  };
  size_t position = 0;
  for (std::string_view character : charactersOf(text)) {
    if (startsWord(character)) {
      out += capitalizeText(std::string_view(text).substr(start, position - start));
      out += character;
      start = position + character.size();
    }
    position += character.size();
  }
  return out + capitalizeText(std::string_view(text).substr(start));
}

Value replace(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *from = arguments.find(0, "old"), *to = arguments.find(1, "new"), *most = arguments.find(2, "count");
  if (!from || !to)
    run.fail("filter 'replace' needs what to replace and by what");
  int64_t limit = most && !most->isNone() ? run.expectInteger(*most, "count of replace") : -1;
  return replaceChecked(run, run.textOf(self), run.textOf(*from), run.textOf(*to), limit);
}

Value indent(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *width = arguments.find(0, "width"), *first = arguments.find(1, "first"),
              *blank = arguments.find(2, "blank");
  int64_t spaces = 4;
  if (width && !width->string())
    spaces = run.expectInteger(*width, "width of indent");
  if (spaces < 0 || spaces > 1000)
    run.fail("width of indent is " + std::to_string(spaces) + ", expected 0 to 1000");
  std::string margin = width && width->string() ? *width->string() : std::string(static_cast<size_t>(spaces), ' ');
  std::string text = run.expectString(self, "what filter 'indent' is applied to") + "\n",
              out; // jinja2 adds a line break so that the last line counts as one
  std::vector<std::string_view> lines = splitLines(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    bool indented = i == 0 ? first && first->truth() : !lines[i].empty() || (blank && blank->truth());
    run.charge(margin.size());
    out += i == 0 ? "" : "\n";
    out += indented ? margin : "";
    out += lines[i];
  }
  return out;
}

Value length(TemplateRun &run, const Value &self, const Arguments &) {
  if (self.string())
    return static_cast<int64_t>(countCharacters(*self.string()));
  if (self.list())
    return static_cast<int64_t>(self.list()->items.size());
  if (self.dict())
    return static_cast<int64_t>(self.dict()->entries.size());
  if (!self.isUndefined())
    run.fail(std::string(self.typeName()) + " has no length");
  return int64_t(0);
}

Value defaultTo(TemplateRun &, const Value &self, const Arguments &arguments) {
  const Value *fallback = arguments.find(0, "default_value"), *boolean = arguments.find(1, "boolean");
  bool missing = self.isUndefined() || (boolean && boolean->truth() && !self.truth());
  return !missing ? self : fallback ? *fallback : Value("");
}

template <typename Number> bool readNumber(std::string_view text, Number &number) {
  text = stripText(text, StripSide::Both);
  if (text.starts_with("+"))
    text.remove_prefix(1);
  auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

Value toInteger(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *fallback = arguments.find(0, "default");
  if (auto *undefined = self.get<TemplateUndefined>())
    run.fail(undefined->reason + ", so it is no number");
  int64_t number = 0;
  double real = 0;
  bool isReal = self.get<double>() || (self.string() && !readNumber(*self.string(), number));
  if (self.get<double>())
    real = *self.get<double>();
  else if (isReal && !readNumber(*self.string(), real))
    real = NAN;
  else if (self.isNumber())
    number = static_cast<int64_t>(self.get<int64_t>() ? *self.get<int64_t>() : self.number());
  bool fits = isReal ? std::fabs(real) < 0x1p63 : self.isNumber() || self.string();
  if (!fits)
    return fallback ? *fallback : Value(int64_t(0));
  return isReal ? static_cast<int64_t>(real) : number;
}

Value toFloat(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *fallback = arguments.find(0, "default");
  if (auto *undefined = self.get<TemplateUndefined>())
    run.fail(undefined->reason + ", so it is no number");
  double real = 0;
  if (self.isNumber())
    return self.number();
  if (self.string() && readNumber(*self.string(), real))
    return real;
  return fallback ? *fallback : Value(0.0);
}

Value absolute(TemplateRun &run, const Value &self, const Arguments &) {
  if (!self.isNumber())
    run.fail(std::string("filter 'abs' cannot be applied to ") + self.typeName());
  bool negative = self.number() < 0;
  return negative ? run.operate(TemplateOperator::Subtract, int64_t(0), self)
                  : run.operate(TemplateOperator::Add, int64_t(0), self);
}

Value roundNumber(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *precision = arguments.find(0, "precision"), *method = arguments.find(1, "method");
  if (!self.isNumber())
    run.fail(std::string("filter 'round' cannot be applied to ") + self.typeName());
  int64_t digits = precision ? run.expectInteger(*precision, "precision of round") : 0;
  if (digits < 0 || digits > 15)
    run.fail("precision of round is " + std::to_string(digits) + ", expected 0 to 15");
  std::string kind = method ? run.textOf(*method) : "common";
  double scale = std::pow(10.0, static_cast<double>(digits)), scaled = self.number() * scale;
  if (kind == "ceil")
    return std::ceil(scaled) / scale;
  if (kind == "floor")
    return std::floor(scaled) / scale;
  if (kind != "common")
    run.fail("method of round is '" + kind + "', expected 'common', 'ceil' or 'floor'");
  if (!self.get<double>())
    return run.expectInteger(self, "number to round");
  return std::nearbyint(scaled) / scale;
}

Value attributeOf(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *name = arguments.find(0, "name");
  if (!name)
    run.fail("filter 'attr' needs the name of an attribute");
  const std::string &attribute = run.expectString(*name, "argument of attr");
  if (self.dict() && !findBuiltin(templateDictMethods(), attribute)) // items are not attributes here
    return TemplateUndefined{"'dict object' has no attribute '" + attribute + "'"};
  return run.attribute(self, attribute);
}

Value same(TemplateRun &, const Value &self, const Arguments &) { return self; }

constexpr TemplateBuiltin filters[] = {
    {"abs", absolute, ""},
    {"attr", attributeOf, "name"},
    {"capitalize", capitalize, ""},
    {"count", length, ""},
    {"d", defaultTo, "default_value,boolean"},
    {"default", defaultTo, "default_value,boolean"},
    {"float", toFloat, "default"},
    {"indent", indent, "width,first,blank"},
    {"int", toInteger, "default"},
    {"length", length, ""},
    {"lower", lower, ""},
    {"replace", replace, "old,new,count"},
    {"round", roundNumber, "precision,method"},
    {"safe", same, ""},
    {"string", string, ""},
    {"title", title, ""},
    {"tojson", json, "ensure_ascii,indent,separators,sort_keys"},
    {"trim", trim, "chars"},
    {"upper", upper, ""},
};

} // namespace

std::span<const TemplateBuiltin> templateScalarFilters() { return filters; }

} // namespace longc
