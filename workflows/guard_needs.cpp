// What guards must have loaded before they are asked (S2.4).
#include "workflows/guard.hpp"

namespace assured {

namespace {

template <class Visit>
void visit_guards(const Guards& guards, const Visit& visit) {
  for (const Guard& guard : guards) {
    visit(guard);
    visit_guards(guard.inner, visit);
  }
}

}  // namespace

void add_counts_needed(const Guards& guards, std::vector<std::pair<std::string, Where>>& counts) {
  visit_guards(guards, [&](const Guard& g) {
    if (g.kind == Guard::Kind::count && !g.below_parent) counts.emplace_back(g.of, g.where);
    if (g.kind != Guard::Kind::all) return;
    counts.emplace_back(g.of, Where{});
    counts.emplace_back(g.of, Where{g.states, {}});
  });
}

void add_counts_needed(const Guards& guards, ItemId scope, std::vector<CountQuery>& counts) {
  std::vector<std::pair<std::string, Where>> needed;
  add_counts_needed(guards, needed);
  for (auto& [kind, where] : needed) counts.push_back({scope, kind, where});
}

void add_counts_below_parent(const Guards& guards, ItemId parent, std::vector<CountQuery>& counts) {
  visit_guards(guards, [&](const Guard& g) {
    if (g.kind == Guard::Kind::count && g.below_parent) counts.push_back({parent, g.of, g.where});
  });
}

bool needs_approvals(const Guards& guards) {
  bool result = false;
  visit_guards(guards, [&](const Guard& g) {
    result |= g.kind == Guard::Kind::approved_by || g.kind == Guard::Kind::seconded;
  });
  return result;
}

bool needs_links(const Guards& guards) {
  bool result = false;
  visit_guards(guards, [&](const Guard& g) { result |= g.kind == Guard::Kind::linked; });
  return result;
}

bool needs_files(const Guards& guards) {
  bool result = false;
  visit_guards(guards, [&](const Guard& g) { result |= g.kind == Guard::Kind::file; });
  return result;
}

void add_bodies_needed(const Guards& guards, std::set<std::string>& bodies) {
  visit_guards(guards, [&](const Guard& g) {
    if (g.kind == Guard::Kind::meeting_held) bodies.insert(g.of);
  });
}

}  // namespace assured
