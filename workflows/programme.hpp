// A board's programme as data (SEMANTICS.md 1 and 18): the definition, which items pin, and the
// establishment, which is always current. Parsed and checked by parse_programme(); a value of this
// type has passed every check.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/deadline.hpp"
#include "workflows/value.hpp"

namespace assured {

struct SourcePlace {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// ---------------------------------------------------------------------------------------------
// Role terms (S3.4)

// Who is meant, seen from an item: `owner`, `owner.above`, `owner.above2`, `assigned:auditor`,
// `agency:lead` (the item's own agency), `board:qa-officer`, `body:executive` (its member posts),
// `field:raised_by` (the post that an own field holds),
// `anyone` (only in `by`: any person who holds a post), `system` (only for auto and time).
struct RoleTerm {
  enum class Kind { owner, owner_above, owner_above2, assigned, agency, board, body, field, anyone };
  Kind kind = Kind::owner;
  std::string name;  // role, post id of the board, body, or field
  bool operator==(const RoleTerm&) const = default;
  auto operator<=>(const RoleTerm&) const = default;
};
std::string to_text(const RoleTerm& term);
// The term that to_text() writes so; nothing for any other text.
std::optional<RoleTerm> parse_role_term(std::string_view text);

// ---------------------------------------------------------------------------------------------
// Guards: a closed set, structured, each able to say what is missing (DESIGN.md 5)

struct Where {
  std::vector<std::string> states;            // empty: any
  std::map<std::string, std::string> fields;  // indexed fields only (S2.5), stored text
  bool operator==(const Where&) const = default;
  auto operator<=>(const Where&) const = default;
};

struct Guard;
using Guards = std::vector<Guard>;

struct Guard {
  enum class Kind {
    field,        // `field` is set; with one of the refinements below
    count,        // descendants of kind `of` matching `where`: at_least / at_most / exactly
    all,          // every descendant of kind `of` (and at least one) is in `states`
    independent,  // assignee of `role` is none of `others`, nor the post above theirs (CH-17, S3.3)
    assigned,     // somebody is assigned as `role`; who may be asked to be independent (below)
    approved_by,  // an approval by each of `names` is recorded on the item
    seconded,     // approval `names[0]` is recorded by a person other than the event's actor
    not_by,       // the event's actor (and for_post) is none of role terms `terms`
    outside,      // actor and for_post hold no post in the item's agency, now or in the look-back
    reason,       // the event gives a reason
    meeting_held, // a meeting of body `of` was held since the item entered its state
    linked,       // the item has a link of kind `of`
    file,         // a document of kind `of` is attached to the item
    any, all_of, not_
  };
  Kind kind = Kind::field;
  SourcePlace place;

  std::string field;                  // field; file: a number that must be one of its versions
  std::optional<std::string> equals;  // field: stored text
  std::vector<std::string> one_of;    // field: one of these stored texts
  std::optional<Span> within;         // field (date): at most this before `before`, or after `after`
  std::optional<Span> outside_of;     // field (date): longer than this before `before`
  std::string before;                 // field: name of a field of the item or an ancestor, or "now"
  std::string after;                  // field (date): later than this field, or than "now"
  std::string not_after;              // field (date): not later than this field, or than "now"
  bool specific = false;              // field (text): without weak verbs (SMART)

  std::string of;                     // count, all: kind; meeting_held: body; linked, file: its kind
  Where where;                        // count
  bool below_parent = false;          // count, of a start: below the parent, the new item too
  std::optional<int> at_least, at_most, exactly;
  std::vector<std::string> states;    // all: `in`

  std::string role;                   // independent, assigned
  std::vector<std::string> others;    // independent: roles that must not be the same human
  std::string unless_field;           // independent: a text field that says why none is recorded
  std::optional<Span> look_back;      // independent, outside
  bool board_member = false;          // assigned: holds a post of the board
  bool no_agency = false;             // assigned: holds no post of an agency
  bool since_entry = false;           // not_by: nor who was it when the item came into its state

  std::vector<std::string> names;     // approved_by, seconded
  std::vector<RoleTerm> terms;        // not_by; assigned: `none_of`
  Guards inner;                       // any, all_of, not_

