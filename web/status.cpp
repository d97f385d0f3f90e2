// Health and metrics: the operations that ask nothing of the store.
#include "web/status.hpp"

#include <boost/json.hpp>

namespace assured::web {

namespace {

namespace json = boost::json;

void put(json::object& row, const char* name, const std::optional<Instant>& at) {
  if (at) row[name] = to_text(*at);
}

// The words of a trouble may name what somebody who is nobody here should not see.
void put_words(json::object& row, const char* name, const std::string& words, bool is_known) {
  if (is_known && !words.empty()) row[name] = words;
}

json::array workers_json(const Health& health, bool is_known) {
  json::array workers;
  for (const WorkerHealth& worker : health.workers) {
    json::object row;
    row["name"] = worker.name;
    row["ok"] = worker.trouble.empty() && !health.stuck.contains(worker.name);
    put(row, "last_pass", worker.last_pass);
    put(row, "busy_since", worker.busy_since);
    put(row, "trouble_since", worker.trouble_since);
    put_words(row, "trouble", worker.trouble, is_known);
    workers.push_back(std::move(row));
  }
  return workers;
}

json::object mail_json(const Health& health, bool is_known) {
  json::object mail;
  mail["mode"] = health.mail.mode;
  mail["way"] = health.mail.way;
  mail["in_hand"] = health.mail.in_hand;
  put(mail, "relay_trouble_since", health.mail.trouble_since);
  put_words(mail, "relay_said", health.mail.trouble, is_known);
  if (!health.stored) return mail;
  const StoredHealth& stored = *health.stored;
  mail["unsent"] = stored.unsent;
  mail["held"] = stored.held;
  put(mail, "oldest_unsent", stored.oldest_unsent);
  put(mail, "oldest_unsent_urgent", stored.oldest_unsent_urgent);
  json::array on_hold;
  for (const std::string& board : stored.on_hold) on_hold.emplace_back(board);
  mail["boards_on_hold"] = std::move(on_hold);
  return mail;
}

json::object database_json(const Health& health, bool is_known) {
  json::object database;
  std::optional<Instant> since;
  std::string words;
  for (const WorkerHealth& worker : health.workers) {
    if (!worker.store_failed) continue;
    const Instant failed = worker.trouble_since.value_or(health.started_at);
    if (!since || failed < *since) {
      since = failed;
      words = worker.trouble;
    }
  }
  database["ok"] = !since;
  put(database, "trouble_since", since);
  put_words(database, "trouble", words, is_known);
  if (health.stored) database["read_at"] = to_text(health.stored->read_at);
  return database;
}

}  // namespace

Response get_health(const Request& request, const Api& api) {
  const Health health = api.health();
  const Instant now = api.clock.now();
  const bool is_known = api.is_known(request.uid);
  const auto reasons = reasons_of(health, now);
  const Level level = level_of(reasons);
  json::object body;
  body["status"] = name_of(level);
  json::array texts;
  for (const HealthReason& reason : reasons)
    texts.push_back(json::object{{"level", name_of(reason.level)}, {"text", reason.text}});
  body["reasons"] = std::move(texts);
  body["version"] = ASSURED_VERSION;
  body["now"] = to_text(now);
  body["started_at"] = to_text(health.started_at);
  body["workers"] = workers_json(health, is_known);
  body["mail"] = mail_json(health, is_known);
  body["database"] = database_json(health, is_known);
  body["clock_trusted"] = health.clock_trusted;
  return {level == Level::red ? 503 : 200, "application/json", json::serialize(body)};
}

Response get_metrics(const Request&, const Api& api) {
  return {200, "text/plain; version=0.0.4; charset=utf-8",
          to_prometheus(api.health(), api.metrics(), api.clock.now())};
}

bool asks_status(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  return path == "/v1/health" || path == "/metrics";
}

}  // namespace assured::web
