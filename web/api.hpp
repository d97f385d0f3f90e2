// The JSON API of one daemon, without sockets: a request is answered by a function, so that tests and
// the connection call the same code. web/openapi.yaml describes it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "web/health.hpp"
#include "web/metrics.hpp"
#include "workflows/apply.hpp"
#include "workflows/files.hpp"
#include "workflows/store.hpp"

namespace assured::web {

// Numbers requests in the order in which they came, for the log. Thread: safe.
std::uint64_t next_request_id();

struct Request {
  std::uint64_t id = next_request_id();
  std::string method;  // "GET", in capitals
  std::string target;  // path and query as sent
  std::string body;
  uid_t uid = static_cast<uid_t>(-1);  // of the peer (SO_PEERCRED); -1 is nobody
  std::string idempotency_key = {};    // of the header of that name; empty: none
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow = {};  // the methods there are, for one that is not (405)
};

// What a command did: the body that answers it, and the programmes it changed, if it did, to be put in
// force once it is durable.
struct Done {
  std::string body;
  std::optional<Programmes> programmes = {};
  bool wakes = true;  // workers look again: something may be due that was not
};

// One command to be carried out. What it refers to outlives submit().
struct Submission {
  std::string_view board;
  std::string_view caller;   // who asks: the person, or "uid:1000"
  const Request& request;    // with its idempotency key, if it has one (S14.2)
  // Thread: any, while the caller waits in submit(); must not submit anything itself.
  std::function<Result<Done>(WriteTx& tx, const Programmes& programmes, Instant now)> carry_out;
};

// Where commands are carried out: the daemon's one writer. Returns the answer's body once it is durable; to
// a repeat of a request with an idempotency key, the same body as the first time.
// Errors: those of carry_out(); conflict (the key was used for another request); unavailable (too many wait,
// or the store could not keep it: nothing was changed). Throws: StoreError. Thread: safe.
class CommandPort {
 public:
  virtual ~CommandPort() = default;
  virtual Result<std::string> submit(const Submission& submission) = 0;
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
  std::function<Health()> health;    // from memory alone, without waiting
  std::function<Metrics()> metrics = [] { return Metrics{}; };  // the same
  // Whether a user is somebody on any board, or an operator; others see less of the health.
  std::function<bool(uid_t)> is_known = [](uid_t) { return false; };
};

// Every operation there is below a board, "GET items/*"; `*` is any one segment. For the test that holds
// openapi.yaml to the router.
std::vector<std::string> list_operations();

// Whether it asks for health or metrics: answered from memory, without waiting for anything.
bool asks_status(std::string_view target);

// Answers one request; a refusal is a problem document (RFC 9457). Never throws for what a client sends;
// a failing store is answered as unavailable, and its own words go to the log under a request id.
// Thread: safe.
Response handle(const Request& request, const Api& api);

}  // namespace assured::web
