#include "web/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace assured::web {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double seconds_of(std::chrono::milliseconds span) { return static_cast<double>(span.count()) / 1000; }
double seconds_of(Instant at) { return seconds_of(at.time_since_epoch()); }

// Collects families of one value each, or of one for each value of one label.
class Families {
 public:
  void gauge(const char* name, const char* help, double value) {
    add(name, help, MetricType::Gauge).metric.emplace_back().gauge.value = value;
  }
  void counter(const char* name, const char* help, std::uint64_t value) {
    add(name, help, MetricType::Counter).metric.emplace_back().counter.value = static_cast<double>(value);
  }
  void counters(const char* name, const char* help, const char* label,
                const auto& values) {
    MetricFamily& family = add(name, help, MetricType::Counter);
    for (const auto& [of, value] : values)
      labelled(family, label, of).counter.value = static_cast<double>(value);
  }
  MetricFamily& add(const char* name, const char* help, MetricType type) {
    return families_.emplace_back(MetricFamily{name, help, type, {}});
  }
  static ClientMetric& labelled(MetricFamily& family, const char* label, const std::string& value) {
    ClientMetric& metric = family.metric.emplace_back();
    metric.label.push_back({label, value});
    return metric;
  }
  std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void add_workers(Families& families, const Health& health, Instant now) {
  auto& passes = families.add("assured_worker_last_pass_timestamp_seconds",
                              "When the worker's last pass ended well", MetricType::Gauge);
  for (const WorkerHealth& worker : health.workers)
    if (worker.last_pass)
      Families::labelled(passes, "worker", worker.name).gauge.value = seconds_of(*worker.last_pass);
  auto& failing = families.add("assured_worker_failing", "1 when the worker's last pass failed",
                               MetricType::Gauge);
  for (const WorkerHealth& worker : health.workers)
    Families::labelled(failing, "worker", worker.name).gauge.value = worker.trouble.empty() ? 0 : 1;
  auto& busy = families.add("assured_worker_busy_seconds",
                            "How long the worker's present pass has taken; 0 between passes",
                            MetricType::Gauge);
  for (const WorkerHealth& worker : health.workers)
    Families::labelled(busy, "worker", worker.name).gauge.value =
        worker.busy_since ? std::max(0.0, seconds_of(now - *worker.busy_since)) : 0;
}

void add_commands(Families& families, const CommandCounts& commands) {
  families.counters("assured_commands_total", "Commands of people, by outcome", "outcome",
                    commands.outcomes);
  families.gauge("assured_commands_waiting", "Commands that wait for the writer",
                 static_cast<double>(commands.waiting));
  auto& sizes = families.add("assured_command_group_size",
                             "How many commands shared one commit", MetricType::Histogram);
  auto& histogram = sizes.metric.emplace_back().histogram;
  histogram.sample_count = commands.groups;
  histogram.sample_sum = static_cast<double>(commands.commands);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < CommandCounts::group_bounds.size(); ++i) {
    below += commands.by_size[i];
    histogram.bucket.push_back({below, static_cast<double>(CommandCounts::group_bounds[i])});
  }
}

void add_mail(Families& families, const Health& health, const Metrics& metrics, Instant now) {
  families.counters("assured_mail_tries_total", "Messages handed to the relay, by what became of them",
                    "outcome", metrics.mail);
  families.counter("assured_relay_troubles_total", "Tries that the relay itself failed", metrics.relay_troubles);
  const auto trouble = health.mail.trouble_since;
  families.gauge("assured_relay_trouble_seconds", "How long the relay has taken no mail; 0 when it does",
                 trouble ? std::max(0.001, seconds_of(now - *trouble)) : 0);
  families.gauge("assured_mail_in_hand", "Messages leased by the sender and not recorded yet",
                 static_cast<double>(health.mail.in_hand));
  auto& mode = families.add("assured_mail_mode", "1 for the mode in force", MetricType::Gauge);
  for (const char* name : {"live", "redirect", "observe"})
    Families::labelled(mode, "mode", name).gauge.value = health.mail.mode == name ? 1 : 0;
}

// Absent until the store was read: 0 would say that nothing waits.
void add_stored(Families& families, const StoredHealth& stored, Instant now) {
  families.gauge("assured_store_read_timestamp_seconds", "When the figures of the store were read",
                 seconds_of(stored.read_at));
  families.gauge("assured_outbox_unsent", "Notices that no relay has taken yet",
                 static_cast<double>(stored.unsent));
  families.gauge("assured_outbox_held", "Notices that are held", static_cast<double>(stored.held));
  auto& oldest = families.add("assured_outbox_oldest_unsent_seconds",
                              "How long the oldest unsent notice waits, of immediate risk and of any class; 0 "
                              "when none does",
                              MetricType::Gauge);
  const auto age = [&](const std::optional<Instant>& at) {
    return at ? std::max(0.001, seconds_of(now - *at)) : 0;
  };
  Families::labelled(oldest, "class", "urgent").gauge.value = age(stored.oldest_unsent_urgent);
  Families::labelled(oldest, "class", "any").gauge.value = age(stored.oldest_unsent);
  families.gauge("assured_boards_on_hold", "Boards whose mail is all held",
                 static_cast<double>(stored.on_hold.size()));
  auto& overdue = families.add("assured_obligations_overdue", "Open obligations past their due instant",
                               MetricType::Gauge);
  for (const auto& [board, count] : stored.overdue)
    Families::labelled(overdue, "board", board).gauge.value = static_cast<double>(count);
}

}  // namespace

void CommandCounts::add_group(std::size_t size) {
  ++groups;
  commands += size;
  for (std::size_t i = 0; i < group_bounds.size(); ++i) {
    if (size > group_bounds[i]) continue;
    ++by_size[i];
    return;
  }
}

std::string to_prometheus(const Health& health, const Metrics& metrics, Instant now) {
  Families families;
  auto& build = families.add("assured_build_info", "1, labelled with the version", MetricType::Gauge);
  Families::labelled(build, "version", ASSURED_VERSION).gauge.value = 1;
  families.gauge("assured_start_timestamp_seconds", "When the service started", seconds_of(health.started_at));
  families.gauge("assured_health_level", "0 green, 1 amber, 2 red",
                 static_cast<double>(level_of(reasons_of(health, now))));
  families.gauge("assured_stuck_parts", "Parts of the service that do not move",
                 static_cast<double>(health.stuck.size()));
  families.gauge("assured_clock_trusted", "0 while the clock's jump makes routine mail wait",
                 health.clock_trusted ? 1 : 0);
  bool store_up = true;
  for (const WorkerHealth& worker : health.workers) store_up &= !worker.store_failed;
  families.gauge("assured_database_up", "0 when a worker's last pass failed at the database", store_up ? 1 : 0);
  add_workers(families, health, now);
  add_commands(families, metrics.commands);
  families.counter("assured_due_carried_out_total", "Obligations on which the scheduler found something due",
                   metrics.due_carried_out);
  families.counter("assured_mails_planned_total", "Mails that the planner made from prompts",
                   metrics.mails_planned);
  families.counter("assured_mails_planned_anew_total",
                   "Mails that were made and not begun, because they were not true any more or may not go",
                   metrics.mails_planned_anew);
  families.counters("assured_prompts_closed_total", "Prompts that the planner made no mail from, by outcome",
                    "outcome", metrics.prompts_closed);
  add_mail(families, health, metrics, now);
  if (health.stored) add_stored(families, *health.stored, now);
  return families.text();
}

}  // namespace assured::web
