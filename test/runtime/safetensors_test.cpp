// runtime/io/Safetensors*: files of the reference implementation, files that are unusual but right, the writer, shards.
#include "runtime/io/Safetensors.h"

#include "runtime/io/SafetensorsFolder.h"
#include "runtime/io/SafetensorsWriter.h"
#include "test/runtime/SafetensorsText.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace longc;
using namespace longc::test;

namespace {

const std::string goldens = std::string(LONGC_SOURCE_DIR) + "/test/golden/";

std::string contents(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

SafetensorsFile parse(const std::string &bytes) {
  Result<SafetensorsFile> file = SafetensorsFile::parse(std::as_bytes(std::span(bytes.data(), bytes.size())));
  EXPECT_TRUE(file.ok()) << file.status().text();
  return file.ok() ? std::move(*file) : SafetensorsFile();
}

// A folder that goes with the test.
class Folder {
public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("safetensors" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }
  std::string write(const std::string &name, const std::string &bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

private:
  std::filesystem::path path_;
};

TEST(Safetensors, NumbersAreThoseOfTheReference) {
  Result<SafetensorsFile> file = SafetensorsFile::open(goldens + "safetensors_types.safetensors");
  ASSERT_TRUE(file.ok()) << file.status().text();
  EXPECT_EQ(file->metadata(), (std::vector<std::pair<std::string, std::string>>{{"format", "pt"}}));
  EXPECT_EQ(file->find("f32")->shape, (std::vector<int64_t>{2, 3, 4}));
  EXPECT_EQ(file->find("ids")->type, SafetensorsType::I64);
  EXPECT_FALSE(isWeightType(file->find("ids")->type));
  EXPECT_EQ(file->find("f33"), nullptr);
  std::ifstream lines(goldens + "safetensors_types.txt");
  int tensors = 0;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '#')
      continue;
    std::istringstream words(line);
    std::string name, word;
    words >> name;
    const SafetensorsTensor *tensor = file->find(name);
    ASSERT_TRUE(tensor) << name;
    ASSERT_TRUE(isWeightType(tensor->type)) << name;
    std::vector<std::string> expected;
    while (words >> word)
      expected.push_back(word);
    std::vector<float> values(expected.size());
    ASSERT_EQ(values.size() * safetensorsTypeBits(tensor->type) / 8, tensor->data.size()) << name;
    decodeSafetensors(tensor->type, tensor->data, values);
    for (size_t i = 0; i < values.size(); ++i)
      if (expected[i] == "nan")
        EXPECT_TRUE(std::isnan(values[i])) << name << " " << i;
      else
        EXPECT_EQ(std::bit_cast<uint32_t>(values[i]), std::stoul(expected[i], nullptr, 16)) << name << " " << i;
    ++tensors;
  }
  EXPECT_EQ(tensors, 10);
}

TEST(Safetensors, UnusualFilesThatAreRight) {
  EXPECT_TRUE(parse(safetensorsBytes("{}")).tensors().empty());
  EXPECT_TRUE(parse(safetensorsBytes(" \n{\"__metadata__\":null}  ")).metadata().empty());
}

// The header has an odd length and a byte comes first; a field that is not known is skipped.
TEST(Safetensors, TensorsNeedNoAlignment) {
  SafetensorsFile file = parse(safetensorsBytes(
      "{" + tensorEntry("b", "U8", "[1]", "[0,1]") + "," + tensorEntry("x", "F32", "[1]", "[1,5]") + "," +
          tensorEntry("none", "F32", "[3,0]", "[1,1]") +
          R"(,"y":{"more":[{"a":[1]},2],"shape":[2],"dtype":"F4","note":null,"data_offsets":[5,6]}})",
      std::string("\7\0\0\x80\x3f!", 6)));
  ASSERT_TRUE(file.find("x"));
  float value = 0;
  decodeSafetensors(SafetensorsType::F32, file.find("x")->data, {&value, 1});
  EXPECT_EQ(value, 1.0f);
  EXPECT_TRUE(file.find("none")->data.empty());
  EXPECT_EQ(file.find("y")->data.size(), 1u);
}

TEST(Safetensors, TheWriterRepeatsTheReferenceByteForByte) {
  Folder folder;
  Result<SafetensorsFile> file = SafetensorsFile::open(goldens + "safetensors_types.safetensors");
  ASSERT_TRUE(file.ok());
  std::vector<SafetensorsOutput> tensors;
  for (const SafetensorsTensor &tensor : file->tensors())
    tensors.insert(tensors.begin(), {tensor.name, tensor.type, tensor.shape, [&](const SafetensorsOutput::Append &append) {
                                       LONGC_TRY(append(tensor.data.first(tensor.data.size() / 2)));
                                       return append(tensor.data.subspan(tensor.data.size() / 2));
                                     }});
  const std::string path = folder.path() + "/copy.safetensors";
  Status status = writeSafetensors(path, tensors);
  ASSERT_TRUE(status.ok()) << status.text();
  EXPECT_TRUE(contents(path) == contents(goldens + "safetensors_types.safetensors"));
}

TEST(Safetensors, TheWriterRefusesWhatItCouldNotReadBack) {
  Folder folder;
  const std::string path = folder.path() + "/bad.safetensors";
  auto bytes = [](size_t count) {
    return [count](const SafetensorsOutput::Append &append) { return append(std::vector<std::byte>(count)); };
  };
  using Type = SafetensorsType;
  EXPECT_FALSE(writeSafetensors(path, {{"a", Type::F32, {2}, bytes(8)}, {"a", Type::U8, {1}, bytes(1)}}).ok());
  EXPECT_FALSE(writeSafetensors(path, {{"a", Type::F32, {2}, bytes(7)}}).ok());
  EXPECT_FALSE(writeSafetensors(path, {{"a", Type::F32, {2}, bytes(9)}}).ok());
  EXPECT_FALSE(writeSafetensors(path, {{"a", Type::F32, {-2}, bytes(8)}}).ok());
  EXPECT_FALSE(writeSafetensors(path, {{"a", Type::F4, {1}, bytes(1)}}).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path())); // nothing half written
}

