// Errors as values: a stable code, one line that names the thing, one hint.
//
// Status carries what a user sees when something went wrong: `LC2103: tensor 'blk.3.attn_q.weight' is missing`
// and a hint. Result<T> is a value or a Status. Neither throws; both are [[nodiscard]].
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace longc {

class [[nodiscard]] Status {
public:
  Status() = default; // success

  // `code` is the stable number printed as LCnnnn; ERRORS.md says what each means.
  static Status error(int code, std::string message, std::string hint = "") {
    Status status;
    status.error_ = Error{code, std::move(message), std::move(hint)};
    return status;
  }

  bool ok() const { return !error_; }
  int code() const { return error_ ? error_->code : 0; }
  const std::string &message() const { assert(error_); return error_->message; }
  const std::string &hint() const { assert(error_); return error_->hint; }

  // "LC2103: message\n  hint: ..." — exactly what is printed to stderr.
  std::string text() const;

private:
  struct Error {
    int code;
    std::string message, hint;
  };
  std::optional<Error> error_;
};

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : value_(std::move(value)) {}
  Result(Status status) : status_(std::move(status)) { assert(!status_.ok() && "a Result without value needs an error"); }

  bool ok() const { return value_.has_value(); }
  const Status &status() const { return status_; }
  T &operator*() { assert(value_); return *value_; }
  const T &operator*() const { assert(value_); return *value_; }
  T *operator->() { assert(value_); return &*value_; }
  const T *operator->() const { assert(value_); return &*value_; }

private:
  std::optional<T> value_;
  Status status_;
};

} // namespace longc

// Returns the Status of the enclosing function when `expression` (a Status) failed.
#define LONGC_TRY(expression)                                                                                          \
  do {                                                                                                                 \
    if (::longc::Status longc_status = (expression); !longc_status.ok())                                               \
      return longc_status;                                                                                             \
  } while (false)
