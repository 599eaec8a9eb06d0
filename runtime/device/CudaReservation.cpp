// Reserved addresses over the driver's calls for virtual memory.
#include "runtime/device/CudaReservation.h"

#include <algorithm>
#include <string>
#include <utility>

namespace longc {
namespace {

constexpr int kPinned = 1, kOfDevice = 1, kReadWrite = 3; // the driver's enumerations (its ABI)
constexpr int kOutOfMemory = 2;

size_t roundedUp(size_t bytes, size_t granule) { return (bytes + granule - 1) / granule * granule; }

CudaAllocationTraits traitsOn(int ordinal) {
  CudaAllocationTraits traits = {};
  traits.type = kPinned;
  traits.location = {kOfDevice, ordinal};
  return traits;
}

} // namespace

Result<CudaReservation> CudaReservation::create(const CudaDriver &driver, int ordinal, size_t bytes) {
  CudaReservation made(driver);
  made.ordinal_ = ordinal;
  const CudaAllocationTraits traits = traitsOn(ordinal);
  LONGC_TRY(driver.check(driver.memGetAllocationGranularity(&made.granule_, &traits, /*recommended*/ 1), "asking for the granule of memory"));
  const size_t size = roundedUp(std::max<size_t>(bytes, 1), made.granule_);
  LONGC_TRY(driver.check(driver.memAddressReserve(&made.address_, size, 0, 0, 0), "setting addresses aside"));
  made.size_ = size;
  return made;
}

CudaReservation::CudaReservation(CudaReservation &&other) noexcept
    : driver_(other.driver_), ordinal_(other.ordinal_), address_(other.address_), size_(std::exchange(other.size_, 0)),
      backed_(std::exchange(other.backed_, 0)), granule_(other.granule_), pieces_(std::move(other.pieces_)) {}

CudaReservation::~CudaReservation() {
  if (size_ == 0)
    return;
  if (backed_ > 0)
    driver_->memUnmap(address_, backed_);
  for (auto [handle, bytes] : pieces_)
    driver_->memRelease(handle);
  driver_->memAddressFree(address_, size_);
}

Status CudaReservation::back(size_t bytes) {
  if (bytes <= backed_)
    return {};
  if (bytes > size_)
    return Status::error(7104, "memory for " + std::to_string(bytes) + " bytes where addresses are of " + std::to_string(size_));
  const size_t needed = roundedUp(bytes, granule_) - backed_;
  const int result = grow(needed);
  if (result == kOutOfMemory)
    return Status::error(7104, "the device has no more memory for " + std::to_string(needed) + " bytes behind " + std::to_string(backed_),
                         "shorten the context or the batch, or free the device");
  return driver_->check(result, "taking device memory");
}

int CudaReservation::grow(size_t bytes) {
  const CudaAllocationTraits traits = traitsOn(ordinal_);
  const CudaPointer end = address_ + backed_;
  uint64_t handle = 0;
  if (int result = driver_->memCreate(&handle, bytes, &traits, 0); result != 0)
    return result;
  int result = driver_->memMap(end, bytes, 0, handle, 0);
  if (result == 0) {
    const CudaAccess access = {traits.location, kReadWrite};
    result = driver_->memSetAccess(end, bytes, &access, 1);
    if (result == 0)
      result = driver_->memsetD8(end, 0, bytes);
    if (result != 0)
      driver_->memUnmap(end, bytes);
  }
  if (result != 0) {
    driver_->memRelease(handle);
    return result;
  }
  pieces_.push_back({handle, bytes});
  backed_ += bytes;
  return 0;
}

} // namespace longc