const std::string shardA = safetensorsBytes("{" + tensorEntry("a", "F32", "[2]", "[0,8]") + "}", "01234567");
const std::string shardB = safetensorsBytes("{" + tensorEntry("b", "F32", "[1]", "[0,4]") + "}", "0123");

std::string refusalOf(const Folder &folder, const std::string &index) {
  folder.write("model.safetensors.index.json", index);
  Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder.path());
  EXPECT_FALSE(opened.ok()) << index;
  return opened.ok() ? "" : opened.status().message();
}

TEST(Safetensors, ShardsAndTheirIndexAgree) {
  Folder folder;
  folder.write("one.safetensors", shardA);
  folder.write("two.safetensors", shardB);
  const std::string map = R"("weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})";
  folder.write("model.safetensors.index.json", R"({"metadata": {"total_size": 12}, )" + map);
  Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().text();
  SafetensorsFolder moved = std::move(*opened);
  EXPECT_EQ(moved.tensors().size(), 2u);
  EXPECT_EQ(moved.find("b")->data.size(), 4u);
  EXPECT_EQ(moved.find("c"), nullptr);
  folder.write("model.safetensors.index.json", "{" + map);
  EXPECT_TRUE(SafetensorsFolder::open(folder.path()).ok());

  auto expect = [&](const std::string &index, const std::string &words) {
    EXPECT_NE(refusalOf(folder, index).find(words), std::string::npos) << refusalOf(folder, index);
  };
  expect(R"({"metadata": {"total_size": 13}, )" + map, "'total_size' is 13, the tensors of the shards have 12 bytes");
  expect(R"({"metadata": {"total_size": "12"}, )" + map, "'total_size' is text");
  expect(R"({"weight_map": {}})", "expected 'weight_map'");
  expect(R"({"weight_map": {"a": 1}})", "found 1");
  for (std::string name : {"../one.safetensors", "/etc/passwd", "sub/one.safetensors", "..", ""})
    expect(R"({"weight_map": {"a": ")" + name + R"("}})", "expected the name of a file beside the index, found '" + name + "'");
  expect(R"({"weight_map": {"a": "one.safetensors", "b": "three.safetensors"}})", "three.safetensors' is missing");
  expect(R"({"weight_map": {"a": "one.safetensors", "b": "one.safetensors"}})", "tensor 'b' is missing");
  expect(R"({"weight_map": {"b": "two.safetensors", "c": "two.safetensors"}})", "tensor 'c' is missing");
  expect(R"({"weight_map": {"a": "one.safetensors", "a": "two.safetensors"}})", "member 'a' stands twice");
  folder.write("two.safetensors", shardA);
  expect(R"({"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}})", "tensor 'b' is missing");
  folder.write("two.safetensors", safetensorsBytes("{" + tensorEntry("a", "F32", "[2]", "[0,8]") + "," +
                                                       tensorEntry("b", "F32", "[1]", "[8,12]") + "}", "012345678901"));
  expect("{" + map, "two.safetensors: tensor 'a' is not here by");
  folder.write("two.safetensors", shardB.substr(0, shardB.size() - 1));
  expect("{" + map, "two.safetensors: tensor 'b': expected 4 bytes");
}

TEST(Safetensors, OneFileComesBeforeAnIndex) {
  Folder folder;
  folder.write("model.safetensors", shardA);
  folder.write("model.safetensors.index.json", "{}");
  Result<SafetensorsFolder> opened = SafetensorsFolder::open(folder.path());
  ASSERT_TRUE(opened.ok()) << opened.status().text();
  EXPECT_EQ(opened->tensors().size(), 1u);
}

} // namespace
