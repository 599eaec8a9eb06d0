// lift.json out and in.
#include "runtime/lift/Folder.h"

#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/OutputFolder.h"
#include "runtime/io/JsonFile.h"
#include "runtime/train/AdapterFiles.h"

namespace longc {
namespace {

constexpr int64_t version = 1;

std::string describe(const LiftAbout &about) {
  JsonWriter json;
  json.beginObject();
  json.key("format").text("longc lift");
  json.key("version").integer(version);
  json.key("model").text(about.model);
  json.key("document").text(about.document);
  json.key("hash").text(about.hash);
  json.key("document_tokens").integer(about.tokens);
  json.key("recipe").text(about.recipe);
  json.key("seed").integer(static_cast<int64_t>(about.seed));
  json.key("steps").integer(about.steps);
  json.key("epochs").integer(about.epochs);
  json.key("tokens").integer(about.learntTokens);
  json.key("seconds").number(about.seconds);
  json.key("loss_first").number(about.firstLoss, 9);
  json.key("loss_last").number(about.lastLoss, 9);
  json.key("read_all").boolean(about.readAll);
  return json.endObject().str() + "\n";
}

std::string textOf(const JsonValue &json, const char *name) {
  const JsonValue *value = json.find(name);
  return value && value->text() ? *value->text() : "";
}

double numberOf(const JsonValue &json, const char *name) {
  const JsonValue *value = json.find(name);
  return value && value->isNumber() ? value->number() : 0;
}

int64_t integerOf(const JsonValue &json, const char *name) {
  const JsonValue *value = json.find(name);
  return value && value->integer() ? *value->integer() : 0;
}

} // namespace

Status checkAbsorbedPlace(const std::string &folder) {
  auto place = OutputFolder::create(folder); // removed again
  return place.status();
}

Status writeAbsorbed(const std::string &folder, const Program &program, const ParameterList &list, const ParameterArray &values,
                     const LiftAbout &about) {
  auto place = OutputFolder::create(folder);
  if (!place.ok())
    return place.status();
  LONGC_TRY(writeTrained(place->path(), program.message(), list, values));
  LONGC_TRY(OutputFile::write(place->path() + "/lift.json", describe(about)));
  return place->complete();
}

Result<LiftAbout> readAbsorbed(const std::string &folder) {
  const std::string path = folder + "/lift.json";
  auto json = readJsonFile(path);
  const char *hint = "give a folder that `lift fit` made";
  if (!json.ok())
    return Status::error(notAbsorbed, quoted(folder) + ": no text was absorbed into it (" + json.status().message() + ")", hint);
  if (textOf(*json, "format") != "longc lift" || integerOf(*json, "version") != version)
    return Status::error(notAbsorbed, quoted(path) + ": it is of another format or version", hint);
  LiftAbout about;
  about.model = textOf(*json, "model");
  about.document = textOf(*json, "document");
  about.hash = textOf(*json, "hash");
  about.recipe = textOf(*json, "recipe");
  about.seed = static_cast<uint64_t>(integerOf(*json, "seed"));
  about.tokens = integerOf(*json, "document_tokens");
  about.steps = integerOf(*json, "steps");
  about.epochs = integerOf(*json, "epochs");
  about.learntTokens = integerOf(*json, "tokens");
  about.seconds = numberOf(*json, "seconds");
  about.firstLoss = numberOf(*json, "loss_first");
  about.lastLoss = numberOf(*json, "loss_last");
  const JsonValue *all = json->find("read_all");
  about.readAll = all && all->boolean() && *all->boolean();
  return about;
}

Status checkAbsorbedBy(const std::string &folder, const LiftAbout &about, const Program &program) {
  if (about.model == program.fingerprint())
    return {};
  return Status::error(absorbedByOtherModel,
                       quoted(folder) + ": model " + quoted(about.model) + " absorbed this text, the program holds " + quoted(program.fingerprint()),
                       "use the program that made it, or absorb the text again with this one");
}

} // namespace longc
