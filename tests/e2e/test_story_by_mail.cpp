// The City & Hackney year on the running service: every step over the socket, every mail by SMTP with TLS
// and a password, read by a parser that is not ours, and held against what the story expects.
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "daemon/boards.hpp"
#include "daemon/story_expect.hpp"
#include "store/store.hpp"
#include "tests/e2e/folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/served_story.hpp"
#include "tests/support/skipped.hpp"
#include "tests/support/test_relay.hpp"
#include "workflows/deadline.hpp"

using namespace assured;
using namespace assured::test;
namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* board = "city-and-hackney";

struct ReadMail {
  std::string subject, message_id, head, text, html;
  std::vector<std::string> to;
  Instant date;
  std::vector<std::string> faults;
};

std::string text_of(const json::object& row, const char* name) {
  return std::string{row.at(name).as_string()};
}

std::vector<std::string> texts_of(const json::object& row, const char* name) {
  std::vector<std::string> texts;
  for (const auto& text : row.at(name).as_array()) texts.emplace_back(text.as_string());
  return texts;
}

// By file. ASSURED_SHOW_MAILS names a folder that gets one of each kind as text and HTML.
std::map<std::string, ReadMail> read_mails(const fs::path& messages) {
  const char* show = std::getenv("ASSURED_SHOW_MAILS");
  if (show != nullptr) fs::create_directories(show);
  const std::string command =
      fmt::format("/usr/bin/python3 '{}/tests/e2e/read_mails.py' '{}' {}", ASSURED_SOURCE_DIR,
                  messages.string(), show == nullptr ? "" : fmt::format("'{}'", show));
  std::FILE* lines = ::popen(command.c_str(), "r");
  REQUIRE(lines != nullptr);
  std::string all;
  std::array<char, 65536> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), lines)) > 0;)
    all.append(buffer.data(), n);
  REQUIRE(::pclose(lines) == 0);
  std::map<std::string, ReadMail> mails;
  for (std::size_t from = 0; from < all.size();) {
    const auto end = all.find('\n', from);
    const auto row = json::parse(all.substr(from, end - from)).as_object();
    from = end + 1;
    mails[text_of(row, "file")] = {text_of(row, "subject"),
                                   text_of(row, "message_id"),
                                   text_of(row, "head"),
                                   text_of(row, "text"),
                                   text_of(row, "html"),
                                   texts_of(row, "to"),
                                   from_ms(row.at("date_ms").to_number<std::int64_t>()),
                                   texts_of(row, "faults")};
  }
  return mails;
}

std::string minute_of(Instant at, const Zone& zone) {
  return to_text(local_date(at, zone)) + " " + to_text(local_time_of_day(at, zone));
}

// What is wrong with one mail, whatever the story says.
std::vector<std::string> faults_of(const DeliveredMail& mail, const ReadMail& read,
                                   const Establishment& establishment,
                                   const std::set<std::string>& secrets) {
  std::vector<std::string> faults = read.faults;
  const auto check = [&](bool holds, const std::string& fault) {
    if (!holds) faults.push_back(fault);
  };
  check(mail.tls, "it came without TLS");
  check(mail.user == "assured", "it came without the password");
  check(read.to == std::vector{mail.address}, "To: is not the recipient of the envelope");
  check(mail.address == mail.notice_address, "the recipient is not the outbox's");
  check(read.message_id == mail.message_id, "Message-ID differs");
  // A matter that was due when it was taken was not written before.
  check(read.date == std::chrono::floor<std::chrono::seconds>(mail.taken_at),
        "Date: is not the instant at which it was taken");
  check(!read.text.empty() && read.text == read.html, "the text and the HTML part differ");
  for (const MailedMatter& matter : mail.matters) {
    if (matter.due.empty()) continue;
    const std::string& wording = establishment.texts.at(matter.template_name).text;
    check(read.text.find(matter.reference) != std::string::npos,
          "it does not say what it is about: " + matter.reference);
    if (wording.find("{{due}}") != std::string::npos)
      check(read.text.find(matter.due) != std::string::npos,
            "it does not say when it is due: " + matter.due);
    if (wording.find("{{due_date}}") != std::string::npos)
      check(read.text.find(matter.due.substr(0, matter.due.find(','))) != std::string::npos,
            "it does not say on which day it is due: " + matter.due);
  }
  for (const std::string& secret : secrets)
    for (const std::string* part : {&read.head, &read.subject, &read.text, &read.html})
      check(part->find(secret) == std::string::npos, "it shows what somebody typed: " + secret);
  return faults;
}

