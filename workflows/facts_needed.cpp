// What must be loaded before an event is decided on.
#include <algorithm>

#include "workflows/deciding.hpp"

namespace assured {

namespace {

// A kind as one of the definitions in use has it.
struct KindVersion {
  const Definition* definition;
  const KindDef* kind;
};

// Whether items of this kind begin with the current definition, or lie below one that does (S1.2).
bool begins_current(const Definition& definition, const KindDef& kind) {
  for (const KindDef* up = &kind; up != nullptr; up = definition.find_kind(up->parent))
    if (up->always_current) return true;
  return false;
}

bool reaches_below(const TransitionDef& t) {
  return std::any_of(t.effects.begin(), t.effects.end(), [](const Effect& e) {
    return e.kind == Effect::Kind::cascade || e.kind == Effect::Kind::create ||
           e.kind == Effect::Kind::set || e.kind == Effect::Kind::clear;
  });
}

bool has_parent_anchor(const KindDef& kind) {
  return std::any_of(kind.obligations.begin(), kind.obligations.end(), [](const ObligationDef& o) {
    return o.due.from == AnchorKind::parent_field ||
           (o.due_again && o.due_again->from == AnchorKind::parent_field);
  });
}

// Adds what an event of a kind, and the kinds that it reaches, will look at.
class Needs {
 public:
  Needs(const Definitions* in_use, FactsNeeded& needed) : in_use_(in_use), needed_(needed) {}

  void add_event(const KindVersion& of, const Event& event, ItemId scope, bool is_scope) {
    for (const TransitionDef& t : of.kind->transitions) {
      if (t.auto_ || t.event != event.name) continue;
      add_guards(t.requires_, *of.kind, scope, is_scope);
      add_effects(t.effects, of);
      if (!t.takes.empty() || !t.effects.empty()) add_anchored_children(of);
    }
    add_bodies(*of.kind);
  }

  // Gates that a change may open.
  void add_waiting(const KindVersion& of, ItemId scope, bool is_scope) {
    for (const TransitionDef& t : of.kind->transitions) {
      if (!t.auto_ && t.ready_template.empty()) continue;
      add_guards(t.requires_, *of.kind, scope, is_scope);
      if (!t.auto_) continue;
      add_effects(t.effects, of);
      if (!t.effects.empty()) add_anchored_children(of);
    }
    add_bodies(*of.kind);
  }

  // The event on children of the item: `kind` as any of them may have it.
  void add_children_event(const Definition& definition, const std::string& kind, const Event& event) {
    load(definition, kind);
    for (const KindVersion& child : versions_of(definition, kind))
      add_event(child, event, ItemId{}, false);
  }

  void add_start(const EventRule& rule, ItemId parent) {
    const KindVersion of{rule.definition, rule.kind};
    add_guards(rule.start->requires_, *rule.kind, ItemId{}, false);
    add_counts_below_parent(rule.start->requires_, parent, needed_.counts);
    add_effects(rule.start->effects, of);
    add_waiting(of, ItemId{}, false);
  }

 private:
  void add_effects(const std::vector<Effect>& effects, const KindVersion& of) {
    for (const Effect& e : effects) {
      if (e.kind == Effect::Kind::link) needed_.links = true;
      if (e.kind == Effect::Kind::create) add_created(e, of);
      if (e.kind == Effect::Kind::cascade) add_cascade(e, of);
    }
  }

  void add_created(const Effect& create, const KindVersion& of) {
    const KindDef* child = of.definition->find_kind(create.of);
    if (child == nullptr) return;
    if (!create.each.empty()) load(*of.definition, child->name);
    add_bodies(*child);
  }

  void add_cascade(const Effect& cascade, const KindVersion& of) {
    if (depth_ == depth_max) return;
    ++depth_;
    load(*of.definition, cascade.of);
    Event inner;
    inner.name = cascade.event;
    for (const KindVersion& child : versions_of(*of.definition, cascade.of)) {
      // The kinds between, so that their own gates can be seen.
      for (const KindDef* up = child.definition->find_kind(child.kind->parent);
           up != nullptr && up->name != of.kind->name;
           up = child.definition->find_kind(up->parent))
        load(*child.definition, up->name);
      add_event(child, inner, ItemId{}, false);
    }
    --depth_;
  }

  void add_guards(const Guards& guards, const KindDef& kind, ItemId scope, bool is_scope) {
    if (is_scope)
      add_counts_needed(guards, scope, needed_.counts);
    else
      add_counts_needed(guards, needed_.descendant_counts[kind.name]);
    needed_.approvals |= needs_approvals(guards);
    needed_.links |= needs_links(guards);
    needed_.files |= needs_files(guards);
    add_bodies_needed(guards, needed_.bodies);
  }

