// Template values as text: str(), repr() and JSON.
#include "runtime/text/PythonText.h"
#include "runtime/text/TemplateRun.h"
#include "runtime/text/Utf8.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace longc {

namespace {

void appendHex(std::string &out, uint32_t unit) {
  char escape[8];
  out.append(escape, static_cast<size_t>(std::snprintf(escape, sizeof escape, "\\u%04x", unit)));
}

void appendJsonString(std::string &out, std::string_view text, bool onlyAscii) {
  static constexpr std::string_view special = "\"\\\n\r\t\f\b", letters = "\"\\nrtfb";
  out += '"';
  for (size_t position = 0; position < text.size();) {
    Utf8Char character = decodeUtf8(text, position);
    uint32_t c = character.codePoint;
    size_t known = character.length == 1 ? special.find(text[position]) : std::string_view::npos;
    if (known != std::string_view::npos) {
      out.append("\\").push_back(letters[known]);
    } else if (character.valid && (c < 0x20 || (onlyAscii && c > 0x7E))) {
      if (c >= 0x10000) {
        appendHex(out, 0xD800 + ((c - 0x10000) >> 10));
        appendHex(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
      } else {
        appendHex(out, c);
      }
    } else {
      out.append(text, position, character.length);
    }
    position += character.length;
  }
  out += '"';
}

} // namespace

std::string TemplateRun::textOf(const TemplateValue &value) {
  if (value.string()) {
    charge(value.extent());
    return *value.string();
  }
  std::string out;
  writeText(out, value, false);
  return out;
}

void TemplateRun::writeItems(std::string &out, const TemplateList &list) {
  out += list.tuple ? '(' : '[';
  for (size_t i = 0; i < list.items.size(); ++i) {
    out += i == 0 ? "" : ", ";
    writeText(out, list.items[i], true);
  }
  if (list.tuple && list.items.size() == 1)
    out += ',';
  out += list.tuple ? ')' : ']';
}

void TemplateRun::writeEntries(std::string &out, const TemplateDict &dict) {
  out += '{';
  for (size_t i = 0; i < dict.entries.size(); ++i) {
    out += i == 0 ? "" : ", ";
    writeText(out, dict.entries[i].first, true);
    out += ": ";
    writeText(out, dict.entries[i].second, true);
  }
  out += '}';
}

// str() of the value, or repr() where `quoted`.
void TemplateRun::writeText(std::string &out, const TemplateValue &value, bool quoted) {
  charge(value.extent() + 16);
  if (value.string())
    out += quoted ? reprText(*value.string()) : *value.string();
  else if (value.isNone())
    out += "None";
  else if (auto *truth = value.get<bool>())
    out += *truth ? "True" : "False";
  else if (auto *number = value.get<int64_t>())
    out += std::to_string(*number);
  else if (auto *real = value.get<double>())
    out += reprFloat(*real);
  else if (value.list())
    writeItems(out, *value.list());
  else if (value.dict())
    writeEntries(out, *value.dict());
  else if (value.isUndefined())
    out += quoted ? "Undefined" : "";
  else
    out += value.callable() ? "<function " + value.callable()->name + ">" : "<namespace>";
}

namespace {

// json.dumps with the options that Hugging Face's tojson has.
class JsonWriter {
public:
  JsonWriter(TemplateRun &run, const TemplateArguments &options) : run_(run) {
    auto given = [&](size_t index, const char *name) {
      const TemplateValue *value = options.find(index, name);
      return value && !value->isNone() ? value : nullptr;
    };
    if (auto *value = given(0, "ensure_ascii"))
      onlyAscii_ = value->truth();
    if (auto *value = given(1, "indent"))
      readIndent(*value);
    if (auto *value = given(2, "separators"))
      readSeparators(*value);
    if (auto *value = given(3, "sort_keys"))
      sorted_ = value->truth();
  }

  std::string text(const TemplateValue &value) {
    write(value, 0);
    return std::move(out_);
  }

private:
  void readIndent(const TemplateValue &value) {
    pretty_ = true;
    itemSeparator_ = ",";
    int64_t width = value.string() ? 0 : run_.expectInteger(value, "indent of tojson");
    if (width > 64)
      run_.fail("indent of tojson is " + std::to_string(width) + ", expected at most 64");
    indent_ = value.string() ? *value.string() : std::string(static_cast<size_t>(std::max<int64_t>(width, 0)), ' ');
  }

  void readSeparators(const TemplateValue &value) {
    if (!value.list() || value.list()->items.size() != 2)
      run_.fail("separators of tojson are not two strings");
    itemSeparator_ = run_.expectString(value.list()->items[0], "separator of tojson");
    keySeparator_ = run_.expectString(value.list()->items[1], "separator of tojson");
  }

  void newLine(int level) {
    if (!pretty_)
      return;
    run_.charge(indent_.size() * static_cast<size_t>(level));
    out_ += '\n';
    for (int i = 0; i < level; ++i)
      out_ += indent_;
  }

  void writeList(const TemplateList &list, int level) {
    out_ += '[';
    for (size_t i = 0; i < list.items.size(); ++i) {
      out_ += i == 0 ? "" : itemSeparator_;
      newLine(level + 1);
      write(list.items[i], level + 1);
    }
    if (!list.items.empty())
      newLine(level);
    out_ += ']';
  }

  std::string keyOf(const TemplateValue &key) {
    if (key.string())
      return *key.string();
    if (!key.isNumber() && !key.isNone())
      run_.fail(std::string("a key that is ") + key.typeName() + " cannot become JSON");
    JsonWriter writer(run_, {});
    return writer.text(key);
  }

  void writeDict(const TemplateDict &dict, int level) {
    std::vector<std::pair<std::string, const TemplateValue *>> entries;
    for (const auto &[key, value] : dict.entries)
      entries.emplace_back(keyOf(key), &value);
    auto byKey = [](const auto &a, const auto &b) { return a.first < b.first; };
    if (sorted_)
      std::sort(entries.begin(), entries.end(), byKey);
    out_ += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
      out_ += i == 0 ? "" : itemSeparator_;
      newLine(level + 1);
      appendJsonString(out_, entries[i].first, onlyAscii_);
      out_ += keySeparator_;
      write(*entries[i].second, level + 1);
    }
    if (!entries.empty())
      newLine(level);
    out_ += '}';
  }

  void write(const TemplateValue &value, int level) {
    run_.charge(value.extent() + itemSeparator_.size() + keySeparator_.size() + 16);
    if (value.string())
      appendJsonString(out_, *value.string(), onlyAscii_);
    else if (value.isNone())
      out_ += "null";
    else if (auto *truth = value.get<bool>())
      out_ += *truth ? "true" : "false";
    else if (auto *number = value.get<int64_t>())
      out_ += std::to_string(*number);
    else if (auto *real = value.get<double>())
      out_ += std::isnan(*real) ? "NaN" : std::isinf(*real) ? (*real < 0 ? "-Infinity" : "Infinity") : reprFloat(*real);
    else if (value.list())
      writeList(*value.list(), level);
    else if (value.dict())
      writeDict(*value.dict(), level);
    else
      run_.fail(std::string("a value that is ") + value.typeName() + " cannot become JSON");
  }

  TemplateRun &run_;
  std::string out_, indent_, itemSeparator_ = ", ", keySeparator_ = ": ";
  bool pretty_ = false, onlyAscii_ = false, sorted_ = false;
};

} // namespace

std::string TemplateRun::jsonOf(const TemplateValue &value, const TemplateArguments &options) {
  return JsonWriter(*this, options).text(value);
}

} // namespace longc
