// Plays a story (docs/stories.md) on the running service: each step is a request over the socket, by the
// user of the machine that its person is; all mail goes through a relay, and what the relay has is what
// counts. daemon/story_run.cpp plays the same stories without service, API and mail.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/played_story.hpp"
#include "tests/support/running_service.hpp"

namespace assured::test {

// One prompt's matter of a mail, as the API tells it.
struct MailedMatter {
  std::string to;  // as stories name it
  std::string template_name;
  std::string rung;
  std::string item;       // story name
  std::string reference;  // of the item
  std::string due;        // as a person reads it; empty: there is none
};

// A mail that the relay accepted, with what the service says it is about.
struct DeliveredMail {
  std::string file;        // its name in the relay's folder
  std::string message_id;  // without brackets
  std::string sha256;
  std::string address;     // RCPT TO
  std::string user;        // who signed in
  bool tls = false;
  Instant taken_at;        // the service's clock then
  std::string notice_address;  // as the outbox says
  std::vector<MailedMatter> matters;
};

class ServedStory {
 public:
  // `relay_folder` is the relay's; the service of `settings` sends to it. All three outlive the player.
  ServedStory(const ShippedStory& shipped, config::Settings settings,
              std::filesystem::path relay_folder);

  // Throws: std::runtime_error, naming the story's line, when a step is not answered as it expects.
  void play();

  const std::vector<DeliveredMail>& mails() const { return mails_; }
  std::size_t events() const { return events_; }
  std::size_t refusals() const { return refusals_; }
  // Lines of steps whose person was told that there is no such item, and that the office typed for them.
  // What people typed in the story that no mail may show.
  std::set<std::string> secrets() const;
  const Zone& zone() const { return *zone_; }

 private:
  Instant local(const std::string& text) const;
  Instant time_of(const StoryStep& step, Instant before) const;
  void advance(Instant until);
  void pass_downtime(const StoryDown& down);
  void load_people(const PeopleFile& file);
  std::string person_of(const StoryStep& step) const;
  uid_t user_of(const std::string& person) const;

  void do_step(const StoryStep& step);
  void do_event(const StoryStep& step, ItemId item);
  void do_attach(const StoryStep& step, ItemId item);
  void do_meeting(const StoryStep& step);
  void do_hand_over(const StoryStep& step);
  cli::Reply post(const StoryStep& step, const std::string& path, const std::string& body);
  bool can_take(ItemId item, const StoryStep& step) const;
  std::int64_t obligation_of(ItemId item, const StoryStep& step) const;
  std::vector<ItemId> find_items(const StoryStep& step, const std::string& pattern) const;
  boost::json::object get(const std::string& path) const;

  void name_new_items(ItemId made, const std::string& as);
  void name_item(ItemId id, const std::string& as);
  void collect_mail();
  void read_outbox();
  MailedMatter matter_of(std::int64_t prompt, const std::string& person);

  const ShippedStory& shipped_;
  const Story& story_;
  const Definition& definition_;
  std::filesystem::path relay_folder_;
  RunningService service_;
  std::shared_ptr<const Zone> zone_;
  People people_;
  std::vector<StoryDown> downs_;
  Instant looked_at_ = Instant::min();  // woken although nothing had passed
  std::map<std::string, uid_t> users_;

  struct Known {
    std::string kind, agency, reference;
    std::optional<ItemId> parent;
  };
  std::map<ItemId, Known> known_;  // items that the service has told of
  std::map<std::string, ItemId> items_;
  std::map<ItemId, std::string> names_;
  std::map<std::string, int> numbered_;
  std::map<std::string, std::int64_t> meetings_;

  std::map<std::int64_t, boost::json::object> prompts_;
  std::map<std::string, boost::json::object> notices_;  // by Message-ID
  std::int64_t prompts_read_ = 0, notices_read_ = 0;
  std::streamoff relay_read_ = 0;
  std::vector<DeliveredMail> mails_;
  std::size_t events_ = 0, refusals_ = 0;
};

}  // namespace assured::test
