// GGUF files made to hurt a reader: one or more of each class of fault that has been found in readers elsewhere, with
// the words its refusal must contain. Used by tests and as the seeds of the fuzz target.
#pragma once

#include "runtime/io/ModelFileError.h"
#include "test/runtime/GgufWriter.h"
#include "test/runtime/TinyLlama.h"

#include <functional>
#include <string>
#include <vector>

namespace longc::test {

struct HostileFile {
  std::string name; // of the class, then of the case
  std::string bytes;
  std::string expect;      // a part of the error line
  bool byImporter = false; // the reader accepts the file, the importer of models must not
};

// A tiny model with one thing added to its metadata.
inline std::string tinyWith(const std::function<void(GgufWriter &)> &add) {
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 1, ElementFormat::Q4_1);
  add(writer);
  return writer.bytes();
}

inline std::vector<HostileFile> hostileGgufFiles() {
  std::vector<HostileFile> files;
  auto add = [&](std::string name, std::string expect, const std::function<void(GgufWriter &)> &make) {
    GgufWriter writer;
    make(writer);
    files.push_back({std::move(name), writer.bytes(), std::move(expect), false});
  };
  auto le64 = [](uint64_t value) {
    std::string out;
    GgufWriter::put(out, value);
    return out;
  };
  auto le32 = [](uint32_t value) {
    std::string out;
    GgufWriter::put(out, value);
    return out;
  };

  // 1. The product of sizes overflows, so a small buffer is taken for a huge tensor.
  add("size-product-overflow", "tensor 'a': the product of its sizes is too large",
      [](GgufWriter &w) { w.addTensor("a", 0, {1ull << 32, 1ull << 32}, std::string(64, 'x')); });
  add("size-product-wraps-to-little", "tensor 'a': the product of its sizes is too large",
      [](GgufWriter &w) { w.addTensor("a", 0, {1ull << 31, 1ull << 31, 4}, std::string(64, 'x')); });
  add("size-bytes-overflow", "tensor 'a': the product of its sizes is too large",
      [](GgufWriter &w) { w.addTensor("a", 28, {1ull << 30, 1ull << 31}, std::string(64, 'x')); });
  add("size-above-limit", "tensor 'a': expected sizes from 1 to",
      [](GgufWriter &w) { w.addTensor("a", 0, {~0ull}, std::string(64, 'x')); });
  // 2. Padding wraps on a huge alignment.
  for (uint32_t alignment : {0u, 1u, 24u, 131072u, 0x80000000u, 0xffffffffu})
    add("alignment-" + std::to_string(alignment), "key 'general.alignment': expected a power of two from 8 to 65536",
        [&](GgufWriter &w) { w.addUint32("general.alignment", alignment); });
  add("alignment-64-bit", "key 'general.alignment': expected a power of two",
      [](GgufWriter &w) { w.addUint64("general.alignment", 1ull << 63); });
  // 3. Trusted lengths.
  add("string-length", "length of key 'a' at byte 37: expected at most",
      [&](GgufWriter &w) { w.addRaw("a", 8, le64(~0ull)); });
  add("string-length-in-limit", "length of key 'a' at byte 37 is 67108864: expected at least 67108864 more bytes",
      [&](GgufWriter &w) { w.addRaw("a", 8, le64(64ull << 20)); });
  add("key-length", "length of key 0 at byte 24: expected at most",
      [&](GgufWriter &w) { w.addString(std::string(70000, 'k'), ""); });
  add("array-length", "length of the array key 'a' at byte 41: expected at most",
      [&](GgufWriter &w) { w.addRaw("a", 9, le32(0) + le64(~0ull)); });
  add("array-length-in-limit", "length of the array key 'a' at byte 41 is 16777216: expected at least 134217728 more",
      [&](GgufWriter &w) { w.addRaw("a", 9, le32(10) + le64(16ull << 20)); });
  add("array-of-strings-length", "is 16777216: expected at least 134217728 more bytes",
      [&](GgufWriter &w) { w.addRaw("a", 9, le32(8) + le64(16ull << 20)); });
  add("array-element-length", "length of an element of key 'a'",
      [&](GgufWriter &w) { w.addRaw("a", 9, le32(8) + le64(1) + le64(~0ull - 7)); });
  add("number-of-keys", "number of metadata keys at byte 16: expected at most 65536",
      [](GgufWriter &w) { w.claimedKeys = 1ull << 60; });
  add("number-of-keys-in-limit", "number of metadata keys at byte 16 is 65536: expected at least",
      [](GgufWriter &w) { w.claimedKeys = 65536; });
  add("number-of-tensors", "number of tensors at byte 8: expected at most 1048576",
      [](GgufWriter &w) { w.claimedTensors = ~0ull; });
  add("number-of-tensors-in-limit", "number of tensors at byte 8 is 1048576: expected at least",
      [](GgufWriter &w) { w.claimedTensors = 1u << 20; });
  // 4. Too many dimensions.
  add("dimensions-9", "tensor 'a': expected at most 8 dimensions, the file says 9",
      [](GgufWriter &w) { w.addTensor("a", 0, std::vector<uint64_t>(9, 1), "xxxx"); });
  files.push_back({"dimensions-huge",
                   [&] {
                     GgufWriter w;
                     w.claimedTensors = 1;
                     return w.header() + le64(1) + "a" + le32(0xffffffffu) + std::string(64, '\1');
                   }(),
                   "tensor 'a': expected at most 8 dimensions, the file says 4294967295", false});
  add("dimension-zero", "tensor 'a': expected sizes from 1 to", [](GgufWriter &w) { w.addTensor("a", 0, {4, 0}, ""); });
  // 5. Unchecked type numbers.
  for (uint32_t type : {4u, 5u, 31u, 42u, 0x7fffffffu, 0xffffffffu})
    add("tensor-type-" + std::to_string(type), "tensor 'a': expected a known tensor type, the file says",
        [&](GgufWriter &w) { w.addTensor("a", type, {32}, std::string(64, 'x')); });
  for (uint32_t type : {13u, 0xffffffffu})
    add("value-type-" + std::to_string(type), "type of key 'a': expected a value type from 0 to 12",
        [&](GgufWriter &w) { w.addRaw("a", type, std::string(16, '\1')); });
  add("element-type-99", "element type of key 'a': expected a value type from 0 to 12",
      [&](GgufWriter &w) { w.addRaw("a", 9, le32(99) + le64(1) + std::string(16, '\1')); });
  // 6. Tensor data past the end of the file.
  add("data-past-end", "tensor 'a': expected 400 bytes of data at offset 0 of the data section",
      [](GgufWriter &w) { w.addTensor("a", 0, {100}, std::string(396, 'x')); });
  add("data-offset-past-end", "tensor 'a': expected 4 bytes of data at offset 1099511627776",
      [](GgufWriter &w) { w.addTensorAt("a", 0, {1}, 1ull << 40); });
  add("data-offset-wraps", "tensor 'a': expected 4 bytes of data at offset 18446744073709551584",
      [](GgufWriter &w) { w.addTensorAt("a", 0, {1}, ~0ull - 31); });
  add("data-offset-unaligned", "tensor 'a': expected its data at a multiple of 32 bytes, the file says offset 4",
      [](GgufWriter &w) {
        w.addTensor("b", 0, {16}, std::string(64, 'x'));
        w.addTensorAt("a", 0, {1}, 4);
      });
  add("data-overlaps", "tensors 'a' and 'b' overlap: expected the second to begin at offset 64 or later",
      [](GgufWriter &w) {
        w.addTensor("a", 0, {16}, std::string(96, 'x'));
        w.addTensorAt("b", 0, {8}, 32);
      });
  add("partial-block", "tensor 'a' of type Q4_1: expected rows of a multiple of 32 values, the file says 33",
      [](GgufWriter &w) { w.addTensor("a", 3, {1, 33}, std::string(64, 'x')); });
  // 7. Values of the wrong type, and names given twice.
  add("alignment-is-a-string", "key 'general.alignment': expected an unsigned integer, found string",
      [](GgufWriter &w) { w.addString("general.alignment", "32"); });
  add("bool-is-2", "key 'a': expected a bool of 0 or 1", [&](GgufWriter &w) { w.addRaw("a", 7, "\2"); });
  add("key-twice", "key 'a' appears twice", [](GgufWriter &w) {
    w.addUint32("a", 1);
    w.addString("a", "1");
  });
  add("tensor-twice", "tensor 'a' appears twice", [](GgufWriter &w) {
    w.addTensor("a", 0, {1}, "xxxx");
    w.addTensor("a", 0, {1}, "xxxx");
  });
  add("empty-key", "key 0 is empty", [](GgufWriter &w) { w.addUint32("", 1); });
  add("empty-tensor-name", "tensor 0 has an empty name", [](GgufWriter &w) { w.addTensor("", 0, {1}, "xxxx"); });
  add("escape-sequence-in-name", "tensor '\\x1b[2J' appears twice", [](GgufWriter &w) {
    w.addTensor("\x1b[2J", 0, {1}, "xxxx");
    w.addTensor("\x1b[2J", 0, {1}, "xxxx");
  });
  files.push_back({"block-count-is-a-string",
                   [] {
                     GgufWriter w;
                     w.addString("general.architecture", "llama");
                     w.addString("llama.block_count", "2");
                     return w.bytes();
                   }(),
                   "key 'llama.block_count': expected an unsigned integer, found string", true});
  // 8. Negative and absurd integers.
  for (int32_t layers : {-1, 0, 0x7fffffff}) {
    GgufWriter w;
    w.addString("general.architecture", "llama");
    w.addInt32("llama.block_count", layers);
    files.push_back({"block-count-" + std::to_string(layers), w.bytes(),
                     layers < 0 ? "key 'llama.block_count': expected an unsigned integer, the file has -1"
                                : "key 'llama.block_count': expected a number from 1 to 4096",
                     true});
  }
  files.push_back({"token-id-past-vocabulary",
                   tinyWith([](GgufWriter &w) { w.addUint32("tokenizer.ggml.eot_token_id", 288); }),
                   "key 'tokenizer.ggml.eot_token_id': expected an id below 288", true});
  // 9. Bombs in text that is interpreted later.
  {
    std::string bytes = tinyLlama(tinyLlamaConfig(), 1, ElementFormat::Q4_1).bytes();
    // Rename the template key (same length) and add a large one.
    size_t at = bytes.find("tokenizer.chat_template");
    bytes.replace(at, 23, "general.was_a_template_");
    std::string pair = le64(23) + "tokenizer.chat_template" + le32(8) + le64(1100000) + std::string(1100000, ' ');
    // In front of the first pair; keeping the padding of the data section needs a multiple of 32 bytes.
    pair += le64(5) + "x.pad" + le32(8);
    size_t pad = 32 - (pair.size() + 8) % 32;
    pair += le64(pad) + std::string(pad, ' ');
    bytes.insert(24, pair);
    uint64_t keys;
    std::memcpy(&keys, bytes.data() + 16, 8);
    keys += 2;
    std::memcpy(bytes.data() + 16, &keys, 8);
    files.push_back(
        {"chat-template-too-long", bytes, "key 'tokenizer.chat_template': expected at most 1048576 bytes", true});
  }
  // 10. Recursion and foreign encodings in what is deserialised.
  add("array-of-arrays", "key 'a': expected an array of plain values", [&](GgufWriter &w) {
    std::string deep;
    for (int i = 0; i < 1000; ++i)
      deep += le32(9) + le64(1);
    w.addRaw("a", 9, deep);
  });
  add("version-1", "GGUF version: expected 2 or 3, the file says 1", [](GgufWriter &w) { w.version = 1; });
  add("version-4", "GGUF version: expected 2 or 3, the file says 4", [](GgufWriter &w) { w.version = 4; });
  add("big-endian", "GGUF byte order: expected little-endian", [](GgufWriter &w) { w.version = 0x03000000; });
  files.push_back({"not-gguf", "GGML....", "not a GGUF file", false});
  files.push_back({"empty", "", "not a GGUF file", false});
  return files;
}

} // namespace longc::test
