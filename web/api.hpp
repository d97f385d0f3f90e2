// The JSON API of one daemon, without sockets: a request is answered by a function, so that tests and
// the connection call the same code. web/openapi.yaml describes it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/apply.hpp"
#include "workflows/files.hpp"
#include "workflows/store.hpp"

namespace assured::web {

struct Request {
  std::string method;  // "GET", in capitals
  std::string target;  // path and query as sent
  std::string body;
  uid_t uid = static_cast<uid_t>(-1);  // of the peer (SO_PEERCRED); -1 is nobody
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
};

// Where commands are carried out: the daemon's one writer, one transaction each. Each call returns once
// the outcome is durable. Throws: StoreError. Thread: safe.
class CommandPort {
 public:
  virtual ~CommandPort() = default;
  virtual Result<Outcome> apply(const Command& command) = 0;
  virtual Result<Outcome> acknowledge(const Acknowledge& command) = 0;
  virtual Result<Outcome> suspend(const Suspend& command) = 0;
  virtual Result<Meeting> change_meeting(const MeetingCommand& command) = 0;
  virtual Result<Outcome> rebind(const Rebind& command) = 0;
  virtual Result<void> load_people(std::string_view board, const PeopleFile& people,
                                   const Caller& caller) = 0;
  // Stores `bytes` and attaches them; the digest and size of `command` are filled in here.
  virtual Result<FileRecord> attach(AttachFile command, std::string_view bytes) = 0;
  // Records that somebody saw what is protected (S12.2), before they see it.
  virtual void record_reads(std::string_view board, const std::vector<ReadRecord>& reads) = 0;
};

struct WorkerHealth {
  std::string name;
  std::optional<Instant> last_pass;  // of the last one that ended well
  std::string trouble;               // why the last one did not; empty when it did
};

struct Health {
  Instant started_at;
  std::vector<WorkerHealth> workers;
  bool ok() const;
};

// All that the API stands on. Owner: App; everything outlives the server. Thread: all of it is safe.
struct Api {
  Store& store;
  FileStore& files;
  const CurrentProgrammes& programmes;
  CommandPort& commands;
  const Clock& clock;
  std::function<std::optional<std::string>(uid_t, std::string_view board)> find_person;  // S14.4
  std::function<bool(uid_t)> is_operator;
  std::function<Health()> health;
};

// Every operation there is below a board, "GET items/*"; `*` is any one segment. For the test that holds
// openapi.yaml to the router.
std::vector<std::string> list_operations();

// Answers one request; a refusal is a problem document (RFC 9457). Never throws for what a client sends;
// a failing store is answered as unavailable, and its own words go to the log under a request id.
// Thread: safe.
Response handle(const Request& request, const Api& api);

}  // namespace assured::web