  std::string says;                   // the board's own sentence for what is missing; may be empty
};

// ---------------------------------------------------------------------------------------------
// Effects

// How a ladder, or a word to somebody, is sent: A unsafe practice, B professional disagreement,
// C chasing.
enum class Family { a, b, c };
std::string_view to_text(Family f);  // "A", "B", "C"

// What an event forgets comes first, then the fields it gives, whom it names and what it links; then the
// guards are asked, and what it sets or counts itself comes after them.
// The value of a `set` that stands for the post of whoever acts.
inline constexpr std::string_view acting_post = "acting-post";

struct Effect {
  enum class Kind {
    create,     // child items of kind `of`: one, or one for each agency in field `each`; `to` and
                // `template_name` tell roles of each child at once
    cascade,    // event `event` on descendants of kind `of` that have it in their state
    tell,       // prompts to `to` with `template_name`, now
    set,        // own field `field` := event time ("now"), stored text, or field `from`
    clear,      // own field `field` := unset, before the event's own fields are taken
    increment,  // own number field += 1
    assign,     // the event names a person for `role`; recorded as an assignment
    unassign,   // ends the assignment of `role`
    approve,    // records an approval `name`, by the event's actor
    link        // the event names an item; recorded as a link of kind `of`
  };
  Kind kind = Kind::tell;
  SourcePlace place;
  std::string of;
  std::string each;
  std::string event;
  std::vector<RoleTerm> to;
  std::string template_name;
  std::string field;
  std::string value;  // set: stored text; "now" for date and instant fields; `acting_post`
  std::string from;   // set: another own field
  std::string role;
  std::string name;
  Family family = Family::c;  // tell: A goes out at once, day and night
  bool optional = false;  // assign, link: the event may leave it out
  std::map<std::string, std::string> copy;  // create: child field -> own field
};

// ---------------------------------------------------------------------------------------------
// Kinds

struct FieldDef {
  std::string name;
  std::string title;
  FieldType type = FieldType::text;
  FieldClass field_class = FieldClass::protected_;
  bool indexed = false;
  std::vector<std::string> values;  // enumeration
  SourcePlace place;
};

struct StateDef {
  std::string name;
  std::string title;
  std::optional<RoleTerm> owner;  // none only when final
  bool final = false;
  SourcePlace place;
};

// What opens or closes an obligation: entering/leaving a state, or an event's success.
struct Trigger {
  enum class Kind { state, event } kind = Kind::state;
  std::string name;
  bool operator==(const Trigger&) const = default;
};

struct ObligationDef {
  std::string name;
  std::vector<Trigger> opens_on;
  std::vector<Trigger> closes_on;
  RoleTerm owed_by;
  std::optional<RoleTerm> fallback;  // required when owed_by is assigned:*
  DueRule due;
  std::optional<DueRule> due_again;  // for round 2 and later
  std::string ladder;
  Family family = Family::c;
  std::string source;          // the policy document and version, or "local policy, to be confirmed"
  bool keeps_rung = false;     // round 2 goes on at the rung round 1 had reached (S15.2)
  std::string of_state;        // the state whose `deadline` this is (S2.2); empty: declared by itself
  SourcePlace place;
};

struct TransitionDef {
  std::vector<std::string> from;  // states; empty means every state that is not final ("*")
  bool from_any = false;
  std::string event;              // "time" for one tied to an obligation's expiry
  std::optional<std::string> to;  // none: the state stays
  std::string title;              // what the button says
  std::vector<RoleTerm> by;       // empty only with auto or event = "time"
  Guards requires_;
  std::vector<Effect> effects;
  std::vector<std::string> takes; // fields the event may set
  bool auto_ = false;             // S8.1
  bool excuse = false;            // S8.2: takes a child past a join gate; needs a reason
  std::string expires;            // event = "time": the obligation whose due instant moves the item
  std::string ready_template;     // S8.1: the owner's prompt when the guards become true
  SourcePlace place;
};

// How an item of a kind comes to be (S9.1): an event on no item, or on the parent in any state.
struct StartDef {
  std::string event;
  std::string title;
  std::vector<RoleTerm> by;
  std::vector<std::string> parent_in;  // states of the parent; empty: every state, final ones too
  Guards requires_;
  std::vector<Effect> effects;
  std::vector<std::string> takes;
  SourcePlace place;
};

// A document that items of a kind may carry; always protected unless said otherwise.
struct FileDef {
  std::string name;
  std::string title;
  FieldClass file_class = FieldClass::protected_;
  std::vector<std::string> types;  // of file_types
  std::size_t mb_max = 20;
  SourcePlace place;
};
// What can be told apart by its first bytes, or is plain text.
inline constexpr std::array<std::string_view, 9> file_types{"pdf", "docx", "xlsx", "odt", "ods",
                                                            "png", "jpg",  "txt",  "csv"};
inline constexpr std::size_t file_mb_max = 50;

// How items of a kind are rated by their dates, beside the owner's own word (DOMAIN.md 3.2).
struct RatingDef {
  std::string own;                    // field with the owner's own rating; may be empty
  std::vector<std::string> own_well;  // its answers that claim all is well
  Span amber_within;                  // amber when the nearest due date is no further than this
  std::vector<std::string> grey;      // states that do not count yet
  std::vector<std::string> blue;      // states that are finished and signed off
  std::map<std::string, std::string> legend;  // colour -> what it means on this board
  std::string source;
  SourcePlace place;
};

struct KindDef {
  std::string name;
  std::string title;
  std::string parent;       // kind; empty for a root
  std::string initial;
  std::string agency_from;  // field (type post or agency text) that gives the item's agency; may be empty
  // An item that a person starts begins with the current definition, whatever its parent is on: a new
  // concern is never followed by rules that the board has since mended (S1.2).
  bool always_current = false;
  bool board_only = false;  // agencies do not see items of this kind that are not their own
  std::vector<std::string> seen_by;  // own fields of type post, whose agencies see the item as their own
  std::string owner_field;  // field of type post that owns items of this kind; `owner` resolves to it
  std::vector<StateDef> states;
  std::vector<FieldDef> fields;
  std::vector<ObligationDef> obligations;
  std::vector<TransitionDef> transitions;
  std::optional<StartDef> start;
  std::optional<RatingDef> rating;
  std::vector<FileDef> files;
  SourcePlace place;

