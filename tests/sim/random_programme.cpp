#include "tests/sim/random_programme.hpp"

#include <algorithm>
#include <set>

namespace assured::test {

namespace {

RoleTerm board(std::string post) { return {RoleTerm::Kind::board, std::move(post)}; }
Effect effect_of(Effect::Kind kind) {
  Effect effect;
  effect.kind = kind;
  return effect;
}
Guard guard_of(Guard::Kind kind) {
  Guard guard;
  guard.kind = kind;
  return guard;
}
RoleTerm agency(std::string role) { return {RoleTerm::Kind::agency, std::move(role)}; }

class KindMaker {
 public:
  KindMaker(Dice& dice, Definition& definition, int index)
      : dice_(dice), definition_(definition), index_(index) {
    kind_.name = "k" + std::to_string(index);
    if (index > 0) kind_.parent = "k" + std::to_string(dice.below(index));
    kind_.title = "Kind " + std::to_string(index);
  }

  KindDef make() {
    add_fields();
    states_ = 2 + dice_.below(3);
    for (int s = 0; s < states_; ++s) add_state(s);
    kind_.states.push_back({"done", "Done", {}, true, {}});
    kind_.states.push_back({"dropped", "Dropped", {}, true, {}});
    kind_.initial = state(0);
    for (int s = 0; s < states_; ++s) add_step(s);
    add_sideways();
    if (kind_.parent.empty() || dice_.chance(60)) add_start();
    return std::move(kind_);
  }

  // Once all kinds are known: what a parent does to its children, and waits for.
  void add_to_parent(KindDef& parent, const KindDef& child) {
    const auto person_step = [&](std::size_t from) -> TransitionDef* {
      for (std::size_t i = from; i < parent.transitions.size(); ++i)
        if (!parent.transitions[i].auto_ && parent.transitions[i].event != "time" &&
            parent.transitions[i].to)
          return &parent.transitions[i];
      return nullptr;
    };
    if (TransitionDef* t = person_step(0)) {
      Effect create = effect_of(Effect::Kind::create);
      create.of = child.name;
      if (dice_.chance(60)) {
        create.each = "whom";
        t->takes.push_back("whom");
      }
      if (dice_.chance(40)) create.copy = {{"flag", "flag"}};
      t->effects.push_back(create);
    }
    if (dice_.chance(60)) {
      TransitionDef gate;
      gate.auto_ = true;
      gate.event = "all-" + child.name;
      const int from = dice_.below(static_cast<int>(parent.states.size()) - 2);
      gate.from = {state(from)};
      gate.to = parent.states[static_cast<std::size_t>(from) + 1].name;
      Guard all = guard_of(Guard::Kind::all);
      all.of = child.name;
      all.states = {"done", "dropped"};
      gate.requires_ = {all};
      if (dice_.chance(40)) gate.requires_.push_back(count_of(child.name));
      if (dice_.chance(30)) {
        gate.event = "all-linked-" + child.name;
        gate.requires_.push_back(guard_of(Guard::Kind::linked));
        gate.requires_.back().of = "follows";
        for (TransitionDef& t : parent.transitions) {  // whatever somebody does may link it
          if (t.auto_ || t.event == "time" || t.event == "drop") continue;
          t.effects.push_back(effect_of(Effect::Kind::link));
          t.effects.back().of = "follows";
          t.effects.back().optional = true;
        }
      }
      parent.transitions.push_back(gate);
    } else if (TransitionDef* t = person_step(1); t != nullptr && dice_.chance(50)) {
      t->requires_.push_back(count_of(child.name));
      t->ready_template = "due-soon";
    }
    if (dice_.chance(40)) {
      TransitionDef drop;
      drop.from_any = true;
      drop.event = "drop-with-" + child.name;
      drop.to = "dropped";
      drop.by = {board("qa-officer")};
      Effect cascade = effect_of(Effect::Kind::cascade);
      cascade.of = child.name;
      cascade.event = "drop";
      drop.effects = {cascade};
      parent.transitions.push_back(drop);
    }
  }

