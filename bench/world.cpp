#include "bench/world.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

#include "config/programme_files.hpp"
#include "store/store.hpp"

namespace assured::bench {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t actions_a_write = 500;
// That the programme looks for at each agency; each stands above the next.
constexpr std::array works_roles{"board-member", "director", "lead", "service-manager", "team-manager", "practitioner"};
constexpr const char* team = "the-team";  // holds the board's own posts

template <class T>
T value_of(Result<T> result) {
  if (!result) throw std::runtime_error("bench: " + result.error().message);
  return std::move(*result);
}

Instant at(const char* text) { return *parse_instant(text); }

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream file{path};
  file << text;
  if (!file) throw std::runtime_error("bench: cannot write " + path.string());
}

std::string board_name(std::size_t n) { return fmt::format("board-{}", n); }

std::vector<config::ProgrammeSource> sources_of(const std::vector<fs::path>& folders) {
  std::vector<config::ProgrammeSource> sources;
  for (const fs::path& folder : folders) sources.push_back({folder, {}});
  return sources;
}

std::string owner_post(std::size_t n) { return fmt::format("works/owner-{}", n); }

fs::path make_programme(std::size_t owners, const std::string& board, const fs::path& work) {
  const fs::path folder = work / fmt::format("programme-{}-{}", board, owners);
  fs::remove_all(folder);
  fs::create_directories(work);
  fs::copy(ASSURED_SOURCE_DIR "/config/programmes/city-and-hackney", folder, fs::copy_options::recursive);
  std::string posts = "[agency.works]\ntitle = \"Works Department\"\ndomains = [\"works.example\"]\n";
  std::string above = "independent-chair";
  for (const char* role : works_roles) {
    posts += fmt::format("[agency.works.post.{0}]\ntitle = \"{0}, Works\"\nabove = \"{1}\"\n", role, above);
    above = fmt::format("works/{}", role);
  }
  for (std::size_t i = 0; i < owners; ++i)
    posts += fmt::format("[agency.works.post.owner-{0}]\ntitle = \"Officer {0}, Works\"\nabove = \"works/director\"\n", i);
  write_text(folder / "works.toml", posts);
  if (board == board_id) return folder;
  const fs::path establishment = folder / "establishment.toml";
  std::string text = config::read_text_file(establishment, 1'000'000);
  const std::string named = fmt::format("board = \"{}\"", board_id);
  const auto named_at = text.find(named);
  if (named_at == std::string::npos) throw std::runtime_error("bench: the programme's board is called otherwise");
  write_text(establishment, text.replace(named_at, named.size(), fmt::format("board = \"{}\"", board)));
  return folder;
}

PeopleFile people_of(std::size_t owners) {
  PeopleFile people;
  const Date from = *parse_date("2025-01-01");
  const auto add = [&](const std::string& id, const std::string& mail, const std::vector<std::string>& posts) {
    people.persons.push_back({id, "Officer " + id, mail, "020 7946 0300"});
    for (const std::string& post : posts) people.holdings.push_back({id, post, from, std::nullopt});
  };
  add(team, "team@chscb.example",
      {"qa-officer", "qa-chair", "business-manager", "independent-chair", "administrator"});
  for (std::size_t i = 0; i < owners; ++i)
    add(fmt::format("owner-{}", i), fmt::format("owner-{}@works.example", i), {owner_post(i)});
  for (const char* role : works_roles)
    add(fmt::format("works-{}", role), fmt::format("{}@works.example", role), {fmt::format("works/{}", role)});
  return people;
}

// One action in progress, by commands: what the others are copies of.
struct Sample {
  Item plan, action;
  Obligation owed;
};

class Builder {
 public:
  Builder(OpenWorld& world, const WorldSpec& spec) : world_(world), spec_(spec) {}

  void build() {
    begin();
    const std::size_t plans = (spec_.actions + actions_a_plan - 1) / actions_a_plan;
    write_plans(plans);
    for (std::size_t n = 0; n < spec_.actions; n += actions_a_write)
      write_actions(n, std::min(spec_.actions, n + actions_a_write));
  }

