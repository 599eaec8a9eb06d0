// A JSON schema as the rules of a grammar.
#include "runtime/http/JsonConstraint.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/http/ToolCalls.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>

namespace longc {
namespace {

constexpr int notKnown = 6301;
constexpr size_t mostSymbols = 1'000'000, mostMembers = 1000;
constexpr int deepestReference = 200;
constexpr int64_t mostRepeats = 1024;
constexpr int mostDigits = 15;

using Symbol = Grammar::Symbol;
using Sequence = Grammar::Sequence;

void write(JsonWriter &json, const JsonValue &value) {
  if (value.text())
    json.text(*value.text());
  else if (value.boolean())
    json.boolean(*value.boolean());
  else if (value.integer())
    json.integer(*value.integer());
  else if (value.isNumber())
    json.number(value.number(), 17);
  else if (value.array()) {
    json.beginArray();
    for (const JsonValue &item : *value.array())
      write(json, item);
    json.endArray();
  } else if (value.object()) {
    json.beginObject();
    for (const JsonMember &member : *value.object()) {
      json.key(member.name);
      write(json, member.value);
    }
    json.endObject();
  } else
    json.null();
}

std::string written(const JsonValue &value) {
  JsonWriter json;
  write(json, value);
  return json.str();
}

/// Rules for values of any kind.
class JsonRules {
public:
  JsonRules(Grammar &grammar) : grammar_(grammar) {
    blank_ = either({{}, text(" ")});
    digit_ = Grammar::rangeSymbol('0', '9');
    addCharacters();
    string_ = sequence({quote(), rule(many(rule(character_))), quote()});
    integer_ = sequence({rule(either({{}, text("-")})), rule(either({text("0"), {Grammar::rangeSymbol('1', '9'), rule(upTo(digit_, mostDigits - 1))}}))});
    const int fraction = either({{}, {Grammar::byteSymbol('.'), digit_, rule(upTo(digit_, mostDigits - 1))}});
    Symbol e = Grammar::byteSymbol('e');
    e.bytes.set('E');
    const int exponent = either({{}, {e, rule(either({{}, text("+"), text("-")})), digit_, rule(upTo(digit_, 1))}});
    number_ = sequence({rule(integer_), rule(fraction), rule(exponent)});
    any_ = grammar_.addRule();
    object_ = members(rule(string_), rule(any_));
    array_ = items(rule(any_), 0, -1);
    for (int kind : {object_, array_, string_, number_})
      grammar_.addAlternative(any_, {rule(kind)});
    for (const char *word : {"true", "false", "null"})
      grammar_.addAlternative(any_, text(word));
  }

  static Symbol rule(int index) { return Grammar::ruleSymbol(index); }
  static Sequence text(std::string_view text) { return Grammar::textSequence(text); }
  static Symbol quote() { return Grammar::byteSymbol('"'); }

  int either(std::vector<Sequence> alternatives) {
    const int index = grammar_.addRule();
    for (Sequence &alternative : alternatives)
      grammar_.addAlternative(index, std::move(alternative));
    return index;
  }
  int sequence(Sequence symbols) { return either({std::move(symbols)}); }
  int many(Symbol symbol) { // or none
    const int index = grammar_.addRule();
    grammar_.addAlternative(index, {});
    grammar_.addAlternative(index, {symbol, rule(index)});
    return index;
  }
  int upTo(Symbol symbol, int64_t most) {
    int rest = either({{}});
    for (int64_t count = 0; count < most; ++count)
      rest = either({{}, {symbol, rule(rest)}});
    return rest;
  }
  /// From `least` to `most` of them; most below 0: any number.
  Sequence repeated(Symbol symbol, int64_t least, int64_t most) {
    Sequence symbols(static_cast<size_t>(least), symbol);
    symbols.push_back(rule(most < 0 ? many(symbol) : upTo(symbol, most - least)));
    return symbols;
  }
  /// One of these words, which are sorted and have their first `from` bytes in common: words that begin alike share what they
  /// begin with, so that a text leaves one way open.
  int words(std::span<const std::string> sorted, size_t from = 0) {
    const int index = grammar_.addRule();
    while (!sorted.empty()) {
      const std::string &first = sorted.front();
      if (first.size() == from) {
        grammar_.addAlternative(index, {});
        sorted = sorted.subspan(1);
        continue;
      }
      size_t count = 1;
      while (count < sorted.size() && sorted[count][from] == first[from])
        ++count;
      const std::string &last = sorted[count - 1];
      const auto [end, other] = std::mismatch(first.begin(), first.end(), last.begin(), last.end());
      const auto same = static_cast<size_t>(end - first.begin());
      Sequence symbols = text(std::string_view(first).substr(from, same - from));
      if (count > 1)
        symbols.push_back(rule(words(sorted.first(count), same)));
      grammar_.addAlternative(index, std::move(symbols));
      sorted = sorted.subspan(count);
    }
    return index;
  }
  Sequence comma() const { return {Grammar::byteSymbol(','), rule(blank_)}; }
  Sequence colon() const { return {Grammar::byteSymbol(':'), rule(blank_)}; }

