// Header parsing by events: a header may be 100 MB long, a tree of it would be many times that.
#include "runtime/io/SafetensorsHeader.h"

#include "runtime/core/Format.h"
#include "runtime/core/JsonReader.h"
#include "runtime/io/Limits.h"
#include "runtime/io/ModelFileError.h"

namespace longc {
namespace {

const char *const damagedHint = "the file is damaged or not a safetensors file";

class HeaderEvents : public JsonEvents {
public:
  explicit HeaderEvents(SafetensorsHeader &header) : header_(header) {}

  Status beginObject() override {
    if (skipped_ || isUnknownField())
      return ++skipped_, Status();
    if (place_ == Place::Start)
      return place_ = Place::Tensors, Status();
    if (place_ == Place::Tensors) {
      place_ = isMetadata_ ? Place::Metadata : Place::Tensor;
      return {};
    }
    return unexpected("an object");
  }

  Status endObject() override {
    if (skipped_)
      return --skipped_, Status();
    if (place_ == Place::Tensor)
      LONGC_TRY(finishTensor());
    place_ = place_ == Place::Tensors ? Place::End : Place::Tensors;
    return {};
  }

  Status member(std::string_view name) override {
    if (skipped_)
      return {};
    if (place_ == Place::Tensors)
      return beginMember(name);
    if (place_ == Place::Metadata)
      return header_.metadata.emplace_back(name, ""), Status();
    field_ = name == "dtype" ? Type : name == "shape" ? Shape : name == "data_offsets" ? Offsets : Other;
    if (field_ != Other && seen_ & field_)
      return malformed("field " + quoted(name) + " stands twice");
    seen_ |= field_;
    if (field_ == Offsets)
      offsets_.clear();
    return {};
  }

  Status beginArray() override {
    if (skipped_ || isUnknownField())
      return ++skipped_, Status();
    if (place_ == Place::Tensor && (field_ == Shape || field_ == Offsets)) {
      place_ = Place::Numbers;
      return {};
    }
    return unexpected("a list");
  }

  Status endArray() override {
    if (skipped_)
      return --skipped_, Status();
    place_ = Place::Tensor;
    return {};
  }

  Status scalar(const JsonScalar &value) override {
    if (skipped_ || isUnknownField())
      return {};
    const auto *text = std::get_if<std::string_view>(&value);
    if (place_ == Place::Tensors && isMetadata_ && std::holds_alternative<std::nullptr_t>(value))
      return {};
    if (place_ == Place::Metadata) {
      if (!text)
        return Status::error(ConfigInvalid, "'__metadata__': expected text for " + quoted(header_.metadata.back().first),
                             damagedHint);
      header_.metadata.back().second = *text;
      return {};
    }
    if (place_ == Place::Tensor && field_ == Type && text)
      return takeType(*text);
    if (place_ == Place::Numbers)
      return takeNumber(value);
    return unexpected(text ? "text" : "a plain value");
  }

  Status finish() const {
    return place_ == Place::End ? Status()
                                : Status::error(SafetensorsMalformed, "header: expected an object of tensors", damagedHint);
  }

private:
  enum class Place { Start, Tensors, Tensor, Numbers, Metadata, End };
  enum Field : unsigned { Other = 0, Type = 1, Shape = 2, Offsets = 4 };

  bool isUnknownField() const { return place_ == Place::Tensor && field_ == Other; }

  Status malformed(const std::string &what) const {
    return Status::error(SafetensorsMalformed, "tensor " + quoted(current_.tensor.name) + ": " + what, damagedHint);
  }

  Status unexpected(const std::string &found) const {
    if (place_ == Place::Tensor || place_ == Place::Numbers)
      return malformed("expected 'dtype' as text, 'shape' and 'data_offsets' as lists of integers, found " + found);
    return Status::error(SafetensorsMalformed, "header: expected an object of tensors, found " + found, damagedHint);
  }

  Status beginMember(std::string_view name) {
    isMetadata_ = name == "__metadata__";
    if (isMetadata_)
      return std::exchange(hasMetadata_, true)
                 ? Status::error(SafetensorsMalformed, "'__metadata__' stands twice", damagedHint)
                 : Status();
    if (header_.entries.size() >= limits::tensors)
      return Status::error(SafetensorsOverLimit, "header: expected at most " + std::to_string(limits::tensors) + " tensors",
                           damagedHint);
    if (name.size() > limits::tensorNameBytes)
      return Status::error(SafetensorsOverLimit,
                           "tensor " + quoted(name) + ": expected a name of at most " +
                               std::to_string(limits::tensorNameBytes) + " bytes",
                           damagedHint);
    current_ = {};
    current_.tensor.name = name;
    seen_ = 0;
    return {};
  }

  Status takeType(std::string_view name) {
    Result<SafetensorsType> type = safetensorsTypeNamed(name);
    if (!type.ok())
      return Status::error(type.status().code(),
                           "tensor " + quoted(current_.tensor.name) + ": " + type.status().message(),
                           type.status().hint());
    current_.tensor.type = *type;
    return {};
  }

  Status takeNumber(const JsonScalar &value) {
    const auto *number = std::get_if<int64_t>(&value);
    if (!number || *number < 0)
      return malformed("expected sizes and offsets from 0 to 2^63");
    if (field_ == Offsets) {
      if (offsets_.size() == 2)
        return malformed("expected two data offsets, found more");
      offsets_.push_back(static_cast<uint64_t>(*number));
      return {};
    }
    if (current_.tensor.shape.size() == limits::dimensions)
      return Status::error(SafetensorsOverLimit,
                           "tensor " + quoted(current_.tensor.name) + ": expected at most " +
                               std::to_string(limits::dimensions) + " dimensions",
                           damagedHint);
    current_.tensor.shape.push_back(*number);
    return {};
  }

  Status finishTensor() {
    for (auto [field, name] : {std::pair(Type, "dtype"), std::pair(Shape, "shape"), std::pair(Offsets, "data_offsets")})
      if (!(seen_ & field))
        return malformed(std::string("field '") + name + "' is missing");
    if (offsets_.size() != 2)
      return malformed("expected two data offsets, found " + std::to_string(offsets_.size()));
    current_.begin = offsets_[0];
    current_.end = offsets_[1];
    header_.entries.push_back(std::move(current_));
    return {};
  }

  SafetensorsHeader &header_;
  Place place_ = Place::Start;
  int skipped_ = 0; // depth within the value of a field that is not known
  bool isMetadata_ = false, hasMetadata_ = false;
  SafetensorsEntry current_;
  Field field_ = Other;
  unsigned seen_ = 0;
  std::vector<uint64_t> offsets_;
};

} // namespace

Result<SafetensorsHeader> parseSafetensorsHeader(std::string_view json) {
  SafetensorsHeader header;
  HeaderEvents events(header);
  if (Status status = readJson(json, events); !status.ok()) {
    if (status.code() != jsonMalformed && status.code() != jsonOverLimit)
      return status;
    return Status::error(status.code(), "header: " + status.message(), damagedHint);
  }
  LONGC_TRY(events.finish());
  return header;
}

} // namespace longc
