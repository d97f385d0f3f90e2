// Ten thousand notices through a relay that fails in every way there is: what becomes of each is known, and
// nobody's address is marked for a fault that is the relay's (S11.1, S11.2).
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <set>

#include "daemon/sender.hpp"
#include "daemon/system_zones.hpp"
#include "notifiers/smtp_notifier.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_board.hpp"
#include "tests/support/small_programme.hpp"
#include "tests/support/test_relay.hpp"

using namespace assured;
using namespace assured::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t many = 10'000;
constexpr std::size_t few = 40;
constexpr std::size_t threads = 4;
constexpr const char* digest = "small";  // of the programme

// What the relay says of an address; all that may mark one as bounced.
const std::set<std::string> about_the_recipient{
    "rcpt 550 no such user", "rcpt 550 5.1.1 no such user", "rcpt 553 5.1.3 bad address",
    "final 550 5.1.1 no such user", "final 554 5.2.1 mailbox disabled"};
// The message is kept, and the sender is not told.
const std::set<std::string> kept_untold{"final record-cut", "final record-never", "final slow"};

const std::vector<std::string> temporary{
    "banner 421 4.3.2 not now", "ehlo 421 4.3.2 not now",   "auth 454 4.7.0 not now",
    "mail 451 4.3.0 not now",   "mail 450 not now",         "rcpt 450 4.2.1 busy",
    "rcpt 451 greylisted",      "rcpt 452 4.2.2 full",      "data 451 4.3.0 not now",
    "final 451 4.3.0 not now",  "final 452 not enough room"};
const std::vector<std::string> permanent{
    "banner 554 go away",         "banner 554 5.3.2 go away",  "ehlo 550 5.7.1 go away",
    "auth 535 no",                "auth 535 5.7.8 no",         "mail 550 not from you",
    "mail 550 5.7.1 not from you", "rcpt 550 no such user",    "rcpt 550 5.1.1 no such user",
    "rcpt 553 5.1.3 bad address", "rcpt 550 5.7.1 not to them", "data 554 no",
    "data 554 5.7.0 no",          "final 554 no",              "final 554 5.7.1 looks like spam",
    "final 550 5.1.1 no such user", "final 554 5.2.1 mailbox disabled"};
const std::vector<std::string> cuts{
    "banner cut", "ehlo cut", "starttls cut", "handshake cut", "auth cut",  "mail cut",  "rcpt cut",
    "data cut",   "body cut", "body reset",   "final cut",     "final reset", "final record-cut"};

std::vector<std::pair<std::string, double>> hostility() {
  std::vector<std::pair<std::string, double>> percent;
  for (const auto& [faults, share] :
       {std::pair{&temporary, 20.0}, std::pair{&permanent, 5.0}, std::pair{&cuts, 5.0}})
    for (const auto& fault : *faults)
      percent.emplace_back(fault, share / static_cast<double>(faults->size()));
  return percent;
}

Programmes one_board(const Zones& zones) {
  Programmes programmes;
  Programme programme = small_programme();
  programme.definition.digest = digest;
  if (!programmes.set_board(std::make_shared<const Programme>(std::move(programme)), digest, zones, {}))
    throw std::runtime_error("the small programme does not load");
  return programmes;
}

// What the mail is about.
Item audit() {
  Item item = sample_item(1, "audit", {}, ItemId{1});
  item.state = "planned";
  item.agency.clear();
  item.programme = digest;
  return item;
}

// A mail of some lines, one of which begins with a dot.
std::string mail_to(const std::string& address, const std::string& message_id) {
  std::string bytes = fmt::format("Message-ID: <{}>\r\nTo: {}\r\nSubject: a return is due\r\n\r\n",
                                  message_id, address);
  for (int i = 0; i < 10; ++i) bytes += fmt::format("Line {} of what is to be said.\r\n.{}\r\n", i, i);
  return bytes;
}

// A store with notices that wait, the sender over it, and a clock that moves when all are at rest.
class Outbox {
 public:
  void add_notices(std::size_t count) {
    in_transaction(*store_, [&](BoardWriter& board) {
      Decision decision;
      std::vector<Changed<Prompt>> prompts;
      const IdPool ids = board.take_ids();
      if (made_ == 0) decision.items.push_back({std::nullopt, audit()});
      std::vector<std::pair<Notice, std::string>> notices;
      for (std::size_t i = 0; i < count; ++i, ++made_) {
        Prompt prompt = sample_prompt(ids.next_prompt + static_cast<std::int64_t>(i), ItemId{1}, {});
        prompt.to = "post:nhs/lead";
        prompt.family = made_ % 10 == 0 ? Family::a : Family::c;
        decision.prompts.push_back({std::nullopt, prompt});
        prompts.push_back(noticed(prompt));
        Notice notice;
        notice.prompts = {prompt.id};
        notice.item = ItemId{1};
        notice.to = prompt.to;
        notice.address = fmt::format("n{}@agency.example", made_);
        notice.message_id = fmt::format("{}.notice@board.example", made_);
        notice.created_at = now_;
        notices.emplace_back(notice, mail_to(notice.address, notice.message_id));
      }
      board.write(sample_head("start", ItemId{1}), decision, now_);
      board.write_notices(sample_head("notice", ItemId{1}), prompts, std::move(notices), now_);
    });
  }

