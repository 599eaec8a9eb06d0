// Records: length, its checksum, the event, its checksum.
#include "runtime/train/EventFile.h"

#include "runtime/core/Crc32c.h"
#include "runtime/core/Format.h"
#include "runtime/train/event.pb.h"

#include <bit>
#include <chrono>
#include <climits>
#include <unistd.h>

namespace longc {
namespace {

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// TFRecord's mask: checksums of data that holds checksums are weak.
uint32_t masked(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8u; }

template <typename Integer> std::string littleEndian(Integer value) {
  std::string bytes;
  for (size_t i = 0; i < sizeof value; ++i)
    bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

} // namespace

Result<EventFile> EventFile::create(const std::string &folder) {
  char host[HOST_NAME_MAX + 1] = "host";
  gethostname(host, HOST_NAME_MAX);
  auto file = GrowingFile::open(folder + formatText("/events.out.tfevents.%lld.%s", static_cast<long long>(now()), host));
  if (!file.ok())
    return file.status();
  EventFile events(std::move(*file));
  tensorboard::Event first;
  first.set_wall_time(now());
  first.set_file_version("brain.Event:2");
  LONGC_TRY(events.append(first.SerializeAsString()));
  return events;
}

Status EventFile::add(int64_t step, const Scalars &scalars) {
  tensorboard::Event event;
  event.set_wall_time(now());
  event.set_step(step);
  for (auto [tag, value] : scalars) {
    tensorboard::Summary::Value *entry = event.mutable_summary()->add_value();
    entry->set_tag(std::string(tag));
    entry->set_simple_value(static_cast<float>(value));
  }
  return append(event.SerializeAsString());
}

Status EventFile::append(const std::string &event) {
  const std::string length = littleEndian(static_cast<uint64_t>(event.size()));
  return file_.append(length + littleEndian(masked(length)) + event + littleEndian(masked(event)));
}

} // namespace longc
