// ^C: the first asks the work at hand to stop, a second one leaves at once with exit code 130.
#pragma once

namespace longc {

/// From now on ^C is watched for.
void watchInterrupts();
/// True once the user pressed ^C.
bool interrupted();
/// The work was stopped: interrupted() is false again. The next ^C is still the second one.
void stoppedWork();
/// The user has asked for something new: the next ^C is a first one.
void forgetInterrupts();

/// While it lives there is no work to stop: ^C only makes `descriptor()` readable.
class InterruptWatch {
public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch &) = delete;
  InterruptWatch &operator=(const InterruptWatch &) = delete;

  int descriptor() const; // to be waited for, never read; -1 where there is none
  bool clear();           // not readable until the next ^C; true if it was
};

} // namespace longc
