// Checked unsigned arithmetic for sizes that come from outside (files, requests).
//
// A Checked value remembers whether any step of its computation overflowed; the question is asked once, at the end:
//
//   Checked bytes = Checked(rows) * columns * 4 + header;
//   if (!bytes.ok() || bytes.value() > available) return Status::error(...);
//
// A negative number is an overflow from the start, so `Checked(int64_t(-1)).ok()` is false.
#pragma once

#include <cassert>
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace longc {

class Checked {
public:
  template <std::integral T> constexpr Checked(T value) : value_(static_cast<uint64_t>(value)) {
    if constexpr (std::is_signed_v<T>)
      ok_ = value >= 0;
  }

  constexpr bool ok() const { return ok_; }
  // True only if nothing overflowed and the value is at most `limit`.
  constexpr bool atMost(uint64_t limit) const { return ok_ && value_ <= limit; }
  constexpr uint64_t value() const {
    assert(ok_ && "ask ok() first");
    return value_;
  }

  friend constexpr Checked operator+(Checked a, Checked b) {
    Checked sum(uint64_t{0});
    sum.ok_ = !__builtin_add_overflow(a.value_, b.value_, &sum.value_) && a.ok_ && b.ok_;
    return sum;
  }
  friend constexpr Checked operator-(Checked a, Checked b) {
    Checked difference(uint64_t{0});
    difference.ok_ = !__builtin_sub_overflow(a.value_, b.value_, &difference.value_) && a.ok_ && b.ok_;
    return difference;
  }
  friend constexpr Checked operator*(Checked a, Checked b) {
    Checked product(uint64_t{0});
    product.ok_ = !__builtin_mul_overflow(a.value_, b.value_, &product.value_) && a.ok_ && b.ok_;
    return product;
  }
  constexpr Checked &operator+=(Checked other) { return *this = *this + other; }
  constexpr Checked &operator*=(Checked other) { return *this = *this * other; }

  // Rounds up to a multiple of `unit` (at least 1, else the result is not ok).
  constexpr Checked alignUp(uint64_t unit) const {
    if (unit == 0) {
      Checked bad = *this;
      bad.ok_ = false;
      return bad;
    }
    uint64_t rest = value_ % unit;
    return rest == 0 ? *this : *this + Checked(unit - rest);
  }

private:
  uint64_t value_;
  bool ok_ = true;
};

} // namespace longc
