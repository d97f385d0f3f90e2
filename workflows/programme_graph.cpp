// The same state machines drawn, for `check --graph` and for pages.
#include <fmt/format.h>

#include "workflows/programme.hpp"

namespace assured {

namespace {

std::string escaped(std::string_view text, std::string_view quote_as) {
  std::string out;
  for (const char c : text) {
    if (c == '"')
      out += quote_as;
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out;
}

std::vector<std::string> states_left(const KindDef& kind, const TransitionDef& transition) {
  if (!transition.from_any) return transition.from;
  std::vector<std::string> from;
  for (const auto& state : kind.states)
    if (!state.final && transition.to != state.name) from.push_back(state.name);
  return from;
}

std::string label_of(const TransitionDef& transition) {
  if (transition.event == "time") return fmt::format("time: {}", transition.expires);
  return transition.auto_ ? transition.event + " (by itself)" : transition.event;
}

// Mermaid takes letters, digits and _ in the name of a state.
std::string mermaid_id(const std::string& kind, const std::string& state) {
  std::string id = kind + "_" + state;
  for (char& c : id)
    if (c == '-') c = '_';
  return id;
}

}  // namespace

std::string to_dot(const Definition& definition) {
  std::string out;
  for (const auto& [name, kind] : definition.kinds) {
    out += fmt::format("digraph \"{}\" {{\n", name);
    out += fmt::format("  label=\"{}\";\n  rankdir=LR;\n", escaped(kind.title, "\\\""));
    out += "  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n";
    out += "  edge [fontname=\"sans-serif\", fontsize=10];\n";
    out += "  \"(start)\" [shape=point];\n";
    for (const auto& state : kind.states) {
      const auto owner = state.owner ? "\\n" + to_text(*state.owner) : std::string{};
      out += fmt::format("  \"{}\" [label=\"{}{}\"{}];\n", state.name, escaped(state.title, "\\\""),
                         owner, state.final ? ", peripheries=2" : "");
    }
    out += fmt::format("  \"(start)\" -> \"{}\"{};\n", kind.initial,
                       kind.start ? fmt::format(" [label=\"{}\"]", kind.start->event) : "");
    for (const auto& transition : kind.transitions)
      for (const auto& from : states_left(kind, transition))
        out += fmt::format("  \"{}\" -> \"{}\" [label=\"{}\"{}];\n", from,
                           transition.to.value_or(from), escaped(label_of(transition), "\\\""),
                           transition.auto_ || transition.event == "time" ? ", style=dashed" : "");
    out += "}\n";
  }
  return out;
}

std::string to_mermaid(const Definition& definition) {
  std::string out;
  for (const auto& [name, kind] : definition.kinds) {
    if (!out.empty()) out += '\n';
    out += fmt::format("%% {}\nstateDiagram-v2\n", kind.title);
    for (const auto& state : kind.states)
      out += fmt::format("  state \"{}\" as {}\n", escaped(state.title, "#quot;"),
                         mermaid_id(name, state.name));
    out += fmt::format("  [*] --> {}{}\n", mermaid_id(name, kind.initial),
                       kind.start ? " : " + kind.start->event : "");
    for (const auto& transition : kind.transitions)
      for (const auto& from : states_left(kind, transition))
        out += fmt::format("  {} --> {} : {}\n", mermaid_id(name, from),
                           mermaid_id(name, transition.to.value_or(from)), label_of(transition));
    for (const auto& state : kind.states)
      if (state.final) out += fmt::format("  {} --> [*]\n", mermaid_id(name, state.name));
  }
  return out;
}

}  // namespace assured