  void connect(notifiers::SmtpOptions options) {
    sender_.reset();
    relay_ = std::make_unique<notifiers::SmtpRelay>(std::move(options));
    sender_ = std::make_unique<Sender>(*store_, programmes_, *relay_, SenderSettings{threads},
                                       WorkObserver{}, [this] { wake(); });
  }

  // One pass; when nothing is under way, time moves on to the next try. False: nothing is left to do.
  bool step() {
    {
      const std::lock_guard lock{mutex_};
      woken_ = false;
    }
    const Instant next = sender_->run_once(now_);
    if (sender_->health().in_hand > 0) {
      std::unique_lock lock{mutex_};
      if (!changed_.wait_for(lock, 60s, [this] { return woken_; }))
        throw std::runtime_error("a message under way does not come back");
      return true;
    }
    if (next == Instant::max()) return false;
    now_ = std::max(now_, next);
    return true;
  }
  // Until it holds. Throws: std::runtime_error when all is done before.
  template <class Condition>
  void until(Condition holds) {
    while (!holds())
      if (!step()) throw std::runtime_error("all was sent before this came to pass");
  }
  void finish() {
    while (step()) {}
  }
  // Until nothing is under way, with a relay that takes nothing.
  void rest() {
    until([this] { return sender_->health().in_hand == 0; });
  }

  SenderHealth health() const { return sender_->health(); }
  Instant now() const { return now_; }

  std::map<std::string, Notice> notices() const {  // by Message-ID
    std::map<std::string, Notice> all;
    const auto reader = store_->reader(sample_board_id);
    NoticeId after;
    for (auto page = reader->list_notices(500, after); !page.empty();
         page = reader->list_notices(500, after)) {
      after = page.back().id;
      for (Notice& notice : page) all[notice.message_id] = std::move(notice);
    }
    return all;
  }
  std::vector<std::string> journal_faults() const { return store_->verify(sample_board_id).faults; }

 private:
  void wake() {
    const std::lock_guard lock{mutex_};
    woken_ = true;
    changed_.notify_all();
  }

  SystemZones zones_;
  std::unique_ptr<Store> store_ = store::open_temporary_store(1);
  CurrentProgrammes programmes_{one_board(zones_)};
  std::size_t made_ = 0;
  Instant now_ = sample_start();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<Sender> sender_;
};

// The relay of this test, which is replaced by one with another certificate or password.
class ChangingRelay {
 public:
  explicit ChangingRelay(std::filesystem::path folder) : folder_(std::move(folder)) {
    make_certificates(folder_);
    change("good.pem", "right");
  }
  void change(const char* certificate, const char* password) {
    relay_.reset();
    RelayOptions options{"starttls", folder_ / certificate, "assured", password};
    options.port = port_;
    options.sync = false;
    relay_ = std::make_unique<TestRelay>(folder_ / "relay", options);
    port_ = relay_->port();
  }
  TestRelay* operator->() { return relay_.get(); }

  notifiers::SmtpOptions options(std::chrono::milliseconds reply_timeout) const {
    notifiers::SmtpOptions options;
    options.host = "127.0.0.1";
    options.port = port_;
    options.ca_file = folder_ / "ca.pem";
    options.user = "assured";
    options.password = "right";
    options.helo = "board.example";
    options.envelope_from = "safeguarding@board.example";
    options.connect_timeout = reply_timeout;
    options.reply_timeout = reply_timeout;
    options.message_timeout = reply_timeout + 1s;
    return options;
  }

 private:
  std::filesystem::path folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<TestRelay> relay_;
};

// ASSURED_HOSTILE_SEED repeats a run.
unsigned hostile_seed() {
  if (const char* given = std::getenv("ASSURED_HOSTILE_SEED"))
    return static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  return std::random_device{}();
}

// A relay that takes nothing, for as long as it takes to be tried ten times: all waits, nobody bounces.
void pass_trouble(Outbox& outbox, ChangingRelay& relay, const char* certificate, const char* password,
                  const std::string& said) {
  // Not in the middle of a message, which the old relay might have kept and not answered.
  relay->hostile(0, {{"mail 451 4.3.2 closing", 100}});
  outbox.rest();
  const SenderHealth before = outbox.health();
  relay.change(certificate, password);
  outbox.until([&] { return outbox.health().troubles >= before.troubles + 10; });
  outbox.rest();
  const SenderHealth after = outbox.health();
  INFO(after.trouble);
  CHECK(after.trouble_since.has_value());
  CHECK(after.trouble.find(said) != std::string::npos);
  CHECK(after.accepted == before.accepted);
  CHECK(after.bounced == before.bounced);
}

}  // namespace

