// Safetensors files out of a header's text and data, right or wrong; and hostile ones with the words of their refusal.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace longc::test {

inline std::string safetensorsBytes(const std::string &header, const std::string &data, uint64_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

inline std::string safetensorsBytes(const std::string &header, const std::string &data = "") {
  return safetensorsBytes(header, data, header.size());
}

// A tensor's entry: tensorEntry("a", "F32", "[2]", "[0,8]").
inline std::string tensorEntry(const std::string &name, const std::string &type, const std::string &shape,
                               const std::string &offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

struct HostileSafetensors {
  std::string name, bytes, expect;
};

inline std::vector<HostileSafetensors> hostileSafetensors() {
  std::vector<HostileSafetensors> files;
  const std::string eight(8, 'x'), sixteen(16, 'x');
  const std::string a = tensorEntry("a", "F32", "[2]", "[0,8]");
  auto add = [&](std::string name, std::string bytes, std::string expect) {
    files.push_back({std::move(name), std::move(bytes), std::move(expect)});
  };
  auto header = [&](std::string name, const std::string &text, const std::string &data, std::string expect) {
    add(std::move(name), safetensorsBytes(text, data), std::move(expect));
  };
  // The length and what it says.
  add("empty", "", "expected 8 bytes of header length");
  add("seven-bytes", "1234567", "expected 8 bytes of header length");
  add("length-over-limit", safetensorsBytes("{}", "", 100'000'001), "at most 100000000 bytes");
  add("length-of-all-ones", safetensorsBytes("{}", "", ~0ull), "at most 100000000 bytes");
  add("length-past-end", safetensorsBytes("{}", "", 3), "the file ends after 2");
  add("length-at-limit", safetensorsBytes("{}", "", 100'000'000), "the file ends after 2");
  add("zip", "PK\3\4 a pickled model", "at most 100000000 bytes");
  add("gguf", std::string("GGUF\3\0\0\0", 8) + eight, "at most 100000000 bytes");
  // The header as a text.
  header("no-header", "", "", "header: column 0: expected JSON");
  header("not-json", "{\"a\"", "", "expected JSON");
  header("a-list", "[]", "", "expected an object of tensors, found a list");
  header("a-number", "1", "", "expected an object of tensors, found a plain value");
  header("two-objects", "{}{}", "", "expected JSON");
  header("zero-byte", std::string("{}\0{}", 5), "", "zero byte");
  header("invalid-utf8", "{\"\xff\":1}", "", "expected JSON");
  header("deep-unknown-field", "{\"a\":{\"x\":" + std::string(100000, '['), "", "at most 64");
  // The fields of a tensor.
  header("tensor-is-a-list", "{\"a\":[]}", "", "found a list");
  header("no-dtype", R"({"a":{"shape":[2],"data_offsets":[0,8]}})", eight, "tensor 'a': field 'dtype' is missing");
  header("no-shape", R"({"a":{"dtype":"F32","data_offsets":[0,8]}})", eight, "tensor 'a': field 'shape' is missing");
  header("no-offsets", R"({"a":{"dtype":"F32","shape":[2]}})", eight, "field 'data_offsets' is missing");
  header("field-twice", R"({"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}})", eight,
         "tensor 'a': field 'dtype' stands twice");
  header("unknown-type", "{" + tensorEntry("a", "F7", "[2]", "[0,8]") + "}", eight, "tensor 'a': type 'F7' is not known");
  header("type-is-a-number", R"({"a":{"dtype":3,"shape":[2],"data_offsets":[0,8]}})", eight, "found a plain value");
  header("type-is-an-object", R"({"a":{"dtype":{},"shape":[2],"data_offsets":[0,8]}})", eight, "found an object");
  header("negative-size", "{" + tensorEntry("a", "F32", "[-2]", "[0,8]") + "}", eight, "from 0 to 2^63");
  header("fractional-size", "{" + tensorEntry("a", "F32", "[2.0]", "[0,8]") + "}", eight, "from 0 to 2^63");
  header("size-beyond-63-bits", "{" + tensorEntry("a", "F32", "[18446744073709551615]", "[0,8]") + "}", eight, "from 0 to 2^63");
  header("size-in-a-list", "{" + tensorEntry("a", "F32", "[[2]]", "[0,8]") + "}", eight, "found a list");
  header("size-is-text", "{" + tensorEntry("a", "F32", "[\"2\"]", "[0,8]") + "}", eight, "from 0 to 2^63");
  header("nine-dimensions", "{" + tensorEntry("a", "F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]") + "}", eight, "at most 8 dimensions");
  header("one-offset", "{" + tensorEntry("a", "F32", "[2]", "[0]") + "}", eight, "expected two data offsets, found 1");
  header("three-offsets", "{" + tensorEntry("a", "F32", "[2]", "[0,8,8]") + "}", eight, "expected two data offsets");
  header("long-name", "{" + tensorEntry(std::string(2000, 'n'), "F32", "[2]", "[0,8]") + "}", eight, "a name of at most");
  // Sizes.
  header("product-overflows", "{" + tensorEntry("a", "F32", "[4294967296,4294967296]", "[0,8]") + "}", eight, "too large");
  header("product-wraps-to-little", "{" + tensorEntry("a", "U8", "[2147483648,2147483648,4,8]", "[0,8]") + "}", eight, "too large");
  header("half-a-byte", "{" + tensorEntry("a", "F4", "[3]", "[0,1]") + "}", "x", "to fill whole bytes");
  header("size-is-not-the-offsets", "{" + tensorEntry("a", "F32", "[3]", "[0,8]") + "}", eight,
         "tensor 'a': expected 12 bytes from type and shape, the offsets are 0 and 8");
  header("offsets-turned-round", "{" + tensorEntry("a", "F32", "[2]", "[8,0]") + "}", eight, "the offsets are 8 and 0");
  // Places.
  header("past-the-end", "{" + a + "," + tensorEntry("b", "F32", "[2]", "[8,16]") + "}", eight + "1234567", "the file has 15 bytes of it");
  header("far-past-the-end", "{" + tensorEntry("a", "U8", "[9223372036854775807]", "[0,9223372036854775807]") + "}", eight, "too large");
  header("no-data", "{" + a + "}", "", "the file has 0 bytes of it");
  header("hole-before-first", "{" + tensorEntry("a", "F32", "[2]", "[8,16]") + "}", sixteen, "tensor 'a' leaves a gap before it");
  header("hole", "{" + a + "," + tensorEntry("b", "F32", "[1]", "[12,16]") + "}", sixteen, "tensor 'b' leaves a gap before it");
  header("overlap", "{" + a + "," + tensorEntry("b", "F32", "[2]", "[4,12]") + "}", sixteen, "tensor 'b' overlaps the one before it");
  header("same-bytes-twice", "{" + a + "," + tensorEntry("b", "F32", "[2]", "[0,8]") + "}", eight, "tensor 'b' overlaps");
  header("trailing-bytes", "{" + a + "}", sixteen, "the file has 8 bytes more");
  header("trailing-bytes-without-tensors", "{}", "x", "the file has 1 bytes more");
  // Names.
  header("tensor-twice", "{" + a + "," + tensorEntry("a", "F32", "[2]", "[8,16]") + "}", sixteen, "tensor 'a' stands twice in the header");
  header("tensor-twice-by-escape", "{" + a + "," + tensorEntry("\\u0061", "F32", "[2]", "[8,16]") + "}", sixteen, "tensor 'a' stands twice");
  header("metadata-twice", R"({"__metadata__":{},"__metadata__":{}})", "", "'__metadata__' stands twice");
  header("metadata-holds-a-number", R"({"__metadata__":{"a":1}})", "", "'__metadata__': expected text for 'a'");
  header("metadata-holds-an-object", R"({"__metadata__":{"a":{}}})", "", "expected an object of tensors, found an object");
  header("metadata-is-text", R"({"__metadata__":"x"})", "", "found text");
  return files;
}

} // namespace longc::test