 private:
  static std::string state(int s) { return "s" + std::to_string(s); }

  Guard count_of(const std::string& child) {
    Guard count = guard_of(Guard::Kind::count);
    count.of = child;
    if (dice_.chance(50)) count.where.states = {"done"};
    if (dice_.chance(30)) count.where.fields = {{"flag", "yes"}};
    if (dice_.chance(70))
      count.at_least = dice_.below(2);
    else
      count.at_most = 1 + dice_.below(2);
    return count;
  }

  void add_fields() {
    const auto field = [&](std::string name, FieldType type) {
      FieldDef def;
      def.name = std::move(name);
      def.type = type;
      def.field_class = FieldClass::internal;
      kind_.fields.push_back(def);
    };
    field("note", FieldType::text);
    field("flag", FieldType::enumeration);
    kind_.fields.back().values = {"yes", "no"};
    kind_.fields.back().indexed = true;
    field("n", FieldType::number);
    field("day", FieldType::date);
    field("since", FieldType::instant);
    field("whom", FieldType::agencies);
    field("about", FieldType::text);
    if (dice_.chance(50)) kind_.agency_from = "about";
  }

  void add_state(int s) {
    const std::vector<RoleTerm> owners{board("qa-officer"), board("administrator"), agency("lead"),
                                       board("qa-chair")};
    kind_.states.push_back({state(s), "State", dice_.one_of(owners), false, {}});
    // What is owed in it: opens with it, closes on leaving it.
    ObligationDef o = obligation("leave " + state(s));
    o.opens_on = {{Trigger::Kind::state, state(s)}};
    for (int other = 0; other < states_; ++other)
      if (other != s) o.closes_on.push_back({Trigger::Kind::state, state(other)});
    kind_.obligations.push_back(o);
  }

  ObligationDef obligation(std::string name) {
    ObligationDef o;
    o.name = std::move(name);
    const std::vector<std::string> ladders{"chasing", "returns", "unsafe"};
    o.ladder = dice_.one_of(ladders);
    o.family = definition_.ladders.at(o.ladder).family;
    const std::vector<RoleTerm> debtors{board("qa-officer"), agency("lead"), board("administrator"),
                                        RoleTerm{RoleTerm::Kind::assigned, "auditor"}};
    o.owed_by = dice_.one_of(debtors);
    if (o.owed_by.kind == RoleTerm::Kind::assigned) o.fallback = board("qa-officer");
    o.due = due();
    if (dice_.chance(30)) o.due_again = due();
    o.keeps_rung = dice_.chance(20);
    o.source = "invented";
    return o;
  }

  DueRule due() {
    DueRule rule;
    const std::vector<Span> spans{{5, Unit::working_days}, {24, Unit::hours},
                                  {2, Unit::weeks},        {10, Unit::days},
                                  {1, Unit::months},       {20, Unit::working_days}};
    rule.after = dice_.one_of(spans);
    switch (dice_.below(8)) {
      case 0:
      case 1:
        rule.from = AnchorKind::entry;
        break;
      case 2:
        rule.from = AnchorKind::created;
        break;
      case 3:
        rule.from = AnchorKind::field;
        rule.field = "since";
        break;
      case 4:
        rule.kind = DueRule::Kind::meeting;
        rule.body = "qa-subgroup";
        rule.offset = {-dice_.below(6), Unit::working_days};
        break;
      case 5:
        rule.kind = DueRule::Kind::on;
        rule.from = AnchorKind::field;
        rule.field = "day";
        break;
      case 6:
        rule.kind = DueRule::Kind::hours;
        rule.in_hours = {2, Unit::hours};
        rule.else_ = {4, Unit::hours};
        break;
      default:
        break;
    }
    if (!kind_.parent.empty() && rule.kind == DueRule::Kind::after && dice_.chance(20)) {
      rule.from = AnchorKind::parent_field;
      rule.field = "since";
    }
    return rule;
  }

