// NumPy files: round trips of every type, and refusal of what is cut off, misshapen or of another type.
#include "runtime/io/Npy.h"

#include "gtest/gtest.h"

#include <cstring>
#include <fstream>

using namespace longc;

namespace {

std::string path(const char *name) { return testing::TempDir() + name; }

void writeBytes(const std::string &file, const std::string &bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

/// A version 1 file with this header text and data.
std::string file(const std::string &header, const std::string &data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += char(header.size() & 255);
  bytes += char(header.size() >> 8);
  return bytes + header + data;
}

TEST(Npy, RoundTripsEveryType) {
  for (const char *type : {"f4", "i4", "u2", "i1"}) {
    const std::string name = path("round.npy");
    std::vector<unsigned char> data(size_t(6 * (type[1] - '0')));
    for (size_t i = 0; i < data.size(); ++i)
      data[i] = static_cast<unsigned char>(37 * i + 5);
    ASSERT_TRUE(writeNpy(name, type, {2, 3}, data.data(), data.size()).ok());
    auto read = readNpy(name);
    ASSERT_TRUE(read.ok()) << read.status().text();
    EXPECT_EQ(read->type, type);
    EXPECT_EQ(read->shape, (std::vector<int64_t>{2, 3}));
    ASSERT_EQ(read->data.size(), data.size());
    EXPECT_EQ(std::memcmp(read->data.data(), data.data(), data.size()), 0);
  }
}

TEST(Npy, ReadsWhatNumpyWrites) {
  // numpy.save of numpy.array([1.5, -2], numpy.float32), with numpy's padding to 64 bytes.
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }";
  header.resize(117, ' ');
  header += '\n';
  writeBytes(path("numpy.npy"), file(header, std::string("\x00\x00\xc0\x3f\x00\x00\x00\xc0", 8)));
  auto read = readNpy(path("numpy.npy"));
  ASSERT_TRUE(read.ok()) << read.status().text();
  EXPECT_EQ(read->shape, std::vector<int64_t>{2});
  float values[2];
  std::memcpy(values, read->data.data(), 8);
  EXPECT_EQ(values[0], 1.5f);
  EXPECT_EQ(values[1], -2.0f);
}

TEST(Npy, AnEmptyDimensionIsATensorWithoutData) {
  ASSERT_TRUE(writeNpy(path("empty.npy"), "f4", {0, 5}, nullptr, 0).ok());
  auto read = readNpy(path("empty.npy"));
  ASSERT_TRUE(read.ok()) << read.status().text();
  EXPECT_TRUE(read->data.empty());
}

TEST(Npy, RefusesWhatItCannotRead) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }\n", data(8, '\1');
  const std::pair<std::string, const char *> cases[] = {
      {"PK\3\4 a zip file", "not a .npy"},
      {file(good, data).substr(0, 9), "not a .npy"},
      {file(good, data).substr(0, 30), "cut off"},
      {file(good, data.substr(0, 7)), "7 bytes"},
      {file(good, data + "x"), "9 bytes"},
      {file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n", data), "element type"},
      {file("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", data), "element type"},
      {file("{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", data), "C order"},
      {file("{'descr': '<f4', 'fortran_order': False, }\n", data), "no shape"},
      {file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,2), }\n", data), "four dimensions"},
      {file("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999,), }\n", data), "too large"},
      {file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296,4294967296), }\n", data), "too large"},
  };
  for (const auto &[bytes, message] : cases) {
    writeBytes(path("bad.npy"), bytes);
    auto read = readNpy(path("bad.npy"));
    ASSERT_FALSE(read.ok()) << message;
    EXPECT_NE(read.status().message().find(message), std::string::npos) << read.status().text();
  }
  EXPECT_FALSE(readNpy(path("does-not-exist.npy")).ok());
  EXPECT_FALSE(writeNpy("/nowhere/at/all.npy", "f4", {1}, data.data(), 4).ok());
}

} // namespace