  const StateDef* find_state(std::string_view state) const;
  const FieldDef* find_field(std::string_view field) const;
  const ObligationDef* find_obligation(std::string_view obligation) const;
};

// ---------------------------------------------------------------------------------------------
// Ladders and templates

struct RungDef {
  Span at;                   // relative to the due instant; <= 0 a reminder, > 0 an escalation
  std::vector<RoleTerm> to;
  std::string template_name;
  std::optional<Span> repeat_every;  // until the obligation closes
  SourcePlace place;
  bool is_escalation() const { return at.count > 0; }
};

inline constexpr Span suspend_max_default{20, Unit::working_days};

struct LadderDef {
  std::string name;
  Family family = Family::c;
  std::optional<Span> ack_max;  // S15.1: none means it cannot be acknowledged
  Span suspend_max = suspend_max_default;  // at a time; family A: 24 h whatever stands here (S5.3)
  std::vector<RungDef> rungs;   // in order of time
  SourcePlace place;
};

// S10.6. What a template may show; checked at load against the closed list of slot names.
struct TemplateDef {
  std::string name;
  std::vector<std::string> slots;
  SourcePlace place;
};

// The wording, which a board may edit: part of the establishment (S1.3).
struct TemplateText {
  std::string subject;
  std::string text;
  SourcePlace place;
};

// ---------------------------------------------------------------------------------------------
// Establishment

// How many successors a post or agency is followed through; a longer chain is refused at load.
inline constexpr int successors_max = 3;

struct AgencyDef {
  std::string id;
  std::string title;
  std::vector<std::string> domains;      // addresses of its people must be in one of these
  std::optional<std::string> successor;  // S1.3: ended with a named successor, never deleted
  SourcePlace place;
};

struct PostDef {
  std::string id;      // "nhs-sussex/named-nurse"; a board's own post has no slash: "qa-officer"
  std::string title;
  std::string agency;  // empty: the board's own
  std::string role;    // the <role> of agency:<role>; a board post's role is its id
  std::string above;   // post id; empty at the top
  std::string mailbox; // shared address of the post; may be empty
  std::optional<std::string> successor;
  SourcePlace place;
};

struct BodyDef {
  std::string id;
  std::string title;
  std::vector<std::string> aliases;
  std::vector<std::string> members;  // post ids
  // S7.3: who sets the next date when none is planned, how soon, and by which ladder they are chased.
  RoleTerm set_date_by;
  Span set_date_within;
  std::string set_date_ladder;
  std::string source;
  SourcePlace place;
};

struct AreaDef {
  std::string id;
  std::string title;
};

// S3.5: who names somebody for a post that a rung found empty.
struct VacancyRule {
  RoleTerm owed_by;
  Span within;
  std::string ladder;
  std::string source;
};

struct Contact {  // whom to ring or write to; printed in every mail (S10.7)
  std::string name;
  std::string phone;
  std::string mail;
  std::string urgent_phone;  // numbers to call for immediate risk
};

struct Definition {
  int format = 1;
  std::string digest;  // BLAKE2b of the text, hex; set by whoever stores it
  std::map<std::string, KindDef, std::less<>> kinds;
  std::map<std::string, LadderDef, std::less<>> ladders;
  std::map<std::string, TemplateDef, std::less<>> templates;
  std::vector<std::string> link_kinds = {"source", "follows", "duplicates", "supports"};
  Span correct_within;            // S9.2
  VacancyRule vacancy;
  // Templates the engine itself uses, [notices] in the file.
  std::string moved_template;      // S5.3: an escalated deadline moved later
  std::string hand_over_template;  // S3.4: a post with open obligations has a new holder
  // The same two for obligations of family A, which show no more than its slots (S10.6). Empty only
  // when no ladder is of family A.
  std::string moved_template_urgent, hand_over_template_urgent;