  std::vector<RoleTerm> by() {
    const std::vector<std::vector<RoleTerm>> all{
        {board("qa-officer")},
        {RoleTerm{RoleTerm::Kind::anyone, {}}},
        {board("administrator"), agency("lead")},
        {RoleTerm{RoleTerm::Kind::owner, {}}, board("qa-officer")},
        {RoleTerm{RoleTerm::Kind::assigned, "auditor"}, board("qa-chair")}};
    return dice_.one_of(all);
  }

  TransitionDef transition(int from, std::string event, std::optional<std::string> to) {
    TransitionDef t;
    t.from = {state(from)};
    t.event = std::move(event);
    t.to = std::move(to);
    t.by = by();
    for (const char* name : {"note", "flag", "n", "day", "since", "about"})
      if (dice_.chance(35)) t.takes.push_back(name);
    if (dice_.chance(25)) add_guard(t);
    for (int n = dice_.below(3); n > 0; --n) add_effect(t);
    return t;
  }

  void add_guard(TransitionDef& t) {
    Guard guard;
    switch (dice_.below(8)) {
      case 0:
        guard.kind = Guard::Kind::reason;
        break;
      case 1:
        guard.kind = Guard::Kind::field;
        guard.field = "flag";
        guard.equals = "yes";
        t.takes.push_back("flag");
        break;
      case 2:
        guard.kind = Guard::Kind::field;
        guard.field = "day";
        guard.within = Span{12, Unit::months};
        guard.before = "now";
        t.takes.push_back("day");
        break;
      case 3:
        guard.kind = Guard::Kind::approved_by;
        guard.names = {"qa-subgroup"};
        break;
      case 4:
        guard.kind = Guard::Kind::not_by;
        guard.terms = {RoleTerm{RoleTerm::Kind::owner, {}}};
        break;
      case 5:
        guard.kind = Guard::Kind::meeting_held;
        guard.of = "qa-subgroup";
        break;
      case 6:
        guard.kind = Guard::Kind::linked;
        guard.of = "follows";
        break;
      default:
        guard.kind = Guard::Kind::any;
        guard.inner = {guard_of(Guard::Kind::reason), guard_of(Guard::Kind::outside)};
        break;
    }
    t.requires_.push_back(guard);
  }

  void add_effect(TransitionDef& t) {
    Effect effect;
    switch (dice_.below(9)) {
      case 0:
        effect.kind = Effect::Kind::tell;
        effect.to = {agency("lead"), board("qa-chair")};
        effect.template_name = "due-soon";
        break;
      case 1:
        effect.kind = Effect::Kind::set;
        effect.field = "since";
        effect.value = "now";
        break;
      case 2:
        effect.kind = Effect::Kind::set;
        effect.field = "day";
        effect.value = "now";
        break;
      case 3:
        effect.kind = Effect::Kind::increment;
        effect.field = "n";
        break;
      case 4:
        effect.kind = Effect::Kind::clear;
        effect.field = "flag";
        break;
      case 5:
        effect.kind = Effect::Kind::assign;
        effect.role = "auditor";
        effect.optional = dice_.chance(50);
        break;
      case 6:
        effect.kind = Effect::Kind::unassign;
        effect.role = "auditor";
        break;
      case 7:
        effect.kind = Effect::Kind::approve;
        effect.name = "qa-subgroup";
        break;
      default:
        effect.kind = Effect::Kind::link;
        effect.of = "follows";
        effect.optional = dice_.chance(50);
        break;
    }
    // One change of an assignment is enough: two could not be told apart when corrected.
    const bool assigns =
        effect.kind == Effect::Kind::assign || effect.kind == Effect::Kind::unassign;
    for (const Effect& other : t.effects)
      if (assigns && other.role == effect.role) return;
    t.effects.push_back(effect);
  }