  // Children whose deadlines count from a field of the kind.
  void add_anchored_children(const KindVersion& of) {
    const auto add_from = [&](const Definition& definition, bool only_current) {
      for (const auto& [name, child] : definition.kinds)
        if (child.parent == of.kind->name && has_parent_anchor(child) &&
            (!only_current || begins_current(definition, child)))
          load(definition, name);
    };
    add_from(*of.definition, false);
    if (in_use_ != nullptr)
      for (const auto& [digest, other] : *in_use_) add_from(*other, true);
  }

  void load(const Definition& definition, const std::string& kind) {
    if (!loaded_.emplace(&definition, kind).second) return;
    for (const KindVersion& version : versions_of(definition, kind)) {
      needed_.load_kinds.insert(kind);
      add_waiting(version, ItemId{}, false);
    }
  }

  // What lies below an item is on the item's definition, but for concerns and what lies below those,
  // which may be on any that is in use.
  std::vector<KindVersion> versions_of(const Definition& definition, const std::string& name) const {
    std::vector<KindVersion> versions;
    if (const KindDef* own = definition.find_kind(name)) versions.push_back({&definition, own});
    if (in_use_ == nullptr) return versions;
    for (const auto& [digest, other] : *in_use_) {
      const KindDef* kind = digest == definition.digest ? nullptr : other->find_kind(name);
      if (kind != nullptr && begins_current(*other, *kind)) versions.push_back({other.get(), kind});
    }
    return versions;
  }

  void add_bodies(const KindDef& kind) {
    for (const ObligationDef& o : kind.obligations) {
      if (o.due.kind == DueRule::Kind::meeting) needed_.bodies.insert(o.due.body);
      if (o.due_again && o.due_again->kind == DueRule::Kind::meeting)
        needed_.bodies.insert(o.due_again->body);
    }
  }

  const Definitions* in_use_;
  FactsNeeded& needed_;
  std::set<std::pair<const Definition*, std::string>> loaded_;
  int depth_ = 0;
};

KindVersion version_of(const Rules& rules, const Item& item) {
  const Definition& definition = rules.definition_of(item);
  return {&definition, definition.find_kind(item.kind)};
}

// Gates above an event.
void add_above(Needs& needs, const Rules& rules, const std::vector<Item>& ancestors,
               FactsNeeded& needed) {
  for (const Item& above : ancestors) {
    const KindVersion up = version_of(rules, above);
    if (up.kind == nullptr) continue;
    const std::size_t loaded = needed.load_kinds.size();
    needs.add_waiting(up, above.id, true);
    // What its gate does reaches its other descendants too.
    const auto& gates = up.kind->transitions;
    if (needed.load_kinds.size() > loaded ||
        std::any_of(gates.begin(), gates.end(),
                    [](const TransitionDef& t) { return t.auto_ && reaches_below(t); }))
      needed.load_below = above.id;
  }
}

void make_unique(std::vector<CountQuery>& counts) {
  std::sort(counts.begin(), counts.end());
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());
}

}  // namespace

FactsNeeded facts_needed(const Rules& rules, const Item* item, const std::vector<Item>& ancestors,
                         const Event& event) {
  FactsNeeded needed;
  if (event.name == "correct") {
    needed.last_event = true;
    needed.approvals = true;  // undoing what is urgent takes two
    // What it gives back may be bound to meetings that changed since.
    for (const auto& [body, def] : rules.establishment.bodies) needed.bodies.insert(body);
  }
  needed.links = !event.links.empty();
  Needs needs(rules.pinned, needed);
  if (item != nullptr) {
    const KindVersion own = version_of(rules, *item);
    ASSURED_ASSERT(own.kind != nullptr);
    needs.add_event(own, event, item->id, true);
    needs.add_waiting(own, item->id, true);
    add_above(needs, rules, ancestors, needed);
  }
  if (const auto rule = find_event_rule(rules, item, event.name); rule && rule->start != nullptr)
    needs.add_start(*rule, item == nullptr ? ItemId{} : item->id);
  make_unique(needed.counts);
  return needed;
}

FactsNeeded facts_needed_below(const Rules& rules, const Item& parent,
                               const std::vector<Item>& ancestors,
                               const std::set<std::string>& kinds, const Event& event) {
  FactsNeeded needed;
  Needs needs(rules.pinned, needed);
  const KindVersion own = version_of(rules, parent);
  ASSURED_ASSERT(own.kind != nullptr);
  for (const std::string& kind : kinds) needs.add_children_event(*own.definition, kind, event);
  needs.add_waiting(own, parent.id, true);
  add_above(needs, rules, ancestors, needed);
  if (const auto rule = find_event_rule(rules, &parent, event.name); rule && rule->start != nullptr)
    needs.add_start(*rule, parent.id);
  make_unique(needed.counts);
  return needed;
}

}  // namespace assured
