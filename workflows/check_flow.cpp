// Where items can get to, and what is owed there: nothing gets off its ladder unseen (S2.1).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "workflows/item.hpp"
#include "workflows/programme_check.hpp"

namespace assured::reading {

namespace {

struct Edge {
  std::size_t from, to;
  std::size_t transition;
  bool enters;  // false: the event leaves the item where it is
};

// The open obligations of an item, as indexes into the kind's list.
using Open = std::set<std::size_t>;

// One kind's state machine. Guards are taken to hold at one time or another.
class Flow {
 public:
  Flow(const Checking& checking, const KindDef& kind)
      : c_(checking), kind_(kind), path_("kind." + kind.name) {}

  void check() {
    if (!is_whole()) return;  // an unknown name was told; what follows from it is not
    find_edges();
    check_reachable();
    check_exits();
    check_obligations();
    check_auto_loops();
  }

 private:
  bool knows_state(const std::string& name) const {
    return kind_.find_state(name) || name == voided_state;
  }

  bool is_whole() const {
    if (!kind_.find_state(kind_.initial)) return false;
    for (const auto& transition : kind_.transitions) {
      if (transition.event.empty() || (transition.from.empty() && !transition.from_any))
        return false;
      if (transition.to && !knows_state(*transition.to)) return false;
      for (const auto& from : transition.from)
        if (!knows_state(from)) return false;
    }
    const auto known = [&](const Trigger& trigger) {
      if (trigger.kind == Trigger::Kind::state) return knows_state(trigger.name);
      return (kind_.start && kind_.start->event == trigger.name) ||
             std::any_of(kind_.transitions.begin(), kind_.transitions.end(),
                         [&](const TransitionDef& t) { return t.event == trigger.name; });
    };
    return std::all_of(
        kind_.obligations.begin(), kind_.obligations.end(), [&](const ObligationDef& obligation) {
          return std::all_of(obligation.opens_on.begin(), obligation.opens_on.end(), known) &&
                 std::all_of(obligation.closes_on.begin(), obligation.closes_on.end(), known);
        });
  }

  std::size_t index_of(const std::string& state) const {
    for (std::size_t i = 0; i < kind_.states.size(); ++i)
      if (kind_.states[i].name == state) return i;
    return kind_.states.size();
  }

  void find_edges() {
    for (std::size_t t = 0; t < kind_.transitions.size(); ++t) {
      const auto& transition = kind_.transitions[t];
      for (std::size_t s = 0; s < kind_.states.size(); ++s) {
        if (kind_.states[s].final) continue;
        const auto& from = transition.from;
        const bool here = transition.from_any ||
                          std::find(from.begin(), from.end(), kind_.states[s].name) != from.end();
        if (!here) continue;
        const std::size_t to = transition.to ? index_of(*transition.to) : s;
        if (to < kind_.states.size()) edges_.push_back({s, to, t, transition.to.has_value()});
      }
    }
  }

  void check_reachable() {
    reachable_.insert(index_of(kind_.initial));
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& edge : edges_)
        if (reachable_.count(edge.from) > 0 && reachable_.insert(edge.to).second) grew = true;
    }
    for (std::size_t s = 0; s < kind_.states.size(); ++s)
      if (reachable_.count(s) == 0 && !is_gone(kind_.states[s].name))
        c_.mistakes.add_at(state_path(s), "no item can get into this state",
                           "lead a transition to it, or remove it");
  }

  void check_exits() {
    for (std::size_t s = 0; s < kind_.states.size(); ++s) {
      if (kind_.states[s].final) continue;
      const bool has_exit = std::any_of(edges_.begin(), edges_.end(), [&](const Edge& edge) {
        return edge.from == s && edge.to != s;
      });
      if (!has_exit)
        c_.mistakes.add_at(state_path(s), "nothing leads out of this state, and it is not final",
                           "add a transition from it, or write final = true");
    }
  }

