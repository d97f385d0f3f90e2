// The configuration read again while the service runs (SIGHUP).
#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "config/settings.hpp"
#include "daemon/current_settings.hpp"
#include "daemon/mail_relay.hpp"
#include "workflows/programmes.hpp"
#include "workflows/store.hpp"

namespace assured {

// What of the configuration is in force; replaced whole, and together. Owner: App.
struct InForce {
  CurrentSettings& settings;
  CurrentProgrammes& programmes;
  CurrentRelay& relay;
};

// Reads the settings file at `path` and the programmes it names, and puts all of it in force, or none of
// it: users, operators, wording, posts, new definitions, limits, the relay with its password. What is
// stored of it is written in one transaction, checked against what items need by then; commands that come
// meanwhile wait. The state folder, the socket, the domain of Message-IDs and the boards that are served
// change with a restart only, and a file that changes one of these is refused.
// Returns what is in force in another way than the file says until a restart, for the log.
// Throws: ConfigError, with every mistake, and what runs and what is stored stay as they are; StoreError.
std::vector<Mistake> reload(const std::filesystem::path& path, Store& store, const InForce& in_force,
                            const Zones& zones, const Clock& clock);

// Does one thing that takes a while, one at a time: asked for while it is done, it is done once more
// afterwards, however often it was asked for. So what was newest when somebody asked is what stays.
class OneAtATime {
 public:
  // `work` throws nothing.
  explicit OneAtATime(std::function<void()> work) : work_(std::move(work)) {}
  // Returns when it is done, or at once when another thread does it and will do it again. Thread: any.
  void ask();
  bool running() const;

 private:
  std::function<void()> work_;
  mutable std::mutex mutex_;
  bool running_ = false;
  bool asked_ = false;
};

}  // namespace assured