 private:
  Outcome apply_one(const char* event, ItemId item, const char* person,
                    std::map<std::string, std::string> fields) {
    Command command;
    command.board = spec_.board;
    command.item = item;
    command.event = event;
    command.fields = std::move(fields);
    command.caller.person = person;
    const auto tx = world_.store->begin();
    Outcome outcome = value_of(apply(*tx, *world_.programmes.get(), command, built_at()));
    tx->commit();
    return outcome;
  }

  void load() {
    const auto tx = world_.store->begin();
    Caller caller;
    caller.person = team;
    if (auto loaded = load_people(*tx, *world_.programmes.get(), spec_.board, people_of(spec_.owners), caller, built_at());
        !loaded)
      throw std::runtime_error("bench: " + loaded.error().message);
    // The plan's review waits for a meeting, which is further away than people may plan one.
    Meeting meeting;
    meeting.body = "qa-subgroup";
    meeting.start = at("2036-06-01T10:00:00Z");
    tx->board(spec_.board).write_meeting(head(), meeting, built_at());
    tx->commit();
  }

  void begin() {
    load();
    const ItemId plan = apply_one("begin-plan", {}, team, {}).item;
    const ItemId action =
        apply_one("propose-action", plan, team,
                  {{"scope", "systemic"}, {"source_kind", "learning-review"}, {"owner_post", owner_post(0)},
                   {"action_text", "Publish the revised pathway to all 14 teams and audit 20 files by June"},
                   {"measure", "20 of 20 files show the pathway was followed"},
                   {"intended_outcome", "Children are seen within a day"}, {"due_date", "2036-05-01"}})
            .item;
    apply_one("agree-action", action, user, {{"realism", "Two officers have the time set aside for it"}});
    apply_one("ratify", action, team, {});
    const auto reader = world_.store->reader(spec_.board);
    sample_.plan = *reader->find_item(plan);
    sample_.action = *reader->find_item(action);
    for (const Obligation& o : reader->obligations_of(action))
      if (o.is_open()) sample_.owed = o;
    if (!sample_.owed.id || sample_.action.state != "in-progress")
      throw std::runtime_error("bench: the programme's actions are not what they were");
  }

  void write_plans(std::size_t count) {
    const auto tx = world_.store->begin();
    BoardWriter& writer = tx->board(spec_.board);
    first_plan_ = writer.take_ids().next_item;
    Decision decision;
    for (std::size_t i = 0; i < count; ++i) {
      Item plan = sample_.plan;
      plan.id = ItemId{first_plan_ + static_cast<std::int64_t>(i)};
      plan.reference = fmt::format("BPL-{}", i);
      if (plan.root == sample_.plan.id) plan.root = plan.id;
      decision.items.push_back({std::nullopt, std::move(plan)});
    }
    write(*tx, writer, decision);
  }

  void write_actions(std::size_t from, std::size_t to) {
    const auto tx = world_.store->begin();
    BoardWriter& writer = tx->board(spec_.board);
    std::int64_t next_obligation = writer.take_ids().next_obligation;
    Decision decision;
    for (std::size_t n = from; n < to; ++n) {
      Item action = sample_.action;
      action.id = action_id(spec_, n);
      action.reference = fmt::format("BAC-{}", n);
      action.parent = ItemId{first_plan_ + static_cast<std::int64_t>(n / actions_a_plan)};
      if (action.root == sample_.plan.id) action.root = action.parent;
      const std::string post = owner_post(n % spec_.owners);
      action.fields["owner_post"] = FieldValue{FieldClass::internal, Value{post}};
      Obligation owed = sample_.owed;
      owed.id = ObligationId{next_obligation++};
      owed.item = action.id;
      owed.owed_by = "post:" + post;
      date(n, action, owed);
      decision.items.push_back({std::nullopt, std::move(action)});
      decision.obligations.push_back({std::nullopt, std::move(owed)});
    }
    write(*tx, writer, decision);
  }

