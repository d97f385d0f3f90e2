// A programme's files: what does not check is told in plain lines, and what checks can be stored, read
// back and sent. An input is the files one after another, each below a line "#%file NAME" as in
// Programme::text; NAME.mustache is a template.
#include "notifiers/renderer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

namespace {

struct Files {
  std::vector<SourceText> toml, templates;
};

Files split(std::string_view input) {
  constexpr std::string_view mark = "#%file ";
  Files files;
  if (!input.starts_with(mark)) return {{{"all.toml", std::string{input}}}, {}};
  input.remove_prefix(mark.size());
  while (!input.empty()) {
    const auto [one, rest] = fuzz::cut(input, "\n#%file ");
    const auto [name, text] = fuzz::cut(one, "\n");
    auto& list = name.ends_with(".mustache") ? files.templates : files.toml;
    // A name is the operator's, who is shown it back; it is not what is tried here.
    list.push_back({is_printable(name) ? std::string{name} : "file.toml", std::string{text}});
    input = rest;
  }
  return files;
}

// A template that was checked can be filled (renderer.hpp), also when every slot is empty.
void render_all(const Programme& programme) {
  const notifiers::MailRenderer renderer;
  for (const auto& [name, text] : programme.establishment.texts) {
    NoticeDraft draft;
    draft.to_address = "somebody@board.example";
    draft.message_id = "<1@board.example>";
    draft.establishment = &programme.establishment;
    NoticePart part;
    part.text = &text;
    draft.parts = {part};
    ASSURED_ASSERT(!renderer.render(draft).empty());
    part.missed = {"Monday 21 December 2026, 09:00"};
    for (const auto& slot : programme.definition.templates.at(name).slots)
      part.slots[slot] = "{{" + slot + "}}";
    draft.parts.push_back(part);
    ASSURED_ASSERT(!renderer.render(draft).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  const Files files = split(text);
  const auto reading = parse_programme(files.toml, files.templates);
  fuzz::check_mistakes(reading.programme.has_value(), reading.mistakes);
  if (reading.programme) {
    // S1.2: what is pinned by its text is the same definition when it is read back.
    const auto stored = parse_definition(reading.programme->text);
    ASSURED_ASSERT(bool{stored});
    ASSURED_ASSERT(to_dot(*stored) == to_dot(reading.programme->definition));
    ASSURED_ASSERT(to_mermaid(*stored) == to_mermaid(reading.programme->definition));
    render_all(*reading.programme);
  }
  // Whatever else a database gives back is refused in words, or read.
  if (const auto definition = parse_definition(text); !definition)
    fuzz::check_error(definition.error());
  return 0;
}
