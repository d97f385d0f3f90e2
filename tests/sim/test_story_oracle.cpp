// Both stories against the oracle: what the real engine, store and scheduler made of each
// obligation's ladder is what SEMANTICS.md says, minute by minute.
#include <algorithm>
#include <boost/json.hpp>
#include <map>
#include <set>
#include <sstream>

#include "daemon/system_zones.hpp"
#include "store/store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/played_story.hpp"
#include "workflows/roles.hpp"

namespace json = boost::json;
using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

// One obligation as the story's lines tell it.
struct Told {
  std::string name;  // of the item and the obligation
  std::string ladder;
  Family family = Family::c;
  int first_rung = 0;
  OracleTimeline line;
  std::vector<std::pair<Instant, std::string>> owed_by;
  std::vector<Said> prompts;
};

struct OneNotice {
  Instant at;
  std::int64_t obligation = 0;
  std::string rung;
  std::string text;
};

class StoryOracle {
 public:
  explicit StoryOracle(const std::string& name) : shipped_(read_shipped_story(name)) {
    const auto& programme = *shipped_.programme;
    zone_ = *SystemZones{}.find_zone(programme.establishment.zone_name);
    store_ = store::open_temporary_store(1);
    StoryRun run;
    run.programme = shipped_.programme;
    run.people = shipped_.people;
    run.store = store_.get();
    run.verify_journal = false;
    run.out = [this](const std::string& line) { read(json::parse(line).as_object()); };
    const auto result = run_story(shipped_.story, run, SystemZones{});
    REQUIRE(result);
    INFO(result->failure);
    REQUIRE(result->ok);
    reader_ = store_->reader(programme.establishment.board);
    people_ = *reader_->load_people();
    calendar_ =
        std::make_unique<Calendar>(programme.establishment.nation, reader_->calendar_overrides());
  }

  // Disagreements, each in words. Counts what was compared.
  std::string compare() {
    std::ostringstream wrong;
    for (auto& [id, told] : obligations_) {
      const auto expected = expect(id, told);
      std::sort(told.prompts.begin(), told.prompts.end());
      compared_ += expected.size();
      said_[id] = expected;
      if (expected == told.prompts) continue;
      wrong << told.name << " (obligation " << id << ", ladder " << told.ladder << ")\n";
      for (const Said& s : expected)
        if (std::find(told.prompts.begin(), told.prompts.end(), s) == told.prompts.end())
          wrong << "  only the oracle: " << shown(s) << "\n";
      for (const Said& s : told.prompts)
        if (std::find(expected.begin(), expected.end(), s) == expected.end())
          wrong << "  only the engine: " << shown(s) << "\n";
    }
    compare_notices(wrong);
    compare_vacancies(wrong);
    return wrong.str();
  }

  std::size_t obligations() const { return obligations_.size(); }
  std::size_t compared() const { return compared_; }
  std::size_t notices() const { return notices_.size(); }
  std::size_t vacancies() const { return vacancies_; }
  bool has(const std::string& what) const { return kinds_.contains(what); }

 private:
  // --- the story's lines

  Instant local(std::string_view text) const {
    const auto time = parse_local_time(text);
    REQUIRE(time);
    return zone_->to_instant(*time);
  }
  static std::optional<Instant> instant(const json::value& value) {
    if (value.is_null()) return std::nullopt;
    const auto at = parse_instant(std::string_view{value.as_string()});
    REQUIRE(at);
    return *at;
  }
  static std::string text(const json::object& line, const char* key) {
    const auto* value = line.if_contains(key);
    return value == nullptr ? std::string{} : std::string{std::string_view{value->as_string()}};
  }

