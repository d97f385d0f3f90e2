// Boards to measure on: the shipped City & Hackney programme with one more agency, whose posts own the
// actions of its plans. The first plan and action are made by commands; the others are copies of them with
// their own ids, references, owners and dates, written through the store's port in transactions of many.
// Everything is the same in each run, but for references' and the journal's random parts.
#pragma once

#include <filesystem>
#include <string>

#include "daemon/boards.hpp"
#include "daemon/planner.hpp"
#include "daemon/sender.hpp"
#include "daemon/system_zones.hpp"
#include "daemon/writer.hpp"
#include "notifiers/renderer.hpp"
#include "store/file_store.hpp"
#include "web/api.hpp"

namespace assured::bench {

inline constexpr std::string_view board_id = "city-and-hackney";
inline constexpr std::size_t actions_a_plan = 500;

// When the actions of a world fall due.
enum class Dates {
  later,    // 1,000 on `first_due`, 99,000 on `many_due`, the others years after
  tonight,  // all are a working day late on `night`, each with one rung to fire then
};

struct WorldSpec {
  std::size_t actions = 0;
  std::size_t owners = 50;  // posts, each with a holder; actions are dealt out in turn
  Dates dates = Dates::later;
  std::string board{board_id};
};

// Instants of every world.
Instant built_at();    // before all others
Instant working_at();  // commands are carried out then; nothing is due
Instant idle_at();     // just before first_due
Instant first_due();
Instant many_due();
Instant night();

// The n-th action of a world, from 0; and what the board's one user of the machine is.
ItemId action_id(const WorldSpec& spec, std::size_t n);
// Holds the first owner's post. Actions 0, owners, 2 x owners, ... are theirs.
inline constexpr const char* user = "owner-0";

// A world as files, made at the first call and kept in `work`: its programme's folder, and a state folder.
struct WorldFiles {
  std::filesystem::path programme;
  std::filesystem::path state;
};
WorldFiles make_world(const WorldSpec& spec, const std::filesystem::path& work);
// Many boards in one store, made anew at each call; each of them like `each`.
struct BoardsFiles {
  std::vector<std::filesystem::path> programmes;
  std::filesystem::path state;
};
BoardsFiles make_boards(std::size_t count, WorldSpec each, const std::filesystem::path& work);
// A copy of its database in a state folder of its own, which is emptied first.
std::filesystem::path copy_state(const WorldFiles& world, const std::filesystem::path& folder);

class SetClock : public Clock {
 public:
  explicit SetClock(Instant now) : now_(now) {}
  Instant now() const override { return now_; }

 private:
  Instant now_;
};

// What the daemon stands on, without threads and sockets.
struct OpenWorld {
  OpenWorld(const std::vector<std::filesystem::path>& programmes, const std::filesystem::path& state, Instant now);

  SystemZones zones;
  SetClock clock;
  std::unique_ptr<Store> store;
  CurrentProgrammes programmes;
  notifiers::MailRenderer renderer;
  store::FolderFiles files;
  Scheduler scheduler;
  Planner planner;
  Writer writer;
  web::Api api;
};

}  // namespace assured::bench
