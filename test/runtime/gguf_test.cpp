// runtime/io/Gguf.cpp on well-formed files: what is read is what was written.
#include "runtime/io/Gguf.h"

#include "runtime/io/ModelFileError.h"
#include "test/runtime/GgufWriter.h"

#include <gtest/gtest.h>

using namespace longc;
using longc::test::asBytes;
using longc::test::GgufWriter;

namespace {

GgufWriter sample() {
  GgufWriter writer;
  writer.addString("general.architecture", "llama");
  writer.addUint32("a.u32", 7);
  writer.addInt32("a.i32", -7);
  writer.addUint64("a.u64", ~0ull);
  writer.addFloat("a.f32", 0.5f);
  writer.addBool("a.bool", true);
  writer.addStrings("a.strings", {"one", "", "three"});
  writer.addInt32s("a.ints", {1, -2, 3});
  writer.addTensor("matrix", 0, {2, 3}, std::string("\0\0\200?\0\0\0@\0\0@@\0\0\200@\0\0\240@\0\0\300@", 24));
  writer.addTensor("scalar", 0, {}, "abcd");
  writer.addTensor("small", 23, {1, 256}, std::string(136, 'k'));
  return writer;
}

TEST(Gguf, ReadsWhatWasWritten) {
  for (uint32_t version : {2u, 3u}) {
    GgufWriter writer = sample();
    writer.version = version;
    std::string bytes = writer.bytes();
    Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
    ASSERT_TRUE(file.ok()) << file.status().text();
    EXPECT_EQ(file->version(), version);
    EXPECT_EQ(file->values().size(), 8u);
    EXPECT_EQ(*file->stringValue("general.architecture"), "llama");
    EXPECT_EQ(*file->unsignedValue("a.u32"), 7u);
    EXPECT_EQ(*file->unsignedValue("a.u64"), ~0ull);
    EXPECT_EQ(*file->integerValue("a.i32"), -7);
    EXPECT_EQ(*file->floatValue("a.f32"), 0.5);
    EXPECT_TRUE(*file->boolValue("a.bool"));
    EXPECT_EQ(*file->stringArray("a.strings"), (std::vector<std::string_view>{"one", "", "three"}));
    EXPECT_EQ(*file->integerArray("a.ints"), (std::vector<int64_t>{1, -2, 3}));

    ASSERT_EQ(file->tensors().size(), 3u);
    const GgufTensor *matrix = file->findTensor("matrix");
    ASSERT_NE(matrix, nullptr);
    EXPECT_EQ(matrix->shape, (std::vector<int64_t>{2, 3}));
    ASSERT_EQ(matrix->data.size(), 24u);
    float values[6];
    std::memcpy(values, matrix->data.data(), 24);
    EXPECT_EQ(values[0], 1.0f);
    EXPECT_EQ(values[5], 6.0f);
    EXPECT_EQ(file->findTensor("scalar")->elements(), 1);
    EXPECT_EQ(file->findTensor("scalar")->data.size(), 4u);
    EXPECT_EQ(file->findTensor("absent"), nullptr);
  }
}

TEST(Gguf, AlignmentOfTheFileIsUsed) {
  GgufWriter writer;
  writer.alignment = 4096;
  writer.addUint32("general.alignment", 4096);
  writer.addTensor("a", 0, {1}, "abcd");
  writer.addTensor("b", 0, {1}, "efgh");
  std::string bytes = writer.bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  ASSERT_TRUE(file.ok()) << file.status().text();
  EXPECT_EQ(file->findTensor("b")->offset, 4096u);
  EXPECT_EQ(std::memcmp(file->findTensor("b")->data.data(), "efgh", 4), 0);
}

TEST(Gguf, WrongAccessNamesKeyAndTypes) {
  std::string bytes = sample().bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->unsignedValue("general.architecture").status().message(),
            "key 'general.architecture': expected an unsigned integer, found string");
  EXPECT_EQ(file->stringValue("a.u32").status().message(),
            "key 'a.u32': expected a string, found unsigned 32-bit integer");
  EXPECT_EQ(file->integerValue("a.bool").status().message(), "key 'a.bool': expected an integer, found bool");
  EXPECT_EQ(file->boolValue("a.u32").status().message(), "key 'a.u32': expected a bool, found unsigned 32-bit integer");
  EXPECT_EQ(file->floatValue("a.u32").status().message(),
            "key 'a.u32': expected a float, found unsigned 32-bit integer");
  EXPECT_EQ(file->stringArray("a.ints").status().message(),
            "key 'a.ints': expected an array of strings, found array of signed 32-bit integers");
  EXPECT_EQ(file->integerArray("a.strings").status().message(),
            "key 'a.strings': expected an array of integers, found array of strings");
  EXPECT_EQ(file->floatArray("a.ints").status().message(),
            "key 'a.ints': expected an array of floats, found array of signed 32-bit integers");
  EXPECT_EQ(file->unsignedValue("a.i32").status().message(),
            "key 'a.i32': expected an unsigned integer, the file has -7");
  EXPECT_EQ(file->integerValue("a.u64").status().message(),
            "key 'a.u64': expected an integer below 2^63, the file has 18446744073709551615");
  EXPECT_EQ(file->stringValue("absent").status().message(), "key 'absent' is missing");
  EXPECT_EQ(file->stringValue("absent").status().code(), KeyMissing);
}

TEST(Gguf, AnEncodingThatCannotBeDecodedIsListedAndRefusedByName) {
  std::string bytes = sample().bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  ASSERT_TRUE(file.ok());
  const GgufTensor *tensor = file->findTensor("small");
  EXPECT_STREQ(tensor->encoding->name, "IQ4_XS");
  EXPECT_EQ(GgufFile::formatOf(*tensor).status().message(),
            "tensor 'small' has type IQ4_XS: expected one of F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, "
            "Q4_K, Q5_K, Q6_K, IQ4_NL");
  EXPECT_EQ(*GgufFile::formatOf(*file->findTensor("matrix")), ElementFormat::F32);
}

TEST(Gguf, ViewsOutliveAMoveAndErrorsNameTheFile) {
  std::string path = testing::TempDir() + "gguf_test.gguf";
  ASSERT_TRUE(sample().writeFile(path));
  Result<GgufFile> opened = GgufFile::open(path);
  ASSERT_TRUE(opened.ok()) << opened.status().text();
  GgufFile moved = std::move(*opened);
  EXPECT_EQ(*moved.stringValue("general.architecture"), "llama");
  EXPECT_EQ(moved.path(), path);

  GgufWriter broken;
  broken.version = 9;
  ASSERT_TRUE(broken.writeFile(path));
  EXPECT_EQ(GgufFile::open(path).status().message(), path + ": GGUF version: expected 2 or 3, the file says 9");
  std::remove(path.c_str());
  EXPECT_EQ(GgufFile::open(path).status().code(), FileUnreadable);
}

} // namespace
