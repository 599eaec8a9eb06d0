// The conversation of a saved memory: what it was about, and whether this run means the same.
#pragma once

#include "runtime/serve/MemoryFile.h"
#include "runtime/text/Conversation.h"
#include "runtime/tools/commands/Options.h"

#include <ctime>
#include <optional>
#include <string>

namespace longc {

/// What a conversation begins with.
struct ConversationStart {
  std::optional<std::string> system, document;
  std::string documentName;
  std::time_t now = 0;
};

/// As --system and --document say; the document is read from its file.
Result<ConversationStart> conversationStart(const Arguments &arguments);
/// As a memory was saved with. Refused by name when the options say otherwise, or when it is no conversation's.
Result<ConversationStart> conversationStart(const Arguments &arguments, const MemoryFile &file);

/// What a memory file says of a document that `conversation` has read.
abi::SavedMemory describeConversation(const ConversationStart &start, const Conversation &conversation);

} // namespace longc
