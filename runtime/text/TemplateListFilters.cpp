// Filters on lists and what else can be gone through. Where jinja2 gives a generator, these give a list.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateBuiltins.h"
#include "runtime/text/TemplateRun.h"

#include <algorithm>
#include <functional>

namespace longc {

namespace {

using Value = TemplateValue;
using Arguments = TemplateArguments;

// "a.b.0": attributes and items, one after another.
Value followPath(TemplateRun &run, Value value, const Value &path) {
  if (path.get<int64_t>())
    return run.item(value, path);
  const std::string &text = run.expectString(path, "attribute");
  run.charge(text.size());
  for (std::string_view part : splitText(text, ".", -1)) {
    bool number = !part.empty() && part.size() < 10 && part.find_first_not_of("0123456789") == std::string_view::npos;
    value =
        run.item(value, number ? Value(static_cast<int64_t>(std::stoll(std::string(part)))) : Value(std::string(part)));
  }
  return value;
}

// The items, or what the argument `attribute` names of each.
std::vector<Value> keysOf(TemplateRun &run, const std::vector<Value> &items, const Value *attribute) {
  if (!attribute || attribute->isNone())
    return items;
  std::vector<Value> keys;
  for (const Value &item : items)
    keys.push_back(followPath(run, item, *attribute));
  return keys;
}

bool isCaseSensitive(const Value *argument) { return argument && argument->truth(); }

// Strings compare without case unless asked otherwise, as in jinja2.
void ignoreCase(TemplateRun &run, std::vector<Value> &keys) {
  for (Value &key : keys)
    if (key.string()) {
      run.charge(key.extent());
      key = lowerText(*key.string());
    }
}

Value first(TemplateRun &run, const Value &self, const Arguments &) {
  std::vector<Value> items = run.itemsOf(self);
  return items.empty() ? Value(TemplateUndefined{"there is no first item, the sequence was empty"}) : items.front();
}

Value last(TemplateRun &run, const Value &self, const Arguments &) {
  std::vector<Value> items = run.itemsOf(self);
  return items.empty() ? Value(TemplateUndefined{"there is no last item, the sequence was empty"}) : items.back();
}

Value join(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *separator = arguments.find(0, "d");
  std::string between = separator ? run.textOf(*separator) : "", out;
  bool isFirst = true;
  for (const Value &item : keysOf(run, run.itemsOf(self), arguments.find(1, "attribute"))) {
    run.charge(between.size());
    out += std::exchange(isFirst, false) ? "" : between;
    out += run.textOf(item);
  }
  return out;
}

Value toList(TemplateRun &run, const Value &self, const Arguments &) { return run.makeList(run.itemsOf(self)); }

Value pairsOf(TemplateRun &run, const Value &self, const Arguments &) {
  if (self.isUndefined())
    return run.makeList({});
  if (!self.dict())
    run.fail(std::string("filter 'items' cannot be applied to ") + self.typeName());
  std::vector<Value> pairs;
  for (const auto &[key, value] : self.dict()->entries)
    pairs.push_back(run.makeList({key, value}, true));
  return run.makeList(std::move(pairs));
}

Value reverse(TemplateRun &run, const Value &self, const Arguments &) {
  std::vector<Value> items = run.itemsOf(self);
  std::reverse(items.begin(), items.end());
  if (!self.string())
    return run.makeList(std::move(items));
  std::string text;
  for (const Value &character : items)
    text += *character.string();
  return text;
}

// The order that sorts `keys`: stable, and safe with values that no order makes sense of (NaN).
std::vector<size_t> sortedOrder(TemplateRun &run, const std::vector<Value> &keys, bool descending) {
  std::vector<size_t> order(keys.size()), merged(keys.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  auto before = [&](size_t a, size_t b) {
    return descending ? run.less(keys[b], keys[a]) : run.less(keys[a], keys[b]);
  };
  for (size_t width = 1; width < order.size(); width *= 2) {
    for (size_t start = 0; start < order.size(); start += 2 * width) {
      size_t middle = std::min(start + width, order.size()), end = std::min(start + 2 * width, order.size());
      for (size_t left = start, right = middle, out = start; out < end; ++out) {
        bool takeRight = left == middle || (right < end && before(order[right], order[left]));
        merged[out] = order[takeRight ? right++ : left++];
      }
    }
    order.swap(merged);
  }
  return order;
}

Value sortItems(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *descending = arguments.find(0, "reverse");
  std::vector<Value> items = run.itemsOf(self), sorted;
  std::vector<Value> keys = keysOf(run, items, arguments.find(2, "attribute"));
  if (!isCaseSensitive(arguments.find(1, "case_sensitive")))
    ignoreCase(run, keys);
  for (size_t index : sortedOrder(run, keys, descending && descending->truth()))
    sorted.push_back(items[index]);
  return run.makeList(std::move(sorted));
}

Value sortDict(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *by = arguments.find(1, "by"), *descending = arguments.find(2, "reverse");
  if (auto *undefined = self.get<TemplateUndefined>())
    run.fail(undefined->reason + ", so it cannot be sorted");
  Value pairs = pairsOf(run, self, {});
  std::vector<Value> keys, sorted;
  size_t part = by && run.textOf(*by) == "value" ? 1 : 0;
  for (const Value &pair : pairs.list()->items)
    keys.push_back(pair.list()->items[part]);
  if (!isCaseSensitive(arguments.find(0, "case_sensitive")))
    ignoreCase(run, keys);
  for (size_t index : sortedOrder(run, keys, descending && descending->truth()))
    sorted.push_back(pairs.list()->items[index]);
  return run.makeList(std::move(sorted));
}

Value unique(TemplateRun &run, const Value &self, const Arguments &arguments) {
  std::vector<Value> items = run.itemsOf(self), seen, kept;
  std::vector<Value> keys = keysOf(run, items, arguments.find(1, "attribute"));
  if (!isCaseSensitive(arguments.find(0, "case_sensitive")))
    ignoreCase(run, keys);
  for (size_t i = 0; i < items.size(); ++i) {
    run.expectKey(keys[i]);
    auto isSame = [&](const Value &other) { return run.equal(other, keys[i]); };
    if (std::any_of(seen.begin(), seen.end(), isSame))
      continue;
    seen.push_back(keys[i]);
    kept.push_back(items[i]);
  }
  return run.makeList(std::move(kept));
}

Value extreme(TemplateRun &run, const Value &self, const Arguments &arguments, bool largest) {
  std::vector<Value> items = run.itemsOf(self);
  if (items.empty())
    return TemplateUndefined{"there is no item, the sequence was empty"};
  std::vector<Value> keys = keysOf(run, items, arguments.find(1, "attribute"));
  if (!isCaseSensitive(arguments.find(0, "case_sensitive")))
    ignoreCase(run, keys);
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i)
    if (largest ? run.less(keys[best], keys[i]) : run.less(keys[i], keys[best]))
      best = i;
  return items[best];
}

Value smallest(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return extreme(run, self, arguments, false);
}
Value largest(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return extreme(run, self, arguments, true);
}

Value sum(TemplateRun &run, const Value &self, const Arguments &arguments) {
  const Value *start = arguments.find(1, "start");
  Value total = start ? *start : Value(int64_t(0));
  for (const Value &item : keysOf(run, run.itemsOf(self), arguments.find(0, "attribute")))
    total = run.operate(TemplateOperator::Add, total, item);
  return total;
}

// `arguments` without the first `count`.
Arguments dropFirst(const Arguments &arguments, size_t count) {
  Arguments rest = arguments;
  rest.positional.erase(rest.positional.begin(), rest.positional.begin() + static_cast<ptrdiff_t>(count));
  return rest;
}

// map('filter', …) or map(attribute='a', default=x)
Value map(TemplateRun &run, const Value &self, const Arguments &arguments) {
  std::vector<Value> mapped;
  if (!self.truth())
    return run.makeList({}); // whatever it is, as in jinja2
  if (!arguments.positional.empty()) {
    const std::string &filter = run.expectString(arguments.positional[0], "filter to map");
    Arguments rest = dropFirst(arguments, 1);
    for (const Value &item : run.itemsOf(self)) {
      run.charge(item.extent() + 16);
      mapped.push_back(run.applyFilter(filter, item, rest));
    }
    return run.makeList(std::move(mapped));
  }
  const Value *attribute = arguments.find(0, "attribute"), *fallback = arguments.find(1, "default");
  if (!attribute)
    run.fail("filter 'map' needs the name of a filter or attribute=…");
  for (Value &value : keysOf(run, run.itemsOf(self), attribute))
    mapped.push_back(value.isUndefined() && fallback ? *fallback : std::move(value));
  return run.makeList(std::move(mapped));
}

// select and reject; with `byAttribute` selectattr and rejectattr, whose first argument is the attribute to test.
Value choose(TemplateRun &run, const Value &self, const Arguments &arguments, bool wanted, bool byAttribute) {
  size_t testAt = byAttribute ? 1 : 0;
  if (arguments.positional.size() < testAt)
    run.fail("an attribute to test is missing");
  std::vector<Value> kept;
  if (!self.truth())
    return run.makeList({});
  bool hasTest = arguments.positional.size() > testAt;
  std::string test = hasTest ? run.expectString(arguments.positional[testAt], "test") : "";
  Arguments rest = hasTest ? dropFirst(arguments, testAt + 1) : Arguments{};
  for (const Value &item : run.itemsOf(self)) {
    Value subject = byAttribute ? followPath(run, item, arguments.positional[0]) : item;
    run.charge(subject.extent() + 16);
    if ((hasTest ? run.applyTest(test, subject, rest) : subject.truth()) == wanted)
      kept.push_back(item);
  }
  return run.makeList(std::move(kept));
}

template <bool wanted, bool byAttribute>
Value chooseFilter(TemplateRun &run, const Value &self, const Arguments &arguments) {
  return choose(run, self, arguments, wanted, byAttribute);
}

constexpr TemplateBuiltin filters[] = {
    {"dictsort", sortDict, "case_sensitive,by,reverse"},
    {"first", first, ""},
    {"items", pairsOf, ""},
    {"join", join, "d,attribute"},
    {"last", last, ""},
    {"list", toList, ""},
    {"map", map, "*"},
    {"max", largest, "case_sensitive,attribute"},
    {"min", smallest, "case_sensitive,attribute"},
    {"reject", chooseFilter<false, false>, "*"},
    {"rejectattr", chooseFilter<false, true>, "*"},
    {"reverse", reverse, ""},
    {"select", chooseFilter<true, false>, "*"},
    {"selectattr", chooseFilter<true, true>, "*"},
    {"sort", sortItems, "reverse,case_sensitive,attribute"},
    {"sum", sum, "attribute,start"},
    {"unique", unique, "case_sensitive,attribute"},
};

} // namespace

std::span<const TemplateBuiltin> templateListFilters() { return filters; }

} // namespace longc