TEST_CASE("each of ten thousand notices through a hostile relay ends as it should", "[e2e][hostile]") {
  const unsigned seed = hostile_seed();
  fmt::print("seed {}; repeat with ASSURED_HOSTILE_SEED={}\n", seed, seed);
  const Folder folder;
  ChangingRelay relay{folder.path};
  Outbox outbox;
  for (std::size_t i = 0; i < many; i += 500) outbox.add_notices(500);
  outbox.connect(relay.options(20s));

  relay->hostile(seed, hostility());
  outbox.until([&] { return outbox.health().accepted > many / 4; });
  pass_trouble(outbox, relay, "good.pem", "wrong", "535");
  relay.change("good.pem", "right");
  relay->hostile(seed + 1, hostility());
  outbox.until([&] { return outbox.health().accepted > many / 2; });
  pass_trouble(outbox, relay, "expired.pem", "right", "certificate");
  relay.change("good.pem", "right");
  relay->hostile(seed + 2, hostility());
  outbox.finish();
  SenderHealth all = outbox.health();
  const auto patient = outbox.notices();

  // The last ones meet a relay that takes a second for each byte, and one that never answers.
  outbox.add_notices(few);
  outbox.connect(relay.options(2s));
  relay->plan({"ok", "final record-never", "ok", "rcpt slow", "final slow", "banner never", "rcpt never",
               "ok", "data slow", "mail never"});
  relay->hostile(seed + 3, {});
  outbox.finish();
  const SenderHealth last = outbox.health();

  std::set<std::string> refused, untold;
  for (const RelayFault& fault : relay->faults()) {
    if (about_the_recipient.contains(fault.fault)) refused.insert(fault.recipient);
    if (kept_untold.contains(fault.fault)) untold.insert(fault.recipient);
  }
  const auto notices = outbox.notices();
  CHECK(notices.size() == many + few);
  std::set<std::string> bounced, accepted, neither;
  for (const auto& [id, notice] : notices) {
    if (notice.state == NoticeState::bounced)
      bounced.insert(notice.address);
    else if (notice.state == NoticeState::accepted)
      accepted.insert(notice.address);
    else
      neither.insert(notice.address + " is " + std::string(to_text(notice.state)) + ": " + notice.said);
  }
  CHECK(neither.empty());
  std::vector<std::string> wrong;  // in one of them only
  std::set_symmetric_difference(bounced.begin(), bounced.end(), refused.begin(), refused.end(),
                                std::back_inserter(wrong));
  CHECK(wrong == std::vector<std::string>{});
  CHECK(bounced.size() + accepted.size() == many + few);

  std::map<std::string, std::string> digest_of;  // in the relay, by Message-ID
  std::set<std::string> delivered;
  std::size_t twice = 0;
  for (const RelayMessage& message : relay->accepted()) {
    const std::string id = message.message_id.substr(1, message.message_id.size() - 2);
    REQUIRE(notices.contains(id));
    const Notice& notice = notices.at(id);
    delivered.insert(message.recipient);
    CHECK(message.recipient == notice.address);
    CHECK(message.tls);
    CHECK(message.user == "assured");
    if (message.bytes != mail_to(notice.address, id)) FAIL_CHECK(id << " came with other bytes");
    const auto [first, is_first] = digest_of.emplace(id, message.sha256);
    if (is_first) continue;
    ++twice;
    // The last ones wait two seconds only, so a machine that stalls may lose an answer of its own.
    if (!untold.contains(message.recipient) && patient.contains(id))
      FAIL_CHECK(id << " was accepted twice");
    CHECK(first->second == message.sha256);
  }
  CHECK(std::includes(delivered.begin(), delivered.end(), accepted.begin(), accepted.end()));
  CHECK(all.bounced + last.bounced == bounced.size());
  CHECK(all.accepted + last.accepted == accepted.size());
  CHECK(all.expired + last.expired == 0);
  // The relay was as hostile as it was meant to be.
  CHECK(bounced.size() > 50);
  CHECK(twice > 10);
  CHECK(all.troubles > 500);
  CHECK(outbox.journal_faults().empty());
  fmt::print("{} accepted, {} bounced, {} sent twice; {} faults came to pass, relay in trouble {} times, {} put "
             "off, {} with no final reply; {} h of the sender's time\n",
             accepted.size(), bounced.size(), twice, relay->faults().size(), all.troubles + last.troubles,
             all.deferred + last.deferred, all.unknown + last.unknown,
             std::chrono::duration_cast<std::chrono::hours>(outbox.now() - sample_start()).count());
}
