#include "workflows/establishment_needs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "workflows/programme_check.hpp"

namespace assured {

namespace {

constexpr std::size_t digest_shown = 12;

std::string post_key(const std::string& post) {
  const auto slash = post.find('/');
  return slash == post.npos
             ? "post." + post
             : fmt::format("agency.{}.post.{}", post.substr(0, slash), post.substr(slash + 1));
}

// --- what rows need

class Needs {
 public:
  explicit Needs(BoardReader& reader) : reader_(reader) {}

  void add_obligations() {
    ObligationFilter filter;
    for (;;) {
      const auto page = reader_.list_obligations(filter);
      for (const Obligation& o : page) {
        filter.after = o.id;
        if (const auto party = parse_party(o.owed_by); party && party->kind == Party::Kind::post)
          note(needs.posts, party->name, [&] {
            return fmt::format("it owes “{}” of {}", o.name, reference(o.item));
          });
        if (o.rule.kind == DueRule::Kind::meeting)
          note(needs.bodies, o.rule.body, [&] {
            return fmt::format("“{}” of {} waits for its meeting", o.name, reference(o.item));
          });
      }
      if (page.size() < filter.limit) return;
    }
  }

  void add_items() {
    ItemFilter filter;
    filter.open_only = true;
    for (;;) {
      const auto page = reader_.list_items(filter);
      std::vector<ItemId> ids;
      for (const Item& item : page) {
        filter.after = item.id;
        ids.push_back(item.id);
        if (!item.agency.empty())
          note(needs.agencies, item.agency, [&] { return item.reference + " is its"; });
      }
      for (const Assignment& a : reader_.assignments_of(ids))
        if (!a.to && !a.by_post.empty())
          note(needs.posts, a.by_post, [&] {
            return fmt::format("it named the {} of {}", a.role, reference(a.item));
          });
      if (page.size() < filter.limit) return;
    }
  }

  void add_prompts() {
    constexpr std::size_t prompts_max = 10'000;
    for (const Prompt& prompt : reader_.pending_prompts(Instant::max(), prompts_max))
      if (const auto party = parse_party(prompt.to); party && party->kind == Party::Kind::post)
        note(needs.posts, party->name,
             [&] { return fmt::format("it is to be told of {}", reference(prompt.item)); });
  }

  void add_holdings(Date today) {
    const auto people = reader_.load_people();
    for (const Holding& holding : people->holdings)
      if (!holding.to || today < *holding.to)
        note(needs.posts, holding.post,
             [&] { return fmt::format("“{}” holds it", holding.person); });
  }

  void add_meetings() {
    for (const Meeting& meeting : reader_.list_meetings({}))
      if (meeting.state == Meeting::State::planned)
        note(needs.bodies, meeting.body,
             [&] { return fmt::format("it meets on {}", to_text(meeting.start)); });
  }

  StoredNeeds needs;

 private:
  template <class Why>
  static void note(std::map<std::string, std::string>& names, const std::string& name, Why why) {
    if (!names.contains(name)) names.emplace(name, why());
  }

  std::string reference(ItemId id) {
    const auto item = reader_.find_item(id);
    return item ? item->reference : std::string{};
  }

  BoardReader& reader_;
};

// --- what definitions need

class Against {
 public:
  explicit Against(const Establishment& now) : now_(now) {}

  void check_needs(const StoredNeeds& needs) {
    for (const auto& [post, why] : needs.posts)
      if (now_.find_post(post) == nullptr)
        add(post_key(post), fmt::format("the post '{}' is gone, and {}", post, why),
            "a post is ended, not deleted: write it again with successor = \"POST\"");
    for (const auto& [agency, why] : needs.agencies)
      if (!now_.agencies.contains(agency))
        add("agency." + agency, fmt::format("the agency '{}' is gone, and {}", agency, why),
            "an agency is ended, not deleted: write it again with successor = \"AGENCY\"");
    for (const auto& [body, why] : needs.bodies)
      if (!now_.bodies.contains(body))
        add("body." + body, fmt::format("the body '{}' is gone, and {}", body, why),
            "write it again until its last meeting was held or cancelled and nothing waits for it");
  }

  void check_definition(const std::string& digest, const Definition& definition) {
    version_ = digest.substr(0, digest_shown);
    check_term(definition.vacancy.owed_by);
    for (const auto& [name, ladder] : definition.ladders)
      for (const RungDef& rung : ladder.rungs) check_terms(rung.to);
    for (const auto& [name, kind] : definition.kinds) check_kind(kind);
    for (const auto& [id, body] : now_.bodies)
      if (!definition.ladders.contains(body.set_date_ladder))
        add(fmt::format("body.{}.set_date.ladder", id),
            fmt::format("there is no ladder '{}' in {}", body.set_date_ladder, version()),
            "name one that both versions have, or move those items first (assured "
            "migrate-programme)",
            body.place);
    check_wordings(definition);
  }

