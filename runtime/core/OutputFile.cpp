// Where an output goes; unnamed or partial file, fsync, rename.
#include "runtime/core/OutputFile.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace longc {
namespace {

constexpr mode_t permissions = 0777;
constexpr mode_t newFile = 0666; // less the process's mask

Status cannotWrite(const std::string &target, const std::string &reason) {
  return Status::error(4001, "cannot write '" + target + "': " + reason,
                       "check the path, its permissions and the free space");
}

std::string folderOf(const std::string &path) {
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string nameOf(const std::string &path) { return path.substr(path.rfind('/') + 1); }

struct Place {
  enum Kind { file, device, descriptor } kind = file;
  std::string path;      // of a file or device, links followed
  mode_t mode = newFile; // of the file that is there
  bool exists = false;
  int number = -1; // of the descriptor
};

// The descriptor that /proc/.../fd/N names: opening it anew would begin at its start and cut what others wrote there.
bool isDescriptor(const std::string &path, int &number) {
  char folder[PATH_MAX];
  std::string name = nameOf(path);
  if (name.empty() || name.size() > 9 || name.find_first_not_of("0123456789") != std::string::npos ||
      !realpath(folderOf(path).c_str(), folder))
    return false;
  number = std::atoi(name.c_str());
  return folder == "/proc/" + std::to_string(getpid()) + "/fd";
}

Result<Place> findPlace(const std::string &target) {
  constexpr int mostLinks = 40; // as the kernel's
  Place place;
  place.path = target;
  for (int links = 0; links <= mostLinks; ++links) {
    if (isDescriptor(place.path, place.number)) {
      place.kind = Place::descriptor;
      return place;
    }
    struct stat status;
    if (lstat(place.path.c_str(), &status) != 0) {
      if (errno != ENOENT || nameOf(place.path).empty())
        return cannotWrite(target, std::strerror(errno));
      return place; // new; whether its folder is there will show
    }
    if (S_ISDIR(status.st_mode))
      return cannotWrite(target, std::strerror(EISDIR));
    place.exists = true;
    place.mode = status.st_mode & permissions;
    place.kind = S_ISREG(status.st_mode) ? Place::file : Place::device;
    if (!S_ISLNK(status.st_mode))
      return place;
    char link[PATH_MAX];
    ssize_t length = readlink(place.path.c_str(), link, sizeof link);
    if (length < 0)
      return cannotWrite(target, std::strerror(errno));
    std::string next(link, static_cast<size_t>(length)), folder = folderOf(place.path) + "/";
    place = Place();
    place.path = next.starts_with('/') ? next : folder + next;
  }
  return cannotWrite(target, std::strerror(ELOOP));
}

std::string partialName(const std::string &path) {
  constexpr size_t longestName = NAME_MAX - sizeof ".0123456789abcdef.partial";
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
    number = static_cast<uint64_t>(getpid()) << 32 ^ static_cast<uint64_t>(clock());
  char suffix[32];
  std::snprintf(suffix, sizeof suffix, ".%016llx.partial", static_cast<unsigned long long>(number));
  return folderOf(path) + "/" + nameOf(path).substr(0, longestName) + suffix;
}

// Calls make(name) with new names until one is free; the name, or nothing and errno.
template <typename Make> std::string takeFreeName(const std::string &path, Make make) {
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string name = partialName(path);
    if (make(name))
      return name;
    if (errno != EEXIST)
      break;
  }
  return {};
}

std::string descriptorPath(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

// A file without a name in `folder`, or -1.
int openUnnamed(const std::string &folder) {
#ifdef O_TMPFILE
  int descriptor = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, newFile);
  if (descriptor >= 0 && access(descriptorPath(descriptor).c_str(), F_OK) == 0) // else it could get no name later
    return descriptor;
  if (descriptor >= 0)
    close(descriptor);
#endif
  return -1;
}

bool link(int descriptor, const std::string &path) {
  return linkat(AT_FDCWD, descriptorPath(descriptor).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

} // namespace

Result<OutputFile> OutputFile::create(const std::string &target) {
  Result<Place> place = findPlace(target);
  if (!place.ok())
    return place.status();
  OutputFile file(target);
  if (place->kind == Place::descriptor)
    LONGC_TRY(file.openDirectly(fcntl(place->number, F_DUPFD_CLOEXEC, 3)));
  else if (place->kind == Place::device)
    LONGC_TRY(file.openDirectly(open(place->path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)));
  else {
    file.path_ = place->path;
    LONGC_TRY(file.openBeside(place->exists ? place->mode : 0));
  }
  return file;
}

Status OutputFile::openDirectly(int descriptor) {
  file_ = descriptor < 0 ? nullptr : fdopen(descriptor, "wb");
  return file_ ? Status() : failure();
}

// `mode`: what the file that it replaces has; 0: there is none.
Status OutputFile::openBeside(mode_t mode) {
  int descriptor = openUnnamed(folderOf(path_));
  if (descriptor < 0)
    partial_ = takeFreeName(path_, [&](const std::string &name) {
      descriptor = open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, newFile);
      return descriptor >= 0;
    });
  if (descriptor < 0)
    return failure();
  file_ = fdopen(descriptor, "wb");
  return file_ && (mode == 0 || fchmod(descriptor, mode) == 0) ? Status() : failure();
}

Status OutputFile::check(const std::string &target) {
  Result<Place> place = findPlace(target);
  if (!place.ok() || place->kind != Place::file)
    return place.status();
  Result<OutputFile> file = create(target); // removed at once
  return file.ok() ? Status() : file.status();
}

Status OutputFile::write(const std::string &target, const std::string &bytes) {
  Result<OutputFile> file = create(target);
  if (!file.ok())
    return file.status();
  LONGC_TRY(file->append(bytes.data(), bytes.size()));
  return file->complete();
}

OutputFile::~OutputFile() {
  if (!file_)
    return;
  std::fclose(file_);
  if (!partial_.empty())
    unlink(partial_.c_str());
}

Status OutputFile::append(const void *data, size_t bytes) {
  if (std::fwrite(data, 1, bytes, file_) != bytes)
    return failure();
  position_ += bytes;
  return {};
}

Status OutputFile::pad(uint64_t alignment) {
  static const char zeros[4096] = {};
  for (uint64_t left = (alignment - position_ % alignment) % alignment; left > 0;) {
    size_t bytes = static_cast<size_t>(std::min<uint64_t>(left, sizeof zeros));
    LONGC_TRY(append(zeros, bytes));
    left -= bytes;
  }
  return {};
}

Status OutputFile::makeExecutable() {
  struct stat status;
  if (!isFile())
    return {};
  bool done = fstat(fileno(file_), &status) == 0 &&
              fchmod(fileno(file_), (status.st_mode & permissions) | (status.st_mode & 0444) >> 2) == 0;
  return done ? Status() : failure();
}

Status OutputFile::complete() {
  bool written = std::fflush(file_) == 0 && (!isFile() || fsync(fileno(file_)) == 0);
  Status status = !written ? failure() : isFile() ? takeName() : Status();
  std::string partial = std::exchange(partial_, {});
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && status.ok())
    status = failure();
  if (status.ok() && !partial.empty() && std::rename(partial.c_str(), path_.c_str()) != 0)
    status = failure();
  if (!status.ok() && !partial.empty())
    unlink(partial.c_str());
  return status;
}

// Gives the finished file a name: the target's if that is free, else one to rename it from.
Status OutputFile::takeName() {
  int descriptor = fileno(file_);
  if (!partial_.empty() || link(descriptor, path_))
    return {};
  if (errno == EEXIST)
    partial_ = takeFreeName(path_, [&](const std::string &name) { return link(descriptor, name); });
  return partial_.empty() ? failure() : Status();
}

Status OutputFile::failure() const { return cannotWrite(target_, std::strerror(errno)); }

} // namespace longc