  // As the engine does it: what the event or the entered state closes is closed, then what it opens
  // is opened, and a final state closes all.
  Open after(const Edge& edge, const Open& before) const {
    const auto& target = kind_.states[edge.to];
    if (target.final) return {};
    const auto& event = kind_.transitions[edge.transition].event;
    const auto fires = [&](const std::vector<Trigger>& triggers) {
      return std::any_of(triggers.begin(), triggers.end(), [&](const Trigger& trigger) {
        return trigger.kind == Trigger::Kind::event ? trigger.name == event
                                                    : edge.enters && trigger.name == target.name;
      });
    };
    Open open;
    for (std::size_t o = 0; o < kind_.obligations.size(); ++o) {
      const auto& obligation = kind_.obligations[o];
      const bool stays = before.count(o) > 0 && !fires(obligation.closes_on);
      if (stays || fires(obligation.opens_on)) open.insert(o);
    }
    return open;
  }

  Open at_start() const {
    Open open;
    const auto opens = [&](const Trigger& trigger) {
      return trigger.kind == Trigger::Kind::state
                 ? trigger.name == kind_.initial
                 : kind_.start && trigger.name == kind_.start->event;
    };
    for (std::size_t o = 0; o < kind_.obligations.size(); ++o) {
      const auto& triggers = kind_.obligations[o].opens_on;
      if (std::any_of(triggers.begin(), triggers.end(), opens)) open.insert(o);
    }
    return open;
  }