  int string(int64_t least, int64_t most) {
    Sequence symbols = {quote()};
    for (const Symbol &symbol : repeated(rule(character_), least, most))
      symbols.push_back(symbol);
    symbols.push_back(quote());
    return sequence(std::move(symbols));
  }
  int items(Symbol item, int64_t least, int64_t most) {
    if (most == 0)
      return sequence(text("[]"));
    Sequence further = comma();
    further.push_back(item);
    const Symbol more = rule(sequence(std::move(further)));
    Sequence some = {Grammar::byteSymbol('['), item};
    for (const Symbol &symbol : repeated(more, std::max<int64_t>(least - 1, 0), most < 0 ? -1 : most - 1))
      some.push_back(symbol);
    some.push_back(Grammar::byteSymbol(']'));
    return least > 0 ? sequence(std::move(some)) : either({text("[]"), std::move(some)});
  }
  /// An object of members of any name.
  int members(Symbol name, Symbol value) {
    Sequence member = {name};
    for (const Symbol &symbol : colon())
      member.push_back(symbol);
    member.push_back(value);
    const Symbol one = rule(sequence(std::move(member)));
    Sequence further = comma();
    further.push_back(one);
    return either({text("{}"), {Grammar::byteSymbol('{'), one, rule(many(rule(sequence(std::move(further))))), Grammar::byteSymbol('}')}});
  }

  int stringRule() const { return string_; }
  int numberRule() const { return number_; }
  int integerRule() const { return integer_; }
  int objectRule() const { return object_; }
  int arrayRule() const { return array_; }
  int anyRule() const { return any_; }

private:
  // Whole characters of UTF-8, and escapes; of surrogates there is none.
  void addCharacters() {
    const auto range = [](unsigned first, unsigned last) { return Grammar::rangeSymbol(static_cast<unsigned char>(first), static_cast<unsigned char>(last)); };
    const Symbol next = range(0x80, 0xbf);
    Symbol plain = range(0x20, 0x7f);
    plain.bytes.reset('"');
    plain.bytes.reset('\\');
    Symbol hex = range('0', '9'), short_, high = range('0', '9');
    for (char letter : std::string_view("abcdefABCDEF"))
      hex.bytes.set(static_cast<unsigned char>(letter));
    for (char letter : std::string_view("abcefABCEF"))
      high.bytes.set(static_cast<unsigned char>(letter));
    for (char letter : std::string_view("\"\\/bfnrt"))
      short_.bytes.set(static_cast<unsigned char>(letter));
    Symbol d = Grammar::byteSymbol('d');
    d.bytes.set('D');
    const Symbol slash = Grammar::byteSymbol('\\'), u = Grammar::byteSymbol('u');
    Symbol three = range(0xe1, 0xec);
    three.bytes.set(0xee);
    three.bytes.set(0xef);
    character_ = either({{plain},
                         {range(0xc2, 0xdf), next},
                         {range(0xe0, 0xe0), range(0xa0, 0xbf), next},
                         {three, next, next},
                         {range(0xed, 0xed), range(0x80, 0x9f), next},
                         {range(0xf0, 0xf0), range(0x90, 0xbf), next, next},
                         {range(0xf1, 0xf3), next, next, next},
                         {range(0xf4, 0xf4), range(0x80, 0x8f), next, next},
                         {slash, short_},
                         {slash, u, high, hex, hex, hex},
                         {slash, u, d, range('0', '7'), hex, hex}});
  }

