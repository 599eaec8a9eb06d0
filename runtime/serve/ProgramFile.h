// What stands behind an executable (runtime/abi/longc_abi.h): the footer at its end, and the message that it points to.
#pragma once

#include "runtime/abi/longc_abi.h"
#include "runtime/abi/program.pb.h"
#include "runtime/core/Status.h"

#include <string>

namespace longc {

/// The footer of a program of this runtime's version, whose places lie inside the file. LC4101 to LC4104.
Result<longc_footer> readFooter(const std::string &path);

/// The message, whose checksum is compared; what it says is checkProgram's to judge. LC4105, LC4106.
Status readMessage(const std::string &path, const longc_footer &footer, abi::Program &message);

} // namespace longc