  // Which obligations can be open in each state, on some path.
  std::vector<Open> possibly_open() const {
    std::vector<Open> open(kind_.states.size());
    open[index_of(kind_.initial)] = at_start();
    std::set<std::size_t> visited{index_of(kind_.initial)};
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& edge : edges_) {
        if (visited.count(edge.from) == 0) continue;
        if (visited.insert(edge.to).second) grew = true;
        for (const auto o : after(edge, open[edge.from]))
          if (open[edge.to].insert(o).second) grew = true;
      }
    }
    return open;
  }

  void check_obligations() {
    const auto open = possibly_open();
    for (std::size_t s = 0; s < kind_.states.size(); ++s) {
      if (kind_.states[s].final || reachable_.count(s) == 0) continue;
      if (open[s].empty())
        c_.mistakes.add_at(
            state_path(s), "nobody owes anything in this state",
            "give it a deadline, or let an obligation open on state:" + kind_.states[s].name);
    }
    for (std::size_t o = 0; o < kind_.obligations.size(); ++o) check_closed(o, open);
    check_always_owed(open);
  }

  // S2.1 on every path: follows each state together with what is open in it. A step after which
  // nothing is owed is told, unless the state as a whole was told already.
  void check_always_owed(const std::vector<Open>& possibly) {
    using Standing = std::pair<std::size_t, Open>;
    // Kinds have a handful of obligations; one that would need more than this is judged by
    // check_obligations() alone.
    constexpr std::size_t standings_max = 20000;
    std::set<Standing> seen{{index_of(kind_.initial), at_start()}};
    std::deque<Standing> next{seen.begin(), seen.end()};
    std::map<std::size_t, std::set<std::string>> stranded;  // transition -> states
    if (at_start().empty() && !possibly[index_of(kind_.initial)].empty())
      c_.mistakes.add_at(state_path(index_of(kind_.initial)),
                         "nobody owes anything when an item begins",
                         "let an obligation open on state:" + kind_.initial);
    while (!next.empty() && seen.size() < standings_max) {
      const auto standing = next.front();
      next.pop_front();
      for (const auto& edge : edges_) {
        if (edge.from != standing.first) continue;
        Standing then{edge.to, after(edge, standing.second)};
        const bool owed_nothing = then.second.empty() && !kind_.states[edge.to].final;
        if (owed_nothing && !standing.second.empty() && !possibly[edge.to].empty())
          stranded[edge.transition].insert(kind_.states[edge.to].name);
        if (seen.insert(then).second) next.push_back(std::move(then));
      }
    }
    for (const auto& [transition, states] : stranded)
      c_.mistakes.add_at(fmt::format("{}.transition[{}]", path_, transition + 1),
                         fmt::format("after '{}' the item can stand in {} with nothing owed",
                                     kind_.transitions[transition].event,
                                     list_names({states.begin(), states.end()}, "or")),
                         "let an obligation open on it, or stay open until the state is left");
  }

  // From each state in which it can be open, something must be able to end it.
  void check_closed(std::size_t o, const std::vector<Open>& open) {
    std::set<std::size_t> ending;  // states from which it can be ended
    for (bool grew = true; grew;) {
      grew = false;
      for (const auto& edge : edges_) {
        if (ending.count(edge.from) > 0) continue;
        const bool ends = after(edge, {o}).count(o) == 0 || closes_and_opens(edge, o) ||
                          ending.count(edge.to) > 0;
        if (ends && ending.insert(edge.from).second) grew = true;
      }
    }
    std::vector<std::string> stuck;
    bool ever = false;
    for (std::size_t s = 0; s < kind_.states.size(); ++s) {
      if (open[s].count(o) == 0) continue;
      ever = true;
      if (ending.count(s) == 0) stuck.push_back(kind_.states[s].name);
    }
    const auto path = obligation_path(kind_, o);
    const auto& name = kind_.obligations[o].name;
    if (!stuck.empty())
      c_.mistakes.add_at(path,
                         fmt::format("'{}' is never closed: nothing that ends it can happen "
                                     "from state {}",
                                     name, list_names(stuck, "or")),
                         "name an event or a state in closes_on that can be reached");
    else if (!ever && kind_.obligations[o].of_state.empty())
      c_.mistakes.add_at(path, fmt::format("'{}' is never opened", name),
                         "name a state or an event in opens_on that can be reached");
  }

  // A review that is done and due again on one event is ended by it, and opened anew.
  bool closes_and_opens(const Edge& edge, std::size_t o) const {
    const auto& closes = kind_.obligations[o].closes_on;
    const auto& event = kind_.transitions[edge.transition].event;
    return std::any_of(closes.begin(), closes.end(), [&](const Trigger& trigger) {
      return trigger.kind == Trigger::Kind::event
                 ? trigger.name == event
                 : edge.enters && trigger.name == kind_.states[edge.to].name;
    });
  }

  // S8.1: an auto step is tried after each event of a child; a circle of them would never rest.
  void check_auto_loops() {
    for (std::size_t s = 0; s < kind_.states.size(); ++s) {
      std::map<std::size_t, const Edge*> came_by;
      std::deque<std::size_t> next{s};
      while (!next.empty()) {
        const auto at = next.front();
        next.pop_front();
        for (const auto& edge : edges_) {
          if (edge.from != at || !kind_.transitions[edge.transition].auto_) continue;
          if (edge.to == s) {
            tell_loop(s, edge, came_by);
            return;  // one circle at a time; each of its states would tell the same
          }
          if (came_by.emplace(edge.to, &edge).second) next.push_back(edge.to);
        }
      }
    }
  }

  void tell_loop(std::size_t start, const Edge& last,
                 const std::map<std::size_t, const Edge*>& came_by) {
    std::vector<std::string> states{kind_.states[start].name};
    const Edge* first = &last;
    for (std::size_t at = last.from; at != start;) {
      states.push_back(kind_.states[at].name);
      first = came_by.at(at);
      at = first->from;
    }
    states.push_back(kind_.states[start].name);
    std::reverse(states.begin(), states.end());
    c_.mistakes.add_at(
        fmt::format("{}.transition[{}].auto", path_, first->transition + 1),
        fmt::format("these steps happen by themselves in a circle: {}", fmt::join(states, ", ")),
        "let a person or time do one of them");
  }

  std::string state_path(std::size_t s) const {
    return fmt::format("{}.state.{}", path_, kind_.states[s].name);
  }

  const Checking& c_;
  const KindDef& kind_;
  std::string path_;
  std::vector<Edge> edges_;
  std::set<std::size_t> reachable_;
};

}  // namespace

void check_flow(const Checking& c) {
  for (const auto& [name, kind] : c.definition.kinds) Flow{c, kind}.check();
}

}  // namespace assured::reading