  Grammar &grammar_;
  Symbol digit_;
  int blank_, character_ = 0, string_, integer_, number_, any_, object_, array_;
};

/// One schema with all that it refers to.
class SchemaReader {
public:
  SchemaReader(const JsonValue &root, Grammar &grammar) : root_(root), grammar_(grammar), rules_(grammar) {}

  /// The rule of a schema at `place`; the same schema has one rule, so that it may contain itself.
  Result<int> read(const JsonValue &schema, const std::string &place) {
    if (auto known = known_.find(&schema); known != known_.end())
      return known->second;
    if (grammar_.symbols() > mostSymbols)
      return refused(place, "the schema is too large");
    if (depth_ > deepestReference)
      return refused(place, formatText("refers to more than %d schemas, one through the other", deepestReference));
    const int rule = grammar_.addRule();
    known_[&schema] = rule;
    if (schema.boolean() && *schema.boolean()) {
      grammar_.addAlternative(rule, {JsonRules::rule(rules_.anyRule())});
      return rule;
    }
    if (!schema.object())
      return refused(place, "expected a schema, got " + schema.describe());
    ++depth_;
    Status status = readObject(schema, place, rule);
    --depth_;
    return status.ok() ? Result<int>(rule) : status;
  }

private:
  static Status refused(const std::string &place, const std::string &what) {
    return Status::error(notKnown, (place.empty() ? "the schema" : place) + ": " + what, "leave it out");
  }

  Status checkWords(const JsonValue &schema, const std::string &place) const {
    static constexpr std::string_view known[] = {"type", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "enum",
                                                 "const", "anyOf", "oneOf", "allOf", "$ref", "$defs", "definitions", "minLength", "maxLength",
                                                 "title", "description", "default", "examples", "$schema", "$id", "$comment", "format", "strict",
                                                 "deprecated", "readOnly", "writeOnly", "nullable"};
    for (const JsonMember &member : *schema.object())
      if (std::find(std::begin(known), std::end(known), member.name) == std::end(known))
        return refused(place, quoted(member.name) + " is not held to by this server");
    return {};
  }

  Status readObject(const JsonValue &schema, const std::string &place, int rule) {
    LONGC_TRY(checkWords(schema, place));
    const auto use = [&](const Result<int> &other) {
      if (other.ok())
        grammar_.addAlternative(rule, {JsonRules::rule(*other)});
      return other.status();
    };
    if (const JsonValue *reference = schema.find("$ref"))
      return use(follow(*reference, place));
    if (const JsonValue *one = schema.find("const")) {
      grammar_.addAlternative(rule, Grammar::textSequence(written(*one)));
      return {};
    }
    if (const JsonValue *values = schema.find("enum")) {
      if (!values->array() || values->array()->empty())
        return refused(place + ".enum", "expected values");
      std::set<std::string> words;
      for (const JsonValue &value : *values->array())
        words.insert(written(value));
      return use(rules_.words(std::vector<std::string>(words.begin(), words.end())));
    }
    for (const char *word : {"anyOf", "oneOf", "allOf"})
      if (const JsonValue *parts = schema.find(word)) {
        if (!parts->array() || parts->array()->empty() || (word[1] == 'l' && parts->array()->size() > 1))
          return refused(place + "." + word, word[1] == 'l' ? "one schema is known here" : "expected schemas");
        for (size_t index = 0; index < parts->array()->size(); ++index)
          LONGC_TRY(use(read((*parts->array())[index], place + "." + word + "[" + std::to_string(index) + "]")));
        return {};
      }
    std::vector<std::string> types;
    if (const JsonValue *type = schema.find("type"); type && type->text())
      types.push_back(*type->text());
    else if (type && type->array())
      for (const JsonValue &each : *type->array())
        types.push_back(each.text() ? *each.text() : "");
    else if (type)
      return refused(place + ".type", "expected a name or names");
    else if (schema.find("properties"))
      types.push_back("object");
    else if (schema.find("items"))
      types.push_back("array");
    if (types.empty())
      return use(rules_.anyRule());
    for (const std::string &type : types)
      LONGC_TRY(use(readType(type, schema, place)));
    return {};
  }

