// decide() on random programmes and random walks: whatever people and time do, nothing is thrown,
// nothing is lost sight of, nothing is said twice, and the changes it answers are the whole story.
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>
#include <sstream>

#include "daemon/system_zones.hpp"
#include "tests/sim/random_programme.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/memory_world.hpp"
#include "tests/support/small_programme.hpp"
#include "workflows/programme_check.hpp"
#include "workflows/roles.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;
using std::chrono::days;

namespace {

const Zone& london() {
  static const auto zone = *SystemZones{}.find_zone("Europe/London");
  return *zone;
}

const Programme& base() {
  static const Programme programme = small_programme();
  return programme;
}

// Everybody holds their post from long ago; nobody is police/lead.
People everybody() {
  People people;
  const auto add = [&](std::string id, std::vector<std::string> posts) {
    people.persons.push_back({id, "Person " + id, id + "@board.example", ""});
    for (std::string& post : posts)
      people.holdings.push_back({id, std::move(post), Date{days{18'000}}, {}});
  };
  add("chair", {"chair"});
  add("manager", {"business-manager"});
  add("judge", {"qa-chair"});
  add("officer", {"qa-officer"});
  add("clerk", {"administrator"});
  add("nurse", {"nhs/lead"});
  add("director", {"nhs/director", "police/director"});
  add("visitor", {});
  return people;
}

struct Counts {
  int programmes = 0, children = 0, auto_gates = 0, loops = 0, time = 0, cascades = 0, deep = 0;
  int events = 0, accepted = 0, corrected = 0, rungs = 0, waits = 0, auto_steps = 0, expired = 0;
  int moved = 0, held = 0, rounds = 0, linked_steps = 0;
  int fewest_events = 1'000'000;
};

class Walk {
 public:
  Walk(const Programme& programme, Counts& counts)
      : programme_(programme),
        calendar_(Nation::england_and_wales),
        world_(programme, london(), calendar_),
        counts_(counts) {
    world_.people = everybody();
    for (int week = 1; week < 6; ++week)
      world_.meetings.push_back(
          {MeetingId{week}, "qa-subgroup", now_ + days{14 * week}, Meeting::State::planned});
  }

  // One step of the walk: time goes by, and then somebody does something.
  void step(const std::vector<std::uint32_t>& numbers) {
    try {
      do_step(numbers);
    } catch (const std::exception& thrown) {
      fail(std::string{"thrown: "} + thrown.what());
    }
  }

  // The journal alone gives the tables; taken back, it leaves nothing.
  void check_replay() {
    Tables replayed;
    for (const Decision& decision : world_.journal)
      for (const std::string& fault : put(replayed, decision)) fail("replay: " + fault);
    if (!(replayed == world_.tables)) fail("the journal replays to something else");
    for (auto it = world_.journal.rbegin(); it != world_.journal.rend(); ++it)
      take_back(replayed, *it);
    if (!(replayed == Tables{})) fail("the journal does not lead back to nothing");
  }

  int events = 0;

 private:
  void do_step(const std::vector<std::uint32_t>& numbers) {
    Dice dice(numbers);
    const int what = dice.below(100);
    if (numbers.front() == 0) return;
    const std::vector<Millis> pauses{0min, 0min, 0min, 1h, 6h, days{1}, days{1}, days{3}, days{9}};
    pass_time(dice.one_of(pauses), dice.chance(20));
    if (dice.chance(15)) hold_something(dice);
    if (dice.chance(15)) change_meeting(dice);
    if (what < 8 || world_.tables.items.empty())
      start_root(dice);
    else if (what < 18)
      start_below(dice);
    else if (what < 80)
      do_something_sensible(dice);
    else if (what < 87)
      correct(dice);
    else
      do_nonsense(dice);
  }

  // --- what people do

  const Item* some_item(Dice& dice, bool open_only) {
    std::vector<const Item*> all;
    for (const auto& [id, item] : world_.tables.items)
      if (!open_only || !is_final(item)) all.push_back(&item);
    return all.empty() ? nullptr : dice.one_of(all);
  }

  std::string some_person(Dice& dice) { return dice.one_of(world_.people.persons).id; }

  Value some_value(FieldType type, Dice& dice) {
    switch (type) {
      case FieldType::enumeration:
        return std::string{dice.chance(75) ? "yes" : "no"};
      case FieldType::number:
        return std::int64_t{dice.below(9)};
      case FieldType::date:
        return std::chrono::floor<days>(london().to_local(now_)) + days{dice.below(60) - 20};
      case FieldType::instant:
        return now_ - 1h * dice.below(48);
      case FieldType::agencies:
        return dice.chance(50) ? std::vector<std::string>{"nhs"}
                               : std::vector<std::string>{"nhs", "police"};
      default:
        return std::string{dice.chance(60) ? "nhs" : "police"};
    }
  }

  Event event_of(std::string name, std::string actor, Dice& dice) {
    Event event;
    event.name = std::move(name);
    event.actor = std::move(actor);
    event.occurred_at = dice.chance(10) ? now_ - 1h * dice.below(30) : now_;
    return event;
  }

  void fill(Event& event, const KindDef& kind, const std::vector<std::string>& takes,
            const std::vector<Effect>& effects, Dice& dice) {
    for (const std::string& name : takes)
      if (dice.chance(85)) event.fields[name] = some_value(kind.find_field(name)->type, dice);
    for (const Effect& effect : effects) {
      if (effect.kind == Effect::Kind::assign && dice.chance(85))
        event.assign[effect.role] = some_person(dice);
      if (effect.kind == Effect::Kind::link && dice.chance(85))
        if (const Item* other = some_item(dice, false)) event.links[effect.of] = other->id;
    }
    if (dice.chance(85)) event.reason = "because";
  }

  void start_root(Dice& dice) {
    const KindDef& kind = *programme_.definition.find_kind("k0");
    Event event = event_of(kind.start->event, "officer", dice);
    fill(event, kind, kind.start->takes, kind.start->effects, dice);
    try_event(nullptr, event);
  }

  void start_below(Dice& dice) {
    std::vector<std::pair<const Item*, const KindDef*>> choices;
    for (const auto& [id, item] : world_.tables.items)
      for (const auto& [name, kind] : programme_.definition.kinds)
        if (kind.start && kind.parent == item.kind) choices.emplace_back(&item, &kind);
    if (choices.empty()) return do_something_sensible(dice);
    const auto [item, kind] = dice.one_of(choices);
    Event event = event_of(kind->start->event, some_person(dice), dice);
    fill(event, *kind, kind->start->takes, kind->start->effects, dice);
    try_event(item, event);
  }

  void do_something_sensible(Dice& dice) {
    const Item* item = some_item(dice, true);
    if (item == nullptr) return start_root(dice);
    const KindDef& kind = *programme_.definition.find_kind(item->kind);
    std::vector<const TransitionDef*> choices;
    for (const TransitionDef& t : kind.transitions) {
      if (t.auto_ || t.event == "time") continue;
      const bool here =
          t.from_any || std::find(t.from.begin(), t.from.end(), item->state) != t.from.end();
      // Giving up is always possible, and would end every walk soon.
      if (here && (t.to != "dropped" || dice.chance(8))) choices.push_back(&t);
    }
    if (choices.empty()) return start_root(dice);
    const TransitionDef& t = *dice.one_of(choices);
    Event event = event_of(t.event, some_person(dice), dice);
    std::vector<std::string> may;
    const RoleScope scope{programme_.establishment,  programme_.definition, *item,
                          world_.tables.assignments, world_.people,         {}};
    const Date today = std::chrono::floor<days>(london().to_local(now_));
    for (const Person& person : world_.people.persons)
      if (is_one_of(t.by, scope, person.id, {}, today)) may.push_back(person.id);
    if (!may.empty() && dice.chance(95)) event.actor = dice.one_of(may);
    fill(event, kind, t.takes, t.effects, dice);
    try_event(item, event);
  }

  void correct(Dice& dice) {
    const Item* item = some_item(dice, false);
    Event event = event_of("correct", "officer", dice);
    event.occurred_at = now_;
    event.reason = "the wrong button";
    try_event(item, event);
  }

  void do_nonsense(Dice& dice) {
    const Item* item = dice.chance(90) ? some_item(dice, false) : nullptr;
    std::vector<std::string> names{"correct", "time", "auto", "", "no such thing", "drop"};
    for (const auto& [name, kind] : programme_.definition.kinds) {
      if (kind.start) names.push_back(kind.start->event);
      for (const TransitionDef& t : kind.transitions) names.push_back(t.event);
    }
    Event event = event_of(dice.one_of(names), some_person(dice), dice);
    if (dice.chance(15)) event.actor = "nobody-we-know";
    if (dice.chance(10)) event.actor.clear();
    const std::vector<std::string> posts{"qa-officer", "police/lead", "nhs/lead", "no/post"};
    if (dice.chance(40)) event.for_post = dice.one_of(posts);
    if (dice.chance(20)) event.occurred_at += 1h * (dice.below(2000) - 1900);
    const std::vector<std::string> fields{"note", "flag", "day", "whom", "nothing"};
    for (int n = dice.below(3); n > 0; --n)
      event.fields[dice.one_of(fields)] =
          some_value(static_cast<FieldType>(dice.below(7)), dice);  // of any type
    if (dice.chance(20)) event.assign["auditor"] = "nobody-we-know";
    if (dice.chance(20)) event.links["follows"] = ItemId{dice.below(40)};
    try_event(item, event);
  }

  // --- asking the engine

  void try_event(const Item* item, const Event& event) {
    ++events;
    const std::optional<Item> subject = item == nullptr ? std::nullopt : std::optional{*item};
    const Item* at = subject ? &*subject : nullptr;
    trace_ << to_text(now_) << " " << (at ? at->kind + std::to_string(at->id.value) : "-") << " "
           << event.name << " by " << event.actor << "\n";
    const auto above = at ? world_.ancestors_of(*at) : std::vector<Item>{};
    const FactsNeeded needed = facts_needed(world_.rules(), at, above, event);
    const Facts facts = world_.load(at, needed, event);
    const auto decision = decide(world_.rules(), at, facts, event, now_);
    const auto with_all =
        decide(world_.rules(), at, world_.load_everything(at, event), event, now_);
    same(decision, with_all);
    if (!decision) return trace_line(decision.error().message);
    ++counts_.accepted;
    if (event.name == "correct") ++counts_.corrected;
    keep(*decision, event.name);
  }

  void same(const Result<Decision>& declared, const Result<Decision>& all) {
    if (declared.has_value() != all.has_value())
      return fail("more facts change the answer: " +
                  (declared ? all.error().message : declared.error().message));
    if (!declared) {
      if (declared.error().message != all.error().message)
        fail("more facts change the refusal: " + declared.error().message + " / " +
             all.error().message);
      return;
    }
    std::string part;
    if (!(declared->items == all->items)) part += " items";
    if (!(declared->obligations == all->obligations)) part += " obligations";
    if (!(declared->assignments == all->assignments)) part += " assignments";
    if (!(declared->links == all->links)) part += " links";
    if (!(declared->approvals == all->approvals)) part += " approvals";
    if (!(declared->prompts == all->prompts)) part += " prompts";
    if (!(declared->lines == all->lines)) part += " lines";
    if (part.empty()) return;
    for (const auto* decision : {&*declared, &*all}) {
      trace_ << "  a decision:\n";
      for (const auto& change : decision->items)
        trace_ << "    item " << change.now.id.value << " to " << change.now.state << "\n";
      for (const auto& change : decision->obligations)
        trace_ << "    " << change.now.name << " of item " << change.now.item.value << " round "
               << change.now.round << " version " << change.now.due_version << "\n";
      for (const JournalLine& line : decision->lines)
        trace_ << "    " << line.item.value << " " << line.what << ": " << line.text << "\n";
    }
    fail("more facts change" + part);
  }

  // --- time

  std::optional<ObligationId> next_due(Instant until) const {
    std::optional<ObligationId> next;
    std::optional<Instant> at;
    for (const auto& [id, o] : world_.tables.obligations)
      if (o.next_at && *o.next_at <= until && (!at || *o.next_at < *at)) {
        at = o.next_at;
        next = id;
      }
    return next;
  }

  void pass_time(Millis pause, bool asleep) {
    const Instant until = now_ + pause;
    std::optional<Downtime> down;
    if (asleep && pause > Millis{0}) {
      down = Downtime{now_, until};
      now_ = until;
    }
    int passes = 0;
    while (const auto id = next_due(until)) {
      if (++passes > 2000) return fail("the passes do not come to an end");
      now_ = std::max(now_, *world_.tables.obligations.at(*id).next_at);
      pass_over(*id, down);
    }
    now_ = std::max(now_, until);
  }

  void pass_over(ObligationId id, const std::optional<Downtime>& down) {
    const Obligation before = world_.tables.obligations.at(id);
    const Item item = world_.tables.items.at(before.item);
    const KindDef& kind = *programme_.definition.find_kind(item.kind);
    trace_ << to_text(now_) << " time for " << before.name << " of " << item.kind << item.id.value
           << "\n";
    FactsNeeded needed;
    needed.ancestors = false;
    Event event;
    event.name = "time";
    const auto expires = [&](const TransitionDef& t) {
      return t.event == "time" && t.expires == before.name;
    };
    if (std::any_of(kind.transitions.begin(), kind.transitions.end(), expires))
      needed = facts_needed(world_.rules(), &item, world_.ancestors_of(item), event);
    const auto decision =
        decide_due(world_.rules(), item, world_.load(&item, needed, event), id, down, now_);
    const auto with_all =
        decide_due(world_.rules(), item, world_.load_everything(&item, event), id, down, now_);
    same(decision, with_all);
    if (!decision) return fail("a pass was refused: " + decision.error().message);
    keep(*decision, {});
    const Obligation& after = world_.tables.obligations.at(id);
    if (after.next_at && *after.next_at <= now_) fail(before.name + " would wake again at once");
    const Item& moved = world_.tables.items.at(item.id);
    if (moved.state != item.state) {
      ++counts_.expired;
      const bool by_its_own = std::any_of(
          kind.transitions.begin(), kind.transitions.end(), [&](const TransitionDef& t) {
            return expires(t) && t.to == moved.state &&
                   std::find(t.from.begin(), t.from.end(), item.state) != t.from.end();
          });
      if (!by_its_own) fail("the time of another obligation moved the item");
    }
    // The sender: what was written is accepted at once.
    for (const auto& change : decision->prompts) {
      if (!change.now.obligation) continue;
      const auto& now_is = world_.tables.obligations.at(change.now.obligation);
      const Decision told = decide_outcome(world_.rules(), world_.tables.items.at(change.now.item),
                                           now_is, change.now, now_);
      if (!told.obligations.empty()) {
        ++counts_.waits;
        keep(told, {});
      }
    }
  }

  void hold_something(Dice& dice) {
    std::vector<const Obligation*> open;
    for (const auto& [id, o] : world_.tables.obligations)
      if (o.is_open()) open.push_back(&o);
    if (open.empty()) return;
    const Obligation o = *dice.one_of(open);
    trace_ << to_text(now_) << " hold " << o.name << " of item " << o.item.value << "\n";
    ++counts_.held;
    keep(decide_hold(world_.rules(), world_.tables.items.at(o.item), o,
                     now_ + 1h * (1 + dice.below(72)), "acknowledge", now_),
         {});
  }

  void change_meeting(Dice& dice) {
    Meeting& meeting = world_.meetings[dice.next() % world_.meetings.size()];
    trace_ << to_text(now_) << " meeting " << meeting.id.value << "\n";
    switch (dice.below(4)) {
      case 0:
        world_.meetings.push_back({MeetingId{static_cast<std::int64_t>(world_.meetings.size()) + 1},
                                   "qa-subgroup", now_ + days{1 + dice.below(60)},
                                   Meeting::State::planned});
        break;
      case 1:
        if (meeting.state == Meeting::State::planned)
          meeting.start = now_ + days{1 + dice.below(60)};
        break;
      case 2:
        if (meeting.state == Meeting::State::planned) meeting.state = Meeting::State::cancelled;
        break;
      default:
        for (Meeting& m : world_.meetings)
          if (m.state == Meeting::State::planned && m.start <= now_) m.state = Meeting::State::held;
        return;
    }
    std::vector<ObligationId> open;
    for (const auto& [id, o] : world_.tables.obligations)
      if (o.is_open()) open.push_back(id);
    for (const ObligationId id : open) {
      const Obligation o = world_.tables.obligations.at(id);
      if (!o.is_open()) continue;
      FactsNeeded needed;
      if (o.rule.kind == DueRule::Kind::meeting) needed.bodies.insert(o.rule.body);
      const Item item = world_.tables.items.at(o.item);
      const Decision decision = decide_recompute(
          world_.rules(), item, world_.load(&item, needed, {}), id, "a meeting", now_);
      if (!decision.obligations.empty()) ++counts_.moved;
      keep(decision, {});
    }
  }

  // --- what must always be so

  bool is_final(const Item& item) const {
    const StateDef* state = programme_.definition.find_kind(item.kind)->find_state(item.state);
    return item.state == voided_state || (state != nullptr && state->final);
  }

  void keep(const Decision& decision, const std::string& event) {
    for (const auto& change : decision.items) {
      const std::int64_t was = change.was ? change.was->version : 0;
      if (change.now.version != was + 1)
        fail("item " + std::to_string(change.now.id.value) + ": its version does not rise by one");
    }
    for (const auto& change : decision.obligations) check_change(change, event);
    for (const JournalLine& line : decision.lines)
      if (line.what.starts_with("all-")) {
        ++counts_.auto_steps;
        if (line.what.starts_with("all-linked-")) ++counts_.linked_steps;
      }
    for (const auto& change : decision.prompts) {
      const Prompt& p = change.now;
      if (change.was || p.rung < 0) continue;
      ++counts_.rungs;
      for (const auto& [id, other] : world_.tables.prompts)
        if (other.obligation == p.obligation && other.due_version == p.due_version &&
            other.rung == p.rung && other.cycle == p.cycle && other.to == p.to)
          fail("a prompt was written twice for one key");
    }
    for (const std::string& fault : world_.keep(decision, event, now_)) fail(fault);
    check_all();
  }

  void check_change(const Changed<Obligation>& change, const std::string& event) {
    const Obligation& o = change.now;
    std::set<std::tuple<int, int, int, std::string>> keys;
    for (const FiredRung& f : o.fired)
      if (!keys.emplace(f.due_version, f.rung, f.cycle, f.to).second)
        fail(o.name + ": a rung fired twice for one key");
    if (!change.was) {
      if (o.round > 1) ++counts_.rounds;
      return;
    }
    const Obligation& was = *change.was;
    if (o.due_version < was.due_version) fail(o.name + ": its due version falls");
    if (o.due_version > was.due_version + 1) fail(o.name + ": its due version jumps");
    if (o.due_at && was.due_at && !same_local_date(*o.due_at, *was.due_at, london()) &&
        o.due_version == was.due_version)
      fail(o.name + ": another due date in the same version");
    if (was.first_due_at && o.first_due_at != was.first_due_at && event != "correct")
      fail(o.name + ": its first due date was overwritten");
    if (o.fired.size() < was.fired.size()) fail(o.name + ": a fired rung was forgotten");
    if (!was.is_open() && event != "correct") fail(o.name + ": a closed obligation changed");
  }

  void check_all() {
    std::set<ItemId> owing;
    std::set<std::tuple<ItemId, std::string, int>> keys;
    std::set<std::pair<ItemId, std::string>> open, waiting;
    std::set<std::string> vacancies;
    for (const auto& [id, o] : world_.tables.obligations)
      if (o.is_open() && o.rule.kind == DueRule::Kind::meeting && !o.meeting)
        waiting.emplace(o.item, "set the next date: " + o.rule.body);
    for (const auto& [id, o] : world_.tables.obligations) {
      if (!keys.emplace(o.item, o.name, o.round).second)
        fail(o.name + ": two obligations with one key");
      if (!o.is_open()) {
        if (o.next_at) fail(o.name + ": closed, and would still wake");
        continue;
      }
      owing.insert(o.item);
      if (!open.emplace(o.item, o.name).second) fail(o.name + ": open twice");
      // A post is the board's to fill, once; a role of one item is asked for by that item.
      constexpr std::string_view vacancy = "name somebody: ";
      if (o.name.starts_with(vacancy) &&
          programme_.establishment.find_post(o.name.substr(vacancy.size())) != nullptr &&
          !vacancies.insert(o.name).second)
        fail(o.name + ": asked for by two items");
      if (o.name.starts_with("set the next date: ") && !waiting.contains({o.item, o.name}))
        fail(o.name + ": nothing waits for it");
      const auto wake =
          next_wake(o, programme_.definition.ladders.find(o.ladder)->second, world_.time());
      if (wake && (!o.next_at || *o.next_at > *wake)) fail(o.name + ": would wake too late");
    }
    for (const auto& [id, item] : world_.tables.items) {
      if (is_final(item) && owing.contains(id))
        fail(item.kind + " " + std::to_string(id.value) + " is finished, and owes");
      if (!is_final(item) && !owing.contains(id))
        fail(item.kind + " " + std::to_string(id.value) + " in " + item.state + " owes nothing");
    }
  }

  void trace_line(const std::string& text) { trace_ << "    " << text << "\n"; }

  void fail(const std::string& what) {
    RC_LOG() << trace_.str();
    RC_FAIL(what);
  }

  const Programme& programme_;
  Calendar calendar_;
  Instant now_ = london().to_instant(Date{days{20'780}} + 10h);  // Monday 23 November 2026
  MemoryWorld world_;
  Counts& counts_;
  std::ostringstream trace_;
};

// The numbers that a programme and a walk are made of. Nobody reads them in a failure: the walk is
// told in words.
struct Genome {
  std::vector<std::uint32_t> programme;
  std::vector<std::vector<std::uint32_t>> steps;
};
void showValue(const Genome& genome, std::ostream& out) { out << genome.steps.size() << " steps"; }

rc::Gen<Genome> genomes() {
  using Numbers = std::vector<std::uint32_t>;
  const auto number = rc::gen::resize(100, rc::gen::inRange<std::uint32_t>(0, 100'000));
  return rc::gen::build<Genome>(
      rc::gen::set(&Genome::programme, rc::gen::container<Numbers>(500, number)),
      rc::gen::set(&Genome::steps, rc::gen::container<std::vector<Numbers>>(
                                       60, rc::gen::container<Numbers>(30, number))));
}

bool is_sound(const Programme& programme) {
  reading::Mistakes mistakes;
  reading::check_flow({programme.definition, programme.establishment, mistakes});
  return mistakes.empty();
}

}  // namespace

TEST_CASE("decide() keeps its promises on random programmes and walks", "[decide][property]") {
  // The same walks each time, unless somebody asks for others by RC_PARAMS. Shrinking 60 steps
  // takes many minutes; the walk in words mostly says enough.
  setenv("RC_PARAMS", "seed=20260901 max_success=100 noshrink=1", 0);
  Counts counts;
  int unsound = 0;
  const bool held = rc::check("decide()", [&] {
    const Genome genome = *genomes();
    Dice dice(genome.programme);
    const Programme programme = random_programme(dice, base());
    if (!is_sound(programme)) ++unsound;
    RC_PRE(is_sound(programme));
    const int before = counts.events;
    Walk world(programme, counts);
    for (const auto& numbers : genome.steps) world.step(numbers);
    world.check_replay();
    counts.events = before + world.events;
    counts.fewest_events = std::min(counts.fewest_events, world.events);
    const Features features = features_of(programme.definition);
    ++counts.programmes;
    counts.children += features.children ? 1 : 0;
    counts.auto_gates += features.auto_gates ? 1 : 0;
    counts.loops += features.loops ? 1 : 0;
    counts.time += features.time_transitions ? 1 : 0;
    counts.cascades += features.cascades ? 1 : 0;
    counts.deep += features.deep ? 1 : 0;
  });
  WARN(counts.programmes << " programmes (and " << unsound << " unsound): children "
                         << counts.children << ", auto gates " << counts.auto_gates << ", loops "
                         << counts.loops << ", time " << counts.time << ", cascades "
                         << counts.cascades << ", depth three " << counts.deep << "; events "
                         << counts.events << ", accepted " << counts.accepted << ", corrected "
                         << counts.corrected << ", auto steps " << counts.auto_steps << " (linked "
                         << counts.linked_steps << "), expired "
                         << counts.expired << ", moved " << counts.moved << ", held " << counts.held
                         << ", rounds " << counts.rounds << ", rungs " << counts.rungs
                         << ", waits ended " << counts.waits);
  REQUIRE(held);
  CHECK(counts.children * 100 >= counts.programmes * 30);
  CHECK(counts.auto_gates * 100 >= counts.programmes * 20);
  CHECK(counts.loops * 100 >= counts.programmes * 20);
  CHECK(counts.fewest_events >= 50);
  CHECK(counts.accepted * 100 >= counts.events * 40);
  CHECK(counts.corrected >= 20);
  CHECK(counts.auto_steps >= 20);
  CHECK(counts.linked_steps >= 3);
  CHECK(counts.expired >= 20);
  CHECK(counts.moved >= 20);
  CHECK(counts.rounds >= 50);
  CHECK(counts.rungs >= 1000);
  CHECK(counts.waits >= 20);
}
