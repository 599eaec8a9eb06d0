// Keys and their comparison.
#include "runtime/http/ApiKeys.h"

#include "runtime/core/Hash.h"
#include "runtime/core/Log.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sys/stat.h>

namespace longc {
namespace {

// All bytes are looked at, whatever they are.
bool isSame(std::string_view given, std::string_view key) {
  unsigned different = given.size() != key.size();
  for (size_t index = 0; index < given.size(); ++index)
    different |= static_cast<unsigned char>(given[index]) ^ static_cast<unsigned char>(key[index % key.size()]);
  return different == 0;
}

} // namespace

Result<ApiKeys> ApiKeys::read(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    return Status::error(7503, "cannot read the keys '" + path + "': " + std::strerror(errno), "check the path and its permissions");
  std::vector<std::string> keys;
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t'))
      line.pop_back();
    if (!line.empty() && line[0] != '#')
      keys.push_back(line);
  }
  if (keys.empty())
    return Status::error(7503, "'" + path + "' holds no key", "write one key a line, or leave --api-key-file out: then everybody may ask");
  if (struct stat status; stat(path.c_str(), &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    logWarning("others on this machine may read the keys in '" + path + "' (chmod 600)");
  return ApiKeys(std::move(keys));
}

std::optional<std::string> ApiKeys::ownerOf(std::string_view authorization) const {
  if (isOpen())
    return "";
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.substr(0, scheme.size()) != scheme)
    return std::nullopt;
  const std::string_view given = authorization.substr(scheme.size());
  std::optional<std::string> owner;
  for (const std::string &key : keys_)
    if (isSame(given, key))
      owner = "key-" + hashText(hashBytes(key.data(), key.size())).substr(0, 12);
  return owner;
}

} // namespace longc
