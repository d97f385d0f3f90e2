// parse_programme(): texts in, a checked programme or every mistake out.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "workflows/printable.hpp"
#include "workflows/programme_check.hpp"
#include "workflows/programme_reading.hpp"

namespace assured {

namespace reading {

namespace {

constexpr std::string_view source_remedy =
    "name the policy and its version, or write \"local policy, to be confirmed\"";

struct Required {
  std::string_view key;
  std::string_view remedy;
};

// S4.4 and S9.2: nothing that a deadline rests on is assumed.
constexpr std::array required_keys{
    Required{"format", "write format = 1"},
    Required{"board", "give the board a short name: board = \"example\""},
    Required{"title", "write the partnership's name"},
    Required{"zone", "write zone = \"Europe/London\""},
    Required{"nation", "write england-and-wales, scotland or northern-ireland"},
    Required{"close_of_day", "write the time when a day's deadlines end: \"17:00\""},
    Required{"morning", "write the time of reminders: \"09:00\""},
    Required{"send_window", "write { from = \"08:00\", to = \"18:00\" }"},
    Required{"office_hours", "write { from = \"09:00\", to = \"17:00\" }"},
    Required{"correct_within", "say how long a wrong event can be undone: \"1d\""},
    Required{"vacancy", "say who names somebody when a post is empty"},
    Required{"notices", "write { moved = \"TEMPLATE\", hand_over = \"TEMPLATE\" }"},
    Required{"contact", "say whom people can ask; every mail names them"},
};

constexpr std::array definition_keys{"format",  "correct_within", "link_kinds", "vacancy",
                                     "notices", "kind",           "ladder",     "template"};

void read_vacancy(Row row, VacancyRule& vacancy) {
  if (!row.has("owed_by"))
    row.missing("owed_by", "say who names somebody: \"board:administrator\"");
  if (!row.has("within")) row.missing("within", "say how soon: \"2wd\"");
  vacancy.owed_by = row.role("owed_by").value_or(unread_role());
  vacancy.within = row.span("within").value_or(Span{});
  vacancy.ladder = row.required_text("ladder", "name the ladder that chases it");
  vacancy.source = row.required_text("source", std::string{source_remedy});
  row.finish();
}

void read_notices(Row row, Definition& definition) {
  definition.moved_template =
      row.required_text("moved", "name the template for a chased deadline that moved later");
  definition.hand_over_template =
      row.required_text("hand_over", "name the template for the new holder of a post");
  definition.moved_template_urgent = row.text("moved_urgent").value_or("");
  definition.hand_over_template_urgent = row.text("hand_over_urgent").value_or("");
  row.finish();
}

void read_template(const std::string& name, Row row, Definition& definition) {
  const bool is_new = note_name("templates", row.path(), row);
  TemplateDef one;
  one.name = name;
  one.place = row.place();
  if (!row.has("slots"))
    row.missing("slots", "list what the text may show: [\"reference\", \"due\"]");
  one.slots = row.texts("slots");
  row.finish();
  if (is_new) definition.templates.emplace(name, std::move(one));
}

}  // namespace

namespace {

// A ladder that names no family is of the family of what it chases (S18); what only chases a post
// for a name or a date is of family C, as a ladder begins.
void infer_families(Definition& definition, const Mistakes& mistakes) {
  for (auto& [name, ladder] : definition.ladders) {
    if (mistakes.has_place("ladder." + name + ".family")) continue;
    for (const auto& [kind_name, kind] : definition.kinds)
      for (const auto& obligation : kind.obligations)
        if (obligation.ladder == name) ladder.family = obligation.family;
  }
}

}  // namespace

void read_definition(std::vector<Row>& roots, Definition& definition) {
  definition.vacancy.owed_by = unread_role();
  for (auto& root : roots) {
    if (const auto format = root.number("format"); format && *format != 1)
      root.mistake("format", fmt::format("this program does not know format {}", *format),
                   "write format = 1");
    if (const auto span = root.span("correct_within")) definition.correct_within = *span;
    for (auto& kind : root.texts("link_kinds"))
      if (std::find(definition.link_kinds.begin(), definition.link_kinds.end(), kind) ==
          definition.link_kinds.end())
        definition.link_kinds.push_back(std::move(kind));
    if (auto vacancy = root.table("vacancy")) read_vacancy(*vacancy, definition.vacancy);
    if (auto notices = root.table("notices")) read_notices(*notices, definition);
    for (auto& [name, row] : root.entries("kind")) {
      const bool is_new = note_name("kinds", row.path(), row);
      auto kind = read_kind(name, row);
      if (is_new) definition.kinds.emplace(name, std::move(kind));
    }
    for (auto& [name, row] : root.entries("ladder")) {
      const bool is_new = note_name("ladders", row.path(), row);
      auto ladder = read_ladder(name, row);
      if (is_new) definition.ladders.emplace(name, std::move(ladder));
    }
    for (auto& [name, row] : root.entries("template")) read_template(name, row, definition);
  }
  if (!roots.empty()) infer_families(definition, roots.front().mistakes());
}

namespace {

// A key outside tables may stand in one file only.
void check_top_level(std::vector<Row>& roots, Mistakes& mistakes) {
  constexpr std::array containers{"kind", "ladder", "template", "area", "body", "agency", "post"};
  for (auto& root : roots)
    for (const auto& key : root.keys()) {
      if (std::find(containers.begin(), containers.end(), key) != containers.end()) continue;
      const auto first = mistakes.place_of(key);
      if (first.file != root.file())
        root.mistake(key, fmt::format("'{}' is written in two files", key),
                     fmt::format("the other is at {}:{}:{}; keep one of them", first.file,
                                 first.line, first.column));
    }
  for (const auto& required : required_keys)
    if (!mistakes.has_place(required.key))
      mistakes.add_at(required.key, "this key is missing", std::string{required.remedy});
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// "templates/return-due.mustache" -> "return-due"
std::string template_name(std::string_view file) {
  const auto slash = file.find_last_of("/\\");
  if (slash != std::string_view::npos) file.remove_prefix(slash + 1);
  constexpr std::string_view ending = ".mustache";
  if (ends_with(file, ending)) file.remove_suffix(ending.size());
  return std::string{file};
}

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

// First line "Subject: ...", an empty line, then the text.
void read_template_text(const SourceText& file, const ProgrammeLimits& limits,
                        Establishment& establishment, Mistakes& mistakes) {
  const std::string name = template_name(file.file);
  const SourcePlace top{file.file, 1, 1};
  const std::string key = "template." + name;
  if (file.text.size() > limits.file_bytes_max) {
    mistakes.add({file.file, 0, 0}, key,
                 fmt::format("the file has {} bytes, more than the limit of {}", file.text.size(),
                             limits.file_bytes_max),
                 "shorten the text");
    return;
  }
  // A text that is not well formed is there all the same: that is all there is to tell of it.
  TemplateText out{{}, {}, top};
  const auto [at, is_new] = establishment.texts.emplace(name, std::move(out));
  if (!is_new) {
    mistakes.add(top, key, "two texts of one template",
                 fmt::format("the other is {}; keep one of them", at->second.place.file));
    return;
  }
  std::string text = without_carriage_returns(file.text);
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  constexpr std::string_view marker = "Subject: ";
  const auto line_end = text.find('\n');
  const auto first = text.substr(0, line_end);
  if (first.compare(0, marker.size(), marker) != 0 || first.size() == marker.size()) {
    mistakes.add(top, key, "the first line is not the subject", "begin with \"Subject: ...\"");
    return;
  }
  if (line_end == std::string::npos || text.compare(line_end, 2, "\n\n") != 0) {
    mistakes.add({file.file, 2, 1}, key, "there is no empty line after the subject",
                 "put an empty line between the subject and the text");
    return;
  }
  at->second.subject = first.substr(marker.size());
  at->second.text = text.substr(line_end + 2);
}

// Files are named without their folder: a programme that lies elsewhere, or is named in other words, is the same.
std::string definition_text(const std::vector<SourceText>& files,
                            const std::vector<Document>& documents) {
  std::string out;
  for (const auto& document : documents) {
    const bool defines = std::any_of(definition_keys.begin(), definition_keys.end(),
                                     [&](const char* key) { return document.root.contains(key); });
    if (!defines) continue;
    const auto file = std::find_if(files.begin(), files.end(), [&](const SourceText& source) {
      return source.file == document.file;
    });
    out += fmt::format("#%file {}\n", document.file.substr(document.file.rfind('/') + 1)) + file->text;
    if (!ends_with(out, "\n")) out += '\n';
  }
  return out;
}

std::vector<Row> rows_of(const std::vector<Document>& documents, Mistakes& mistakes) {
  std::vector<Row> roots;
  roots.reserve(documents.size());
  for (const auto& document : documents)
    roots.emplace_back(document.root, document.file, "", mistakes);
  return roots;
}

}  // namespace

}  // namespace reading

ProgrammeReading parse_programme(const std::vector<SourceText>& toml_files,
                                 const std::vector<SourceText>& template_files,
                                 const ProgrammeLimits& limits) {
  using namespace reading;
  Mistakes mistakes;
  for (const auto& file : toml_files) mistakes.note_file(file.file);
  for (const auto& file : template_files) mistakes.note_file(file.file);
  if (toml_files.empty()) {
    mistakes.add({}, {}, "there is no .toml file here", "name a programme file, or its folder");
    return {std::nullopt, mistakes.take()};
  }

  std::vector<Document> documents;
  parse_documents(toml_files, limits, documents, mistakes);
  const bool complete = documents.size() == toml_files.size();

  auto programme = std::make_unique<Programme>();
  auto roots = rows_of(documents, mistakes);
  read_definition(roots, programme->definition);
  read_establishment(roots, programme->establishment);
  for (auto& root : roots) root.finish();
  for (const auto& file : template_files)
    read_template_text(file, limits, programme->establishment, mistakes);

  // With a file unread, everything that it declares would be told as unknown.
  if (complete) {
    check_top_level(roots, mistakes);
    const Checking checking{programme->definition, programme->establishment, mistakes};
    check_establishment(checking);
    check_kinds(checking);
    check_flow(checking);
    check_ladders(checking);
    check_templates(checking);
  }
  if (!mistakes.empty()) return {std::nullopt, mistakes.take()};
  programme->text = definition_text(toml_files, documents);
  return {std::move(*programme), {}};
}

Result<Definition> parse_definition(std::string_view text) {
  using namespace reading;
  constexpr std::string_view marker = "#%file ";
  std::vector<SourceText> files;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    if (line.substr(0, marker.size()) == marker) {
      files.push_back({printable(line.substr(marker.size())), {}});
    } else {
      if (files.empty()) files.push_back({"definition", {}});
      files.back().text += std::string{line} + '\n';
    }
    at = end + 1;
  }
  Mistakes mistakes;
  for (const auto& file : files) mistakes.note_file(file.file);
  // What was once within the limit is read whatever the limit has become.
  const ProgrammeLimits no_limit{text.size() + 1};
  std::vector<Document> documents;
  parse_documents(files, no_limit, documents, mistakes);
  Definition definition;
  auto roots = rows_of(documents, mistakes);
  read_definition(roots, definition);
  if (mistakes.empty()) return definition;
  return Error{Errc::invalid, to_text(mistakes.take().front())};
}

}  // namespace assured