std::size_t dated(const std::vector<DeliveredMail>& mails) {
  return static_cast<std::size_t>(std::count_if(mails.begin(), mails.end(), [](const auto& mail) {
    return std::any_of(mail.matters.begin(), mail.matters.end(),
                       [](const MailedMatter& matter) { return !matter.due.empty(); });
  }));
}

}  // namespace

TEST_CASE("a year of City & Hackney on the running service sends exactly the mail it should",
          "[e2e][story-by-mail]") {
  if (!may_be_others()) SKIP_TEST("only root can ask the service as each of the story's people");
  const Folder folder;
  ::chmod(folder.path.c_str(), 0711);  // its socket is for users who are not root
  make_certificates(folder.path);
  TestRelay relay{folder.path / "relay",
                  {"starttls", folder.path / "good.pem", "assured", "pass word"}};
  std::ofstream{folder.path / "password"} << "pass word\n";
  fs::permissions(folder.path / "password", fs::perms::owner_read);

  config::Settings settings = service_settings(folder.path);
  config::RelaySettings to;
  to.messages_per_minute = 0;  // as fast as the story goes
  to.host = "127.0.0.1";
  to.port = relay.port();
  to.ca_file = folder.path / "ca.pem";
  to.user = "assured";
  to.password_file = folder.path / "password";
  to.helo = "board.example";
  to.from_address = to.bounce_address = "safeguarding@board.example";
  settings.relay = to;

  const ShippedStory shipped = read_shipped_story("city-and-hackney");
  ServedStory served{shipped, settings, folder.path / "relay"};
  served.play();

  const auto read = read_mails(folder.path / "relay" / "messages");
  const auto secrets = served.secrets();
  CHECK(secrets.size() > 50);
  std::set<std::string> ids;
  std::vector<StoryNotice> notices;
  std::vector<std::string> faults;
  for (const DeliveredMail& mail : served.mails()) {
    const ReadMail& as_read = read.at(mail.file);
    for (const auto& fault : faults_of(mail, as_read, shipped.programme->establishment, secrets))
      faults.push_back(mail.file + " (" + as_read.subject + "): " + fault);
    if (!ids.insert(mail.message_id).second) faults.push_back(mail.file + ": its Message-ID came before");
    for (const MailedMatter& matter : mail.matters)
      notices.push_back({minute_of(as_read.date, served.zone()), matter.to, matter.template_name,
                         matter.rung, matter.item});
  }
  const std::vector<std::string> unmet = find_unmet(shipped.story, notices);
  for (const auto& fault : faults) UNSCOPED_INFO(fault);
  for (const auto& sentence : unmet) UNSCOPED_INFO(sentence);
  CHECK(faults.empty());
  CHECK(unmet.empty());
  CHECK(shipped.story.only);  // any other mail would be unmet
  CHECK(read.size() == served.mails().size());
  CHECK(dated(served.mails()) > 300);
  CHECK(relay.sign_ins() == relay.connections());

  store::StoreOptions options;
  options.path = database_path(settings.state_folder).string();
  const auto report = store::open_store(options)->verify(board);
  CHECK(report.faults.empty());
  fmt::print("{} events and {} refusals over the socket; {} mails with {} notices, {} with a due date, over {} "
             "connections; {} of {} expectations unmet; {} journal rows verified\n",
             served.events(), served.refusals(), served.mails().size(), notices.size(),
             dated(served.mails()), relay.connections(), unmet.size(), shipped.story.expects.size(),
             report.rows);
}
