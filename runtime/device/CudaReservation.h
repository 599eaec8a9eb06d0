// Addresses of a CUDA device whose memory is taken as it is needed, from the front on: they stay as they are while it grows, so
// that what holds them (recorded launches, descriptors of the copy engine) does too, and what is not needed is left to others.
#pragma once

#include "runtime/device/CudaDriver.h"

#include <vector>

namespace longc {

class CudaReservation {
public:
  /// Addresses for `bytes` of device `ordinal`, whose context the calling thread is in. No byte may be touched before `back`.
  static Result<CudaReservation> create(const CudaDriver &driver, int ordinal, size_t bytes);
  CudaReservation(CudaReservation &&other) noexcept;
  CudaReservation &operator=(CudaReservation &&) = delete;
  ~CudaReservation();

  CudaPointer address() const { return address_; }
  /// Zeroed memory for the first `bytes`, in pieces of what the device gives at least (2 MB).
  Status back(size_t bytes);

private:
  explicit CudaReservation(const CudaDriver &driver) : driver_(&driver) {}
  /// The result of the driver, for `bytes` behind what there is.
  int grow(size_t bytes);

  const CudaDriver *driver_;
  int ordinal_ = 0;
  CudaPointer address_ = 0;
  size_t size_ = 0, backed_ = 0, granule_ = 0;
  std::vector<std::pair<uint64_t, size_t>> pieces_; // handle and bytes, from the front on
};

} // namespace longc
