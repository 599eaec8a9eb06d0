// Reads and writes version 1 and 2 of the .npy format.
#include "runtime/io/Npy.h"

#include "runtime/core/OutputFile.h"

#include <cstring>
#include <fstream>

namespace longc {
namespace {

constexpr size_t kMaxHeader = 1 << 16;
constexpr int64_t kMaxBytes = int64_t{1} << 36;

Status bad(const std::string &path, const std::string &what) {
  return Status::error(2301, "'" + path + "': " + what, "write it with numpy.save from a C-ordered array");
}

/// The text after "'key':" in the header's dictionary.
std::string valueOf(const std::string &header, const std::string &key) {
  size_t place = header.find("'" + key + "':");
  if (place == std::string::npos)
    return "";
  place = header.find_first_not_of(' ', place + key.size() + 3);
  return place == std::string::npos ? "" : header.substr(place);
}

} // namespace

Result<NpyTensor> readNpy(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return Status::error(2301, "cannot read '" + path + "'", "check the path");
  unsigned char start[12] = {};
  stream.read(reinterpret_cast<char *>(start), 10);
  if (!stream || std::memcmp(start, "\x93NUMPY", 6) != 0 || start[6] < 1 || start[6] > 2)
    return bad(path, "not a .npy file of version 1 or 2");
  size_t length = start[8] | start[9] << 8;
  if (start[6] == 2) {
    stream.read(reinterpret_cast<char *>(start + 10), 2);
    length |= size_t(start[10]) << 16 | size_t(start[11]) << 24;
  }
  if (!stream || length > kMaxHeader)
    return bad(path, "its header is cut off or too long");
  std::string header(length, ' ');
  stream.read(header.data(), std::streamsize(length));
  if (!stream)
    return bad(path, "its header is cut off");

  NpyTensor tensor;
  const std::string type = valueOf(header, "descr");
  for (const char *known : {"f4", "i4", "i1", "u2"})
    if (type.size() >= 5 && (type[1] == '<' || type[1] == '|') && type.compare(2, 2, known) == 0)
      tensor.type = known;
  if (tensor.type.empty())
    return bad(path, "element type " + type.substr(0, 6) + "; expected <f4, <i4, |i1 or <u2 (bits of bf16)");
  if (valueOf(header, "fortran_order").compare(0, 5, "False") != 0)
    return bad(path, "it is not in C order");
  std::string shape = valueOf(header, "shape");
  const size_t end = shape.find(')');
  if (shape.empty() || shape[0] != '(' || end == std::string::npos)
    return bad(path, "it has no shape");
  int64_t bytes = tensor.type[1] - '0', size = -1;
  for (size_t i = 1; i <= end; ++i) {
    if (shape[i] >= '0' && shape[i] <= '9') {
      size = (size < 0 ? 0 : size) * 10 + (shape[i] - '0');
      if (size > kMaxBytes)
        return bad(path, "its shape is too large");
    } else if (size >= 0) {
      tensor.shape.push_back(size);
      if (size != 0 && bytes > kMaxBytes / size)
        return bad(path, "its shape is too large");
      bytes *= size;
      size = -1;
    }
  }
  if (tensor.shape.size() > 4)
    return bad(path, "it has more than four dimensions");
  const std::streampos here = stream.tellg();
  stream.seekg(0, std::ios::end);
  if (stream.tellg() - here != bytes)
    return bad(path, "it holds " + std::to_string(stream.tellg() - here) + " bytes of data; its shape needs " +
                         std::to_string(bytes));
  stream.seekg(here);
  tensor.data.resize(size_t(bytes));
  stream.read(reinterpret_cast<char *>(tensor.data.data()), bytes);
  return stream ? Result<NpyTensor>(std::move(tensor)) : Result<NpyTensor>(bad(path, "it cannot be read to its end"));
}

Status writeNpy(const std::string &path, const std::string &type, const std::vector<int64_t> &shape, const void *data,
                size_t bytes) {
  std::string header = std::string("{'descr': '") + (type == "i1" ? "|" : "<") + type + "', 'fortran_order': False, 'shape': (";
  for (int64_t size : shape)
    header += std::to_string(size) + ",";
  header += "), }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  const char start[] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, char(header.size() & 255), char(header.size() >> 8)};
  Result<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  LONGC_TRY(file->append(start, sizeof start));
  LONGC_TRY(file->append(header.data(), header.size()));
  LONGC_TRY(file->append(data, bytes));
  return file->complete();
}

} // namespace longc