  std::vector<Mistake> take() { return std::move(mistakes_); }

 private:
  std::string version() const {
    return fmt::format("version {} of the definition, which running items are on", version_);
  }

  void add(std::string key, std::string message, std::string remedy, SourcePlace place = {}) {
    if (!told_.insert(key + message).second) return;
    if (place.file.empty()) place.file = now_.zone_place.file;  // what is gone has no place
    mistakes_.push_back({std::move(place), std::move(key), std::move(message), std::move(remedy)});
  }

  void check_kind(const KindDef& kind) {
    for (const StateDef& state : kind.states)
      if (state.owner) check_term(*state.owner);
    for (const ObligationDef& o : kind.obligations) {
      check_term(o.owed_by);
      if (o.fallback) check_term(*o.fallback);
      check_rule(o.due);
      if (o.due_again) check_rule(*o.due_again);
    }
    if (kind.start) {
      check_terms(kind.start->by, true);
      check_effects(kind.start->effects);
      check_guards(kind.start->requires_);
    }
    for (const TransitionDef& t : kind.transitions) {
      check_terms(t.by, true);
      check_effects(t.effects);
      check_guards(t.requires_);
    }
  }

  void check_effects(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) check_terms(effect.to);
  }

  void check_guards(const Guards& guards) {
    for (const Guard& guard : guards) {
      if (guard.kind == Guard::Kind::meeting_held) check_body(guard.of);
      check_terms(guard.terms, true);
      check_guards(guard.inner);
    }
  }

  void check_rule(const DueRule& rule) {
    if (rule.kind == DueRule::Kind::meeting) check_body(rule.body);
  }

  // `may` is about who may do something: not every agency needs such a post.
  void check_terms(const std::vector<RoleTerm>& terms, bool may = false) {
    for (const RoleTerm& term : terms) check_term(term, may);
  }

  void check_term(const RoleTerm& term, bool may = false) {
    if (term.kind == RoleTerm::Kind::board && now_.find_post(term.name) == nullptr)
      add(post_key(term.name),
          fmt::format("the post '{}' is gone, and '{}' stands in {}", term.name, to_text(term),
                      version()),
          "a post is ended, not deleted: write it again with successor = \"POST\"");
    if (term.kind == RoleTerm::Kind::body) check_body(term.name);
    if (term.kind == RoleTerm::Kind::agency && !may) check_role(term);
  }

  // S1.3: an agency that is added exists at once for what runs, so each must have the post.
  void check_role(const RoleTerm& term) {
    for (const auto& [id, agency] : now_.agencies) {
      if (agency.successor) continue;
      const auto has_role = [&, &agency_id = id](const auto& entry) {
        return entry.second.agency == agency_id && entry.second.role == term.name;
      };
      const bool has = std::any_of(now_.posts.begin(), now_.posts.end(), has_role);
      if (!has)
        add("agency." + id,
            fmt::format("no post of '{}' has the role '{}', and '{}' stands in {}", id, term.name,
                        to_text(term), version()),
            "add one, or write the one that was there again with successor = \"POST\"",
            agency.place);
    }
  }

  void check_body(const std::string& name) {
    const auto body = now_.bodies.find(name);
    if (body == now_.bodies.end())
      add("body." + name, fmt::format("the body '{}' is gone, and it stands in {}", name, version()),
          "write it again, or move those items first (assured migrate-programme)");
    else if (body->second.members.empty())
      add("body." + name,
          fmt::format("the body '{}' has no members, and it stands in {}", name, version()),
          "name its members", body->second.place);
  }

  // The present wording in an older version's slots.
  void check_wordings(const Definition& definition) {
    for (const auto& [name, def] : definition.templates) {
      reading::Mistakes found;
      reading::check_wording({definition, now_, found}, def);
      for (Mistake& mistake : found.take())
        add(mistake.key, fmt::format("{}, in {}", mistake.message, version()),
            "word it without, or move those items first (assured migrate-programme)",
            mistake.place);
    }
  }

  const Establishment& now_;
  std::string version_;
  std::set<std::string> told_;
  std::vector<Mistake> mistakes_;
};

}  // namespace

StoredNeeds load_stored_needs(BoardReader& reader, Date today) {
  Needs needs{reader};
  needs.add_obligations();
  needs.add_items();
  needs.add_prompts();
  needs.add_holdings(today);
  needs.add_meetings();
  return std::move(needs.needs);
}

std::vector<Mistake> check_establishment_against(
    const Establishment& now,
    const std::map<std::string, std::shared_ptr<const Definition>, std::less<>>& pinned,
    const StoredNeeds& needs) {
  Against against{now};
  against.check_needs(needs);
  for (const auto& [digest, definition] : pinned) against.check_definition(digest, *definition);
  return against.take();
}

}  // namespace assured