  void read(const json::object& line) {
    const std::string what = text(line, "what");
    kinds_.insert(what);
    const Instant at = local(text(line, "at"));
    end_ = std::max(end_, at);
    if (what == "prompt" || what == "prompt-superseded" || what == "notice")
      return read_message(what, line, at);
    const auto* id = line.if_contains("id");
    if (id == nullptr || text(line, "obligation").empty()) return;
    Told& told = obligations_[id->as_int64()];
    OracleTimeline& times = told.line;
    if (what == "opened") {
      told.name = text(line, "item") + ": " + text(line, "obligation");
      told.ladder = text(line, "ladder");
      const std::string family = text(line, "family");
      told.family = family == "A" ? Family::a : family == "B" ? Family::b : Family::c;
      told.first_rung = static_cast<int>(line.at("first_rung").as_int64());
      times.opened = *instant(line.at("opened_at"));
      times.due = instant(line.at("due"));
      told.owed_by.emplace_back(times.opened, text(line, "owed_by"));
      // Recorded later than it occurred: until then nobody could speak of it.
      if (times.opened < at) times.holds.push_back({times.opened, at});
    } else if (what == "moved") {
      times.moves.push_back({at, instant(line.at("due"))});
    } else if (what == "held") {
      times.holds.push_back({at, *instant(line.at("until"))});
    } else if (what == "owed-by") {
      told.owed_by.emplace_back(at, text(line, "owed_by"));
    } else if (what == "closed") {
      times.closed = at;
    } else if (what == "reopened") {
      // Closed by mistake: as if nobody had been able to speak in between.
      REQUIRE(times.closed);
      times.holds.push_back({*times.closed, at});
      times.closed.reset();
    }
  }

  void read_message(const std::string& what, const json::object& line, Instant at) {
    const auto* id = line.if_contains("obligation_id");
    if (id == nullptr) return;
    const std::string rung = text(line, "rung");
    if (rung == "now" || rung == "ready" || rung == "moved" || rung == "hand-over") return;
    if (what == "notice") {
      notices_.push_back({at, id->as_int64(), rung, json::serialize(line)});
    } else if (what == "prompt-superseded") {
      superseded_.emplace(id->as_int64(), rung);
    } else {
      Told& told = obligations_[id->as_int64()];
      const auto [index, cycle] = rung_of(told, rung);
      told.prompts.push_back({at, text(line, "to"), index, cycle});
    }
  }

  const LadderDef& ladder(const Told& told) const {
    return shipped_.programme->definition.ladders.at(told.ladder);
  }
  // "+1wd#2": the rung's index, and the cycle.
  std::pair<int, int> rung_of(const Told& told, std::string rung) const {
    int cycle = 0;
    if (const auto hash = rung.find('#'); hash != std::string::npos) {
      cycle = std::stoi(rung.substr(hash + 1));
      rung.resize(hash);
    }
    const auto at = parse_span(rung, true);
    REQUIRE(at);
    const auto& rungs = ladder(told).rungs;
    for (std::size_t i = 0; i < rungs.size(); ++i)
      if (rungs[i].at == *at) return {static_cast<int>(i), cycle};
    FAIL("no rung " << rung << " in " << told.ladder);
    return {};
  }

  // --- the oracle

  std::vector<Said> expect(std::int64_t id, const Told& told) {
    const auto& programme = *shipped_.programme;
    const auto obligation = reader_->find_obligation(ObligationId{id});
    REQUIRE(obligation);
    const auto item = reader_->find_item(obligation->item);
    REQUIRE(item);
    const auto assignments = reader_->assignments_of({item->id});
    OracleLadder oracle;
    oracle.family_a = told.family == Family::a;
    oracle.first_rung = told.first_rung;
    for (const RungDef& rung : ladder(told).rungs)
      oracle.rungs.push_back({rung.at, rung.repeat_every});
    oracle.debtor = [&](Instant now) {
      std::string owed_by;
      for (const auto& [since, party] : told.owed_by)
        if (since <= now) owed_by = party;
      return owed_by;
    };
    oracle.readers = [&](int rung, Instant now) {
      std::vector<Assignment> then;
      for (Assignment a : assignments)
        if (a.from <= now && (!a.to || now < *a.to)) {
          a.to.reset();
          then.push_back(a);
        }
      const RoleScope scope{programme.establishment, programme.definition, *item, then, people_,
                            oracle.debtor(now)};
      const Date today = std::chrono::floor<std::chrono::days>(zone_->to_local(now));
      std::vector<std::string> names;
      for (const RoleTerm& term : ladder(told).rungs[static_cast<std::size_t>(rung)].to)
        for (const Party& party : resolve(term, scope))
          if (!contact_points(party, scope, today).empty()) names.push_back(to_text(party));
      return names;
    };
    OracleTimeline line = told.line;
    line.end = end_;
    for (const StoryDown& down : shipped_.story.downs)
      line.downtime.push_back({local(down.from), local(down.to)});
    const OracleClock clock{*zone_, *calendar_, programme.establishment.morning,
                            [this](Instant at) { return in_window(at); }};
    return play(oracle, line, clock);
  }