  // The way on from each state, so that every one can be reached and left.
  void add_step(int s) {
    const std::string to = s + 1 < states_ ? state(s + 1) : "done";
    kind_.transitions.push_back(transition(s, "on-" + state(s), to));
    if (dice_.chance(25)) {
      TransitionDef late;
      late.from = {state(s)};
      late.event = "time";
      late.expires = "leave " + state(s);
      late.to = dice_.chance(50) ? to : "dropped";
      kind_.transitions.push_back(late);
    }
  }

  void add_sideways() {
    TransitionDef drop;
    drop.from_any = true;
    drop.event = "drop";
    drop.to = "dropped";
    drop.by = {board("business-manager"), board("qa-officer")};
    kind_.transitions.push_back(drop);
    if (dice_.chance(50)) {  // back
      const int from = 1 + dice_.below(states_ - 1);
      kind_.transitions.push_back(transition(from, "back", state(dice_.below(from))));
    }
    if (dice_.chance(50)) {  // nowhere
      const int from = dice_.below(states_);
      kind_.transitions.push_back(transition(from, "note", std::nullopt));
    }
    if (dice_.chance(30)) {  // the same state, entered again
      const int from = dice_.below(states_);
      kind_.transitions.push_back(transition(from, "again", state(from)));
    }
    if (dice_.chance(40)) {  // something owed beside the state, and what may become of it
      ObligationDef extra = obligation("besides");
      extra.opens_on = {{Trigger::Kind::event, "on-" + state(0)}};
      extra.closes_on = {{Trigger::Kind::event, "settle"}};
      kind_.obligations.push_back(extra);
      kind_.transitions.push_back(transition(states_ - 1, "settle", std::nullopt));
      if (dice_.chance(50)) {
        TransitionDef late;
        late.from = {state(states_ - 1)};
        late.event = "time";
        late.expires = "besides";
        late.to = "done";
        kind_.transitions.push_back(late);
      }
    }
  }

  void add_start() {
    StartDef start;
    start.event = "start-" + kind_.name;
    start.by = {RoleTerm{RoleTerm::Kind::anyone, {}}};
    start.takes = {"note", "flag", "day", "about"};
    if (!kind_.parent.empty() && dice_.chance(30)) start.parent_in = {"s0", "done"};
    if (dice_.chance(15)) start.requires_ = {guard_of(Guard::Kind::reason)};
    kind_.start = start;
  }

  Dice& dice_;
  Definition& definition_;
  int index_;
  int states_ = 0;
  KindDef kind_;
};

}  // namespace

Programme random_programme(Dice& dice, const Programme& base) {
  Programme programme = base;
  Definition& definition = programme.definition;
  definition.kinds.clear();
  definition.digest = "random";
  const int kinds = 1 + dice.below(4);
  for (int i = 0; i < kinds; ++i) {
    KindMaker maker(dice, definition, i);
    KindDef kind = maker.make();
    if (!kind.parent.empty()) maker.add_to_parent(definition.kinds.at(kind.parent), kind);
    definition.kinds.emplace(kind.name, std::move(kind));
  }
  return programme;
}

Features features_of(const Definition& definition) {
  Features features;
  for (const auto& [name, kind] : definition.kinds) {
    if (!kind.parent.empty()) {
      features.children = true;
      const auto& parent = definition.kinds.at(kind.parent);
      features.deep |= !parent.parent.empty();
    }
    const auto index_of = [&](const std::string& state) {
      return std::find_if(kind.states.begin(), kind.states.end(),
                          [&](const StateDef& s) { return s.name == state; }) -
             kind.states.begin();
    };
    for (const TransitionDef& t : kind.transitions) {
      features.auto_gates |= t.auto_;
      features.time_transitions |= t.event == "time";
      for (const Effect& effect : t.effects)
        features.cascades |= effect.kind == Effect::Kind::cascade;
      for (const std::string& from : t.from)
        features.loops |= t.to && *t.to != from && index_of(*t.to) < index_of(from);
    }
  }
  return features;
}

}  // namespace assured::test
