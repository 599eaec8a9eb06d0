// Split models: every part opens the whole; parts that are missing, renamed or of another model are refused by name.
#include "frontends/gguf/ImportGguf.h"

#include "runtime/io/ModelFileError.h"
#include "test/runtime/SplitGguf.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

using namespace longc;
using namespace longc::test;

namespace {

constexpr int64_t tensorCount = 20; // of the tiny model

std::string numbered(const std::string &stem, size_t number, size_t count) {
  char ending[32];
  std::snprintf(ending, sizeof ending, "-%05zu-of-%05zu.gguf", number, count);
  return stem + ending;
}

class SplitModel : public testing::Test {
protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "split_model/";
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    bytes_ = tinyLlama(tinyLlamaConfig(), 7, ElementFormat::Q4_0).bytes();
    whole_.emplace(std::move(*GgufFile::parse(asBytes(bytes_))));
    ASSERT_EQ(whole_->tensors().size(), static_cast<size_t>(tensorCount));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(size_t number, size_t count) const { return numbered(folder_ + "tiny", number, count); }
  GgufWriter part(const Piece &piece, int32_t total = tensorCount) const {
    return partOfTinyLlama(tinyLlamaConfig(), *whole_, piece, total);
  }
  void write(const Piece &piece, const std::function<void(GgufWriter &)> &change = {}, int32_t total = tensorCount) const {
    GgufWriter writer = part(piece, total);
    if (change)
      change(writer);
    ASSERT_TRUE(writer.writeFile(path(piece.number + 1, piece.count)));
  }
  void writeThree() const {
    write({0, 5, 0, 3});
    write({5, 6, 1, 3});
    write({6, 20, 2, 3});
  }
  void expectRefused(const std::string &opened, int code, const std::vector<std::string> &words) const {
    Status status = importGguf(opened).status();
    ASSERT_FALSE(status.ok()) << words[0];
    EXPECT_EQ(status.code(), code) << status.text();
    for (const std::string &word : words)
      EXPECT_NE(status.message().find(word), std::string::npos) << word << " in " << status.text();
    EXPECT_FALSE(status.hint().empty()) << status.text();
  }