  // The first minute at which routine mail goes out.
  Instant in_window(Instant at) const {
    const auto& e = shipped_.programme->establishment;
    for (;; at += 1min) {
      const auto time = zone_->to_local(at);
      const Date date = std::chrono::floor<std::chrono::days>(time);
      if (calendar_->is_working_day(date) && time - date >= e.window_from &&
          time - date < e.window_to)
        return at;
    }
  }

  // Each notice stands for something that was said, as soon as mail of its family goes out; and
  // all that was said went out, unless it was superseded.
  void compare_notices(std::ostream& wrong) {
    std::set<std::pair<std::int64_t, std::string>> sent;
    for (const OneNotice& notice : notices_) {
      const Told& told = obligations_.at(notice.obligation);
      const auto [rung, cycle] = rung_of(told, notice.rung);
      const auto& said = said_[notice.obligation];
      sent.emplace(notice.obligation, notice.rung);
      const bool in_time =
          std::any_of(said.begin(), said.end(), [&, r = rung, c = cycle](const Said& s) {
            const Instant goes = told.family == Family::a ? s.at : in_window(s.at);
            return s.rung == r && s.cycle == c && goes == notice.at;
          });
      if (!in_time) wrong << "not in its time: " << notice.text << "\n";
    }
    for (const auto& [id, said] : said_)
      for (const Said& s : said) {
        const auto& def = ladder(obligations_.at(id)).rungs[static_cast<std::size_t>(s.rung)];
        std::string rung = (def.at.count > 0 ? "+" : "") + to_text(def.at);
        if (s.cycle > 0) rung += "#" + std::to_string(s.cycle);
        if (!sent.contains({id, rung}) && !superseded_.contains({id, rung}))
          wrong << "never sent: " << obligations_.at(id).name << " " << shown(s) << "\n";
      }
  }

  // S3.5: the board team owes a name for a post once, whatever finds it empty.
  void compare_vacancies(std::ostream& wrong) {
    std::map<std::string, std::vector<const Told*>> by_post;
    for (const auto& [id, told] : obligations_)
      if (const auto at = told.name.find(": name somebody: "); at != std::string::npos)
        by_post[told.name.substr(at)].push_back(&told);
    for (auto& [post, asked] : by_post) {
      std::sort(asked.begin(), asked.end(),
                [](auto* a, auto* b) { return a->line.opened < b->line.opened; });
      for (std::size_t i = 1; i < asked.size(); ++i) {
        const auto& closed = asked[i - 1]->line.closed;
        if (!closed || *closed > asked[i]->line.opened)
          wrong << "asked for twice: " << asked[i - 1]->name << " and " << asked[i]->name << "\n";
      }
      vacancies_ += asked.size();
    }
  }

  static std::string shown(const Said& s) {
    return to_text(s.at) + " " + s.to + " rung " + std::to_string(s.rung) + " cycle " +
           std::to_string(s.cycle);
  }

  ShippedStory shipped_;
  std::shared_ptr<const Zone> zone_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<BoardReader> reader_;
  People people_;
  std::unique_ptr<Calendar> calendar_;
  Instant end_{};
  std::set<std::string> kinds_;
  std::map<std::int64_t, Told> obligations_;
  std::map<std::int64_t, std::vector<Said>> said_;
  std::vector<OneNotice> notices_;
  std::set<std::pair<std::int64_t, std::string>> superseded_;
  std::size_t compared_ = 0;
  std::size_t vacancies_ = 0;
};

}  // namespace

TEST_CASE("the oracle says of the City & Hackney story what the engine did", "[story][oracle]") {
  StoryOracle story("city-and-hackney");
  CHECK(story.compare() == "");
  CHECK(story.obligations() >= 200);
  CHECK(story.compared() >= 150);
  CHECK(story.notices() >= 150);
  for (const char* what : {"moved", "held", "reopened", "closed", "hand-over", "close-day"})
    CHECK(story.has(what));
}

TEST_CASE("the oracle says of the self-assessment story what the engine did", "[story][oracle]") {
  StoryOracle story("self-assessment");
  CHECK(story.compare() == "");
  CHECK(story.obligations() >= 20);
  CHECK(story.compared() >= 20);
  CHECK(story.notices() >= 20);
  CHECK(story.vacancies() >= 1);
}
