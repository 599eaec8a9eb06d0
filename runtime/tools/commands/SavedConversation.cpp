// Compares the options of a chat with a saved memory.
#include "runtime/tools/commands/SavedConversation.h"

#include "runtime/core/Format.h"
#include "runtime/text/Utf8.h"
#include "runtime/tools/commands/Documents.h"

#include <algorithm>

namespace longc {
namespace {

constexpr int anotherText = 7122;

std::string sizeOf(const std::string &text) { return formatCount(static_cast<long long>(text.size())) + " bytes"; }

Status anotherDocument(const MemoryFile &file, const ConversationStart &given) {
  const abi::SavedConversation &saved = file.about().conversation();
  const std::string &mine = *given.document, &theirs = saved.document();
  size_t same = static_cast<size_t>(
      std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end()).first - mine.begin());
  return Status::error(anotherText,
                       "'" + file.path() + "' was made of another document: '" + saved.document_name() + "' of " +
                           sizeOf(theirs) + "; --document '" + given.documentName + "' has " + sizeOf(mine) +
                           " and differs from byte " + formatCount(static_cast<long long>(same)) + " on",
                       "leave --document out to ask about the saved one, or --load-memory to read this one");
}

std::string quoted(const std::optional<std::string> &system) { return system ? quoteForMessage(*system) : "none"; }

} // namespace

Result<ConversationStart> conversationStart(const Arguments &arguments) {
  ConversationStart start;
  start.now = std::time(nullptr);
  if (arguments.has("system"))
    start.system = arguments.text("system");
  if (!arguments.has("document") || arePutTogether(arguments.all("document")))
    return start; // none, or beside the conversation
  start.documentName = arguments.text("document");
  auto text = readTextFile(start.documentName);
  if (!text.ok())
    return text.status();
  if (text->find_first_not_of(" \t\r\n") == std::string::npos)
    return Status::error(5403, "the document '" + start.documentName + "' is empty", "ask without --document");
  start.document = std::move(*text);
  return start;
}

Result<ConversationStart> conversationStart(const Arguments &arguments, const MemoryFile &file) {
  if (!file.about().has_conversation())
    return Status::error(7120, "'" + file.path() + "' holds a text that `generate` has read and no conversation",
                         "use `generate --load-memory`, or save one with `chat --document FILE --save-memory FILE`");
  auto given = conversationStart(arguments);
  if (!given.ok())
    return given;
  const abi::SavedConversation &saved = file.about().conversation();
  ConversationStart start;
  start.document = saved.document();
  start.documentName = saved.document_name();
  start.now = static_cast<std::time_t>(saved.time());
  if (saved.has_system())
    start.system = saved.system();
  if (given->document && given->document != start.document)
    return anotherDocument(file, *given);
  if (arguments.isGiven("system") && given->system != start.system)
    return Status::error(anotherText,
                         "'" + file.path() + "' was made with another system message: " + quoted(start.system) +
                             "; --system says " + quoted(given->system),
                         "leave --system out to go on with the saved one, or --load-memory to read with this one");
  return start;
}

abi::SavedMemory describeConversation(const ConversationStart &start, const Conversation &conversation) {
  abi::SavedMemory about;
  about.set_kind(MemoryFile::conversationKind);
  about.mutable_text()->set_text(conversation.beforeQuestion());
  about.mutable_text()->set_read(conversation.read());
  abi::SavedConversation &saved = *about.mutable_conversation();
  if (start.system)
    saved.set_system(*start.system);
  saved.set_document(*start.document);
  saved.set_document_name(start.documentName);
  saved.set_time(start.now);
  return about;
}

} // namespace longc