  Result<int> readType(const std::string &type, const JsonValue &schema, const std::string &place) {
    if (type == "object")
      return readMembers(schema, place);
    if (type == "array")
      return readItems(schema, place);
    if (type == "string") {
      int64_t least = 0, most = -1;
      LONGC_TRY(readBounds(schema, place, "minLength", "maxLength", least, most));
      return least == 0 && most < 0 ? rules_.stringRule() : rules_.string(least, most);
    }
    if (type == "integer")
      return rules_.integerRule();
    if (type == "number")
      return rules_.numberRule();
    if (type == "boolean")
      return rules_.either({JsonRules::text("true"), JsonRules::text("false")});
    if (type == "null")
      return rules_.sequence(JsonRules::text("null"));
    return refused(place + ".type", "there is no type " + quoted(type));
  }

  Status readBounds(const JsonValue &schema, const std::string &place, const char *low, const char *high, int64_t &least, int64_t &most) const {
    for (auto [name, target] : {std::pair(low, &least), std::pair(high, &most)})
      if (const JsonValue *value = schema.find(name)) {
        if (!value->integer() || *value->integer() < 0 || *value->integer() > mostRepeats)
          return refused(place + "." + name, formatText("expected 0 to %lld", static_cast<long long>(mostRepeats)));
        *target = *value->integer();
      }
    return most >= 0 && least > most ? refused(place + "." + low, "is more than the other bound") : Status();
  }

  Result<int> readItems(const JsonValue &schema, const std::string &place) {
    int64_t least = 0, most = -1;
    LONGC_TRY(readBounds(schema, place, "minItems", "maxItems", least, most));
    int item = rules_.anyRule();
    if (const JsonValue *items = schema.find("items")) {
      auto read_ = read(*items, place + ".items");
      if (!read_.ok())
        return read_;
      item = *read_;
    }
    return rules_.items(JsonRules::rule(item), least, most);
  }

  Result<int> readMembers(const JsonValue &schema, const std::string &place) {
    const JsonValue *properties = schema.find("properties"), *required = schema.find("required"), *more = schema.find("additionalProperties");
    if ((properties && !properties->object()) || (required && !required->array()))
      return refused(place, "expected properties as an object, required as an array");
    if (!properties || properties->object()->empty()) {
      if (required && !required->array()->empty())
        return refused(place + ".required", "names what properties do not");
      if (more && more->boolean() && !*more->boolean())
        return rules_.sequence(JsonRules::text("{}"));
      if (!more || more->boolean())
        return rules_.objectRule();
      auto value = read(*more, place + ".additionalProperties");
      return value.ok() ? Result<int>(rules_.members(JsonRules::rule(rules_.stringRule()), JsonRules::rule(*value))) : value;
    }
    const JsonValue::Object &members = *properties->object();
    if (members.size() > mostMembers)
      return refused(place + ".properties", formatText("expected at most %zu", mostMembers));
    std::vector<bool> needed(members.size(), false);
    for (size_t index = 0; required && index < required->array()->size(); ++index) {
      const std::string *name = (*required->array())[index].text();
      auto found = std::find_if(members.begin(), members.end(), [&](const JsonMember &member) { return name && member.name == *name; });
      if (found == members.end())
        return refused(place + ".required", "names what properties do not");
      needed[static_cast<size_t>(found - members.begin())] = true;
    }
    // What may follow: by whether something stands before it, from the last member to the first.
    int after[2] = {rules_.sequence(JsonRules::text("}")), rules_.sequence(JsonRules::text("}"))};
    for (size_t index = members.size(); index-- > 0;) {
      auto value = read(members[index].value, place + "." + members[index].name);
      if (!value.ok())
        return value;
      int next[2];
      for (int behind : {0, 1}) {
        Sequence member = behind ? rules_.comma() : Sequence();
        JsonWriter name;
        for (const Symbol &symbol : Grammar::textSequence(name.text(members[index].name).str()))
          member.push_back(symbol);
        for (const Symbol &symbol : rules_.colon())
          member.push_back(symbol);
        member.push_back(JsonRules::rule(*value));
        member.push_back(JsonRules::rule(after[1]));
        next[behind] = needed[index] ? rules_.sequence(std::move(member)) : rules_.either({std::move(member), {JsonRules::rule(after[behind])}});
      }
      std::copy(next, next + 2, after);
    }
    return rules_.sequence({Grammar::byteSymbol('{'), JsonRules::rule(after[0])});
  }