  const KindDef* find_kind(std::string_view kind) const;
};

struct Establishment {
  std::string board;
  std::string title;
  std::string zone_name;
  SourcePlace zone_place;  // whether there is such a zone only the machine knows
  Nation nation = Nation::england_and_wales;
  TimeOfDay close_of_day{}, morning{};
  TimeOfDay window_from{}, window_to{};
  TimeOfDay office_from{}, office_to{};
  bool day_zero = false;
  Contact contact;
  std::map<std::string, AreaDef, std::less<>> areas;
  std::map<std::string, BodyDef, std::less<>> bodies;
  std::map<std::string, AgencyDef, std::less<>> agencies;
  std::map<std::string, PostDef, std::less<>> posts;
  std::map<std::string, TemplateText, std::less<>> texts;

  const PostDef* find_post(std::string_view post) const;
  // By id, title or alias, as people write it; small and capital letters are one.
  const BodyDef* find_body(std::string_view named) const;
};

struct Programme {
  Definition definition;
  Establishment establishment;
  // The files that hold the definition, each after a line "#%file NAME", as stored under the digest.
  // A file with nothing but establishment is left out, so that a new agency makes no new version.
  std::string text;
};

// ---------------------------------------------------------------------------------------------
// Reading

struct SourceText {
  std::string file;  // as shown in mistakes
  std::string text;
};

// One thing that is wrong, and what would be right.
struct Mistake {
  SourcePlace place;
  std::string key;      // dotted path of the key: "kind.return.transition[2].to"
  std::string message;  // what is wrong
  std::string remedy;   // what would be right; may be empty
};
// "city.toml:12:5: kind.return.state.allocated.owner: there is no role ... (write ...)"
std::string to_text(const Mistake& mistake);

struct ProgrammeReading {
  std::optional<Programme> programme;  // only when there is no mistake
  std::vector<Mistake> mistakes;       // all of them, in order of place
};

// Reads the TOML files of one programme (tables of the same name may be spread over files) and the
// templates (`NAME.mustache` files), checks everything, and reports every mistake at once.
// `programme_bytes_max` bounds each file. Pure: takes texts, never paths.
struct ProgrammeLimits {
  std::size_t file_bytes_max = 2 * 1024 * 1024;
};
ProgrammeReading parse_programme(const std::vector<SourceText>& toml_files,
                                 const std::vector<SourceText>& template_files,
                                 const ProgrammeLimits& limits = {});

// Reads a pinned definition back from Programme::text, as stored under its digest (S1.2). It passed
// every check when it was stored, so only its form is looked at; what the establishment's tables say
// is passed over. The digest is left empty.
// Errors: invalid, with the first mistake.
Result<Definition> parse_definition(std::string_view text);

// The same state machines drawn: Graphviz, or Mermaid for a page. One graph a kind.
std::string to_dot(const Definition& definition);
std::string to_mermaid(const Definition& definition);

}  // namespace assured