  // Sets when it is due, and which rung of the ladder `actions` fires first.
  void date(std::size_t n, Item& action, Obligation& owed) {
    constexpr int on_the_day = 4, day_after = 5;
    Date due = *parse_date("2035-09-03");
    owed.first_rung = on_the_day;
    owed.next_at = at("2035-09-03T08:00:00Z");
    if (spec_.dates == Dates::tonight) {
      due = *parse_date("2026-09-01");
      owed.first_rung = day_after;
      owed.next_at = night();
    } else if (n < 100'000) {
      due = *parse_date(n < 1000 ? "2031-01-06" : "2031-02-03");
      owed.next_at = n < 1000 ? first_due() : many_due();
    }
    owed.due_at = at_local(due, TimeOfDay{std::chrono::hours{17}}, *zone_);
    owed.first_due_at = owed.due_at;
    action.fields["due_date"] = FieldValue{FieldClass::internal, Value{due}};
    action.fields["original_due_date"] = action.fields["due_date"];
  }

  static JournalHead head() {
    JournalHead head;
    head.actor = "system";
    head.kind = "bench";
    head.occurred_at = built_at();
    return head;
  }

  void write(WriteTx& tx, BoardWriter& writer, const Decision& decision) {
    writer.write(head(), decision, built_at());
    tx.commit();
  }

  OpenWorld& world_;
  const WorldSpec& spec_;
  const std::shared_ptr<const Zone> zone_ = world_.programmes.get()->get_board(spec_.board).zone;
  Sample sample_;
  std::int64_t first_plan_ = 0;
};

}  // namespace

Instant built_at() { return at("2026-01-05T10:00:00Z"); }
Instant working_at() { return at("2026-06-01T10:00:00Z"); }
Instant idle_at() { return at("2031-01-06T08:59:00Z"); }
Instant first_due() { return at("2031-01-06T09:00:00Z"); }
Instant many_due() { return at("2031-02-03T09:00:00Z"); }
Instant night() { return at("2026-09-02T08:00:00Z"); }

ItemId action_id(const WorldSpec& spec, std::size_t n) {
  // Behind the samples and the plans.
  const std::size_t plans = (spec.actions + actions_a_plan - 1) / actions_a_plan;
  return ItemId{static_cast<std::int64_t>(3 + plans + n)};
}

WorldFiles make_world(const WorldSpec& spec, const fs::path& work) {
  WorldFiles files;
  files.programme = make_programme(spec.owners, spec.board, work);
  files.state = work / fmt::format("world-{}-{}-{}", spec.actions, spec.owners,
                                   spec.dates == Dates::later ? "later" : "tonight");
  if (fs::exists(database_path(files.state))) return files;
  const fs::path part = files.state.string() + ".part";  // one that was cut off is not taken for a world
  fs::remove_all(part);
  fs::create_directories(part);
  {
    OpenWorld world{{files.programme}, part, built_at()};
    Builder{world, spec}.build();
  }
  fs::rename(part, files.state);
  return files;
}

BoardsFiles make_boards(std::size_t count, WorldSpec each, const fs::path& work) {
  BoardsFiles files;
  files.state = work / fmt::format("world-of-{}-boards", count);
  for (std::size_t i = 0; i < count; ++i)
    files.programmes.push_back(make_programme(each.owners, board_name(i), work));
  fs::remove_all(files.state);
  fs::create_directories(files.state);
  OpenWorld world{files.programmes, files.state, built_at()};
  for (std::size_t i = 0; i < count; ++i) {
    each.board = board_name(i);
    Builder{world, each}.build();
  }
  return files;
}

fs::path copy_state(const WorldFiles& world, const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  fs::copy_file(database_path(world.state), database_path(folder));
  ::sync();  // or the disk is busy with the copy while something is measured
  return folder;
}

OpenWorld::OpenWorld(const std::vector<fs::path>& folders, const fs::path& state, Instant now)
    : clock(now),
      store(store::open_store({.path = database_path(state).string()})),
      programmes(open_boards(*store, sources_of(folders), zones, now, {})),
      renderer("board@board.example"),
      files(state / "files"),
      scheduler(*store, programmes),
      planner(*store, programmes, renderer, {"a key of the bench", "board.example"}),
      writer(*store, programmes, clock, [] {}),
      api{*store,
          files,
          programmes,
          writer,
          clock,
          [](uid_t, std::string_view) -> std::optional<std::string> { return user; },
          [](uid_t) { return false; },
          [] { return web::Health{}; }} {}

}  // namespace assured::bench