  // "#", "#/$defs/name", "#/properties/a/items".
  Result<int> follow(const JsonValue &reference, const std::string &place) {
    if (!reference.text() || reference.text()->empty() || (*reference.text())[0] != '#')
      return refused(place + ".$ref", "expected a place in this schema, such as #/$defs/name");
    const JsonValue *target = &root_;
    for (std::string_view rest = std::string_view(*reference.text()).substr(1); !rest.empty();) {
      rest.remove_prefix(1);
      const std::string_view name = rest.substr(0, rest.find('/'));
      rest.remove_prefix(name.size());
      target = target->find(name);
      if (!target)
        return refused(place + ".$ref", "there is no " + quoted(*reference.text()));
    }
    return read(*target, *reference.text());
  }

  const JsonValue &root_;
  Grammar &grammar_;
  JsonRules rules_;
  std::map<const JsonValue *, int> known_;
  int depth_ = 0;
};

} // namespace

std::shared_ptr<const JsonGrammar> anyObjectGrammar() {
  auto grammar = std::make_shared<JsonGrammar>();
  grammar->root = JsonRules(grammar->grammar).objectRule();
  return grammar;
}

namespace {

/// The rule of a schema in `grammar`.
Result<int> addSchema(const JsonValue &schema, Grammar &grammar) {
  if (written(schema).size() > mostSymbols)
    return Status::error(notKnown, "the schema is too large", "give a smaller one");
  auto rule = SchemaReader(schema, grammar).read(schema, "");
  if (rule.ok() && grammar.isLeftRecursive())
    return Status::error(notKnown, "the schema: it refers to itself without end", "give what refers to itself something that ends");
  return rule;
}

} // namespace

Result<std::shared_ptr<const JsonGrammar>> schemaGrammar(const JsonValue &schema) {
  auto grammar = std::make_shared<JsonGrammar>();
  auto root = addSchema(schema, grammar->grammar);
  if (!root.ok())
    return root.status();
  grammar->root = *root;
  return std::shared_ptr<const JsonGrammar>(std::move(grammar));
}

Result<std::shared_ptr<const JsonGrammar>> toolCallGrammar(std::span<const CallableTool> tools) {
  auto made = std::make_shared<JsonGrammar>();
  Grammar &grammar = made->grammar;
  const int anyObject = JsonRules(grammar).objectRule();
  made->root = grammar.addRule();
  for (const CallableTool &tool : tools) {
    auto arguments = tool.arguments ? addSchema(*tool.arguments, grammar) : Result<int>(anyObject);
    if (!arguments.ok())
      return Status::error(notKnown, "the arguments of " + quoted(tool.name) + ": " + arguments.status().message(), arguments.status().hint());
    JsonWriter name;
    Sequence call = Grammar::textSequence(std::string(toolCallBegin) + "\n{\"name\": " + name.text(tool.name).str() + ", \"arguments\": ");
    call.push_back(Grammar::ruleSymbol(*arguments));
    const Sequence end = Grammar::textSequence("}\n" + std::string(toolCallEnd));
    call.insert(call.end(), end.begin(), end.end());
    grammar.addAlternative(made->root, std::move(call));
  }
  return std::shared_ptr<const JsonGrammar>(std::move(made));
}

} // namespace longc
