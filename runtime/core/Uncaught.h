// What ends a process when nothing caught an exception, or when there is no memory left to throw one.
#pragma once

namespace longc {

/// Ends the process as one whose memory is exhausted: message, hint, exit code 71. Allocates nothing.
[[noreturn]] void exitOutOfMemory();

/// From now on an exception that nobody catches (in a worker thread, through a noexcept function, or because memory was
/// too short to throw it) ends the process with a message and an exit code: 71 once `new` has failed, else 70.
void nameUncaughtExceptions();

} // namespace longc