  std::string folder_, bytes_;
  std::optional<GgufFile> whole_;
};

std::vector<std::byte> written(const Checkpoint &model) {
  std::vector<std::byte> all;
  for (const CheckpointParameter &parameter : model.parameters) {
    const CheckpointParameter *alone[] = {&parameter};
    std::vector<std::byte> bytes(*packedBytes(alone));
    EXPECT_TRUE(packParameter(alone, bytes).ok());
    all.insert(all.end(), bytes.begin(), bytes.end());
  }
  return all;
}

TEST_F(SplitModel, EveryPartOpensTheWhole) {
  Result<GgufFile> alone = GgufFile::parse(asBytes(bytes_));
  Result<Checkpoint> expected = importGguf(std::move(*alone));
  ASSERT_TRUE(expected.ok());
  writeThree();
  for (size_t number : {1, 2, 3}) {
    Result<Checkpoint> model = importGguf(path(number, 3));
    ASSERT_TRUE(model.ok()) << model.status().text();
    EXPECT_EQ(model->fileCount, 3u);
    EXPECT_EQ(model->parameters.size(), expected->parameters.size());
    EXPECT_EQ(written(*model), written(*expected));
    EXPECT_EQ(model->tokenizer.tokens, expected->tokenizer.tokens);
  }
}

TEST_F(SplitModel, APartMayHaveNoTensorsAndRepeatTheMetadata) {
  write({0, 0, 0, 2});
  write({0, 20, 1, 2}, [](GgufWriter &writer) { addLlamaKeys(writer, tinyLlamaConfig()); });
  Result<Checkpoint> model = importGguf(path(2, 2));
  ASSERT_TRUE(model.ok()) << model.status().text();
}

TEST_F(SplitModel, EachPartHasItsOwnAlignment) {
  write({0, 5, 0, 2});
  GgufWriter second;
  second.alignment = 4096;
  second.addUint32("general.alignment", 4096);
  second.addUint32("split.no", 1);
  second.addUint32("split.count", 2);
  second.addInt32("split.tensors.count", tensorCount);
  addTensors(second, *whole_, 5, 20);
  ASSERT_TRUE(second.writeFile(path(2, 2)));
  Result<Checkpoint> model = importGguf(path(1, 2));
  ASSERT_TRUE(model.ok()) << model.status().text();
  EXPECT_EQ(written(*model), written(*importGguf(std::move(*GgufFile::parse(asBytes(bytes_))))));
}

TEST_F(SplitModel, PartsThatAreMissingOrRenamedAreNamed) {
  writeThree();
  std::filesystem::rename(path(2, 3), folder_ + "elsewhere");
  for (size_t number : {1, 3})
    expectRefused(path(number, 3), FileUnreadable, {"part 2 of 3 of the model", path(2, 3)});
  expectRefused(folder_ + "elsewhere", PartsContradict,
                {"part 2 of 3 of a split model", "a name that ends in '-00002-of-00003.gguf'"});
  std::filesystem::copy_file(path(3, 3), path(2, 3));
  expectRefused(path(1, 3), PartsContradict, {path(2, 3), "expected part 2 of 3", "the file says part 3 of 3"});
  expectRefused(path(2, 3), PartsContradict, {"part 3 of 3", "-00003-of-00003.gguf"});
  std::ofstream(path(2, 3), std::ios::trunc) << "no model";
  expectRefused(path(1, 3), NotGguf, {"part 2 of 3", path(2, 3)});
}

TEST_F(SplitModel, PartsOfAnotherModelAreNamed) {
  writeThree();
  write({5, 6, 1, 3}, {}, tensorCount + 1);
  expectRefused(path(3, 3), PartsContradict, {"key 'split.tensors.count' of part 2"});
  write({4, 6, 1, 3});
  expectRefused(path(1, 3), PartsContradict, {"parts of a split model", "appears twice"});
  write({5, 6, 1, 3}, [](GgufWriter &writer) { writer.addString("general.name", "other"); });
  expectRefused(path(1, 3), PartsContradict, {"key 'general.name' of part 2"});
  write({5, 5, 1, 3});
  expectRefused(path(1, 3), PartsContradict, {"key 'split.tensors.count': expected 19", "the file has 20"});
}

TEST_F(SplitModel, ImpossibleKeysAreNamed) {
  auto one = [&](const std::function<void(GgufWriter &)> &keys) {
    GgufWriter writer = tinyLlama(tinyLlamaConfig(), 7, ElementFormat::Q4_0);
    keys(writer);
    EXPECT_TRUE(writer.writeFile(folder_ + "one.gguf"));
    return folder_ + "one.gguf";
  };
  auto partSaying = [&](uint32_t number, uint64_t count) {
    return one([=](GgufWriter &writer) {
      writer.addUint32("split.no", number);
      writer.addUint64("split.count", count);
    });
  };
  expectRefused(partSaying(0, 1ull << 60), GgufOverLimit, {"key 'split.count': expected at most 65535"});
  expectRefused(partSaying(0, 65535), PartsContradict, {"-00001-of-65535.gguf"});
  expectRefused(partSaying(3, 3), PartsContradict, {"key 'split.no': expected a number below the 3", "the file has 3"});
  expectRefused(partSaying(1, 0), PartsContradict, {"key 'split.no'"});
  expectRefused(one([](GgufWriter &writer) { writer.addUint32("split.count", 2); }), KeyMissing, {"key 'split.no'"});
  expectRefused(one([](GgufWriter &writer) { writer.addInt32("split.count", -2); }), ConfigInvalid, {"key 'split.count'"});
  expectRefused(one([](GgufWriter &writer) { writer.addString("split.count", "2"); }), KeyType, {"key 'split.count'"});
  expectRefused(one([](GgufWriter &writer) { writer.addUint32("split.tensors.count", 21); }), PartsContradict,
                {"key 'split.tensors.count': expected 20"});
  write({0, 20, 0, 2}); // the total stands in one part, and numbers have other types
  GgufWriter noTotal;
  noTotal.addUint32("split.no", 1);
  noTotal.addUint32("split.count", 2);
  ASSERT_TRUE(noTotal.writeFile(path(2, 2)));
  EXPECT_TRUE(importGguf(path(1, 2)).ok()) << importGguf(path(1, 2)).status().text();
}

TEST_F(SplitModel, AFileMergedFromPartsIsWhole) {
  auto merged = [&](size_t end) {
    GgufWriter writer = part({0, end, 0, 0});
    EXPECT_TRUE(writer.writeFile(folder_ + "merged.gguf"));
    return folder_ + "merged.gguf";
  };
  EXPECT_TRUE(importGguf(merged(20)).ok()) << importGguf(merged(20)).status().text();
  expectRefused(merged(19), PartsContradict, {"key 'split.tensors.count'"});
}

// Without the keys, only the name tells that a head might lie in another part.
TEST_F(SplitModel, AMissingHeadIsNotTiedInAFileNamedAsAPart) {
  ASSERT_TRUE(tinyLlama(tinyLlamaConfig(), 7, ElementFormat::Q4_0).writeFile(path(1, 2)));
  expectRefused(path(1, 2), TensorMissing, {"tensor 'output.weight' is missing", "one part of several"});
  DecoderConfig untied = tinyLlamaConfig();
  untied.tiedHead = false;
  ASSERT_TRUE(tinyLlama(untied, 7, ElementFormat::Q4_0).writeFile(path(1, 2)));
  EXPECT_TRUE(importGguf(path(1, 2)).ok());
  ASSERT_TRUE(tinyLlama(tinyLlamaConfig(), 7, ElementFormat::Q4_0).writeFile(path(1, 1)));
  EXPECT_TRUE(importGguf(path(1, 1)).ok());
}

TEST_F(SplitModel, APartInMemoryAloneIsRefused) {
  std::string bytes = part({0, 20, 0, 2}).bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  ASSERT_TRUE(file.ok());
  Status status = importGguf(std::move(*file)).status();
  EXPECT_EQ(status.code(), PartsContradict);
  EXPECT_EQ(status.message(), "part 1 of 2 of a split model: expected the other parts too");
}

} // namespace
