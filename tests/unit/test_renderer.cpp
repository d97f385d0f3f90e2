#include <catch2/catch.hpp>
#include <gmime/gmime.h>
#include <malloc.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "notifiers/file_notifier.hpp"
#include "notifiers/renderer.hpp"

using namespace assured;
using namespace assured::notifiers;

namespace {

struct Drop {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Drop>;

// What a reader's mail program makes of the bytes.
struct Parsed {
  explicit Parsed(const std::string& bytes) {
    const Owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size())};
    const Owned<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
    message.reset(g_mime_parser_construct_message(parser.get(), nullptr));
    REQUIRE(message);
    auto* part = g_mime_message_get_mime_part(message.get());
    REQUIRE(GMIME_IS_MULTIPART(part));
    both = GMIME_MULTIPART(part);
    REQUIRE(g_mime_multipart_get_count(both) == 2);
  }
  std::string header(const char* name) const {
    const char* value = g_mime_object_get_header(GMIME_OBJECT(message.get()), name);
    return value == nullptr ? "(none)" : value;
  }
  int headers() const {
    return g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(message.get())));
  }
  std::string part(int index) const {
    auto* object = g_mime_multipart_get_part(both, index);
    REQUIRE(GMIME_IS_TEXT_PART(object));
    char* text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
    std::string out{text};
    g_free(text);
    std::erase(out, '\r');
    return out;
  }
  Owned<GMimeMessage> message;
  GMimeMultipart* both = nullptr;
};

struct Sample {
  Establishment board;
  TemplateText text;
  NoticeDraft draft;
  NoticePart part;

  Sample() {
    board.board = "example";
    board.title = "Example Safeguarding Partnership";
    board.contact = {"The QA officer", "020 7946 0000", "qa@board.example", "020 7946 0999"};
    text.subject = "Return due: {{reference}}";
    text.text = "Dear {{name}},\n\nthe return {{reference}} is due on {{due}}.\n";
    draft.board = "example";
    part.reference = "QRT-7F3K";
    draft.to_name = "Zoë Müller";
    draft.to_address = "zoe@nhs-east.example";
    draft.message_id = "<abc123@board.example>";
    draft.date = *parse_instant("2026-11-21T09:57:33Z");
    part.slots = {{"reference", "QRT-7F3K"}, {"due", "Monday 21 December 2026, 17:00"}};
  }
  std::string render(const MailRenderer& renderer = MailRenderer{}) {
    part.text = &text;
    draft.parts = {part};
    draft.establishment = &board;
    return renderer.render(draft);
  }
};

}  // namespace

TEST_CASE("a mail says what, to whom and in which thread", "[renderer]") {
  Sample sample;
  const Parsed mail{sample.render()};
  CHECK(mail.header("Subject") == "Return due: QRT-7F3K");
  CHECK(mail.header("To") == "Zoë Müller <zoe@nhs-east.example>");
  CHECK(mail.header("From") == "Example Safeguarding Partnership <qa@board.example>");
  CHECK(mail.header("Date") == "Sat, 21 Nov 2026 09:57:33 +0000");
  CHECK(mail.header("Message-Id") == "<abc123@board.example>");
  CHECK(mail.header("Auto-Submitted") == "auto-generated");
  CHECK(mail.header("References") == mail.header("In-Reply-To"));
  const std::string text = mail.part(0);
  CHECK(text ==
        "Dear Zoë Müller,\n\nthe return QRT-7F3K is due on Monday 21 December 2026, 17:00.\n"
        "\nQuestions: The QA officer, 020 7946 0000, qa@board.example\n"
        "Example Safeguarding Partnership\n");
  const std::string html = mail.part(1);
  CHECK(html.find("<html lang=\"en-GB\">") != std::string::npos);
  CHECK(html.find("<p>Dear Zoë Müller,</p>") != std::string::npos);
}

TEST_CASE("sections that show nothing leave no holes in a mail", "[renderer]") {
  Sample sample;
  sample.text.text =
      "{{#agency}}Of {{agency}}.{{/agency}}\n\nThe first.\n\n{{#what_next}}\nNext: {{what_next}}.\n{{/what_next}}\n"
      "\n \t\nThe last.\n\n\nQuestions: {{contact_phone}}\n{{board}}";
  const std::string last = "The last.\n\nQuestions: 020 7946 0000\nExample Safeguarding Partnership\n";
  CHECK(Parsed{sample.render()}.part(0) == "The first.\n\n" + last);
  sample.part.slots["agency"] = "NHS East";
  sample.part.slots["what_next"] = "Monday";
  CHECK(Parsed{sample.render()}.part(0) == "Of NHS East.\n\nThe first.\n\nNext: Monday.\n\n" + last);
  // Before what is added below it, too.
  sample.text.text = "The only.\n\n{{#down_from}}\nDown.\n{{/down_from}}\n";
  CHECK(Parsed{sample.render()}.part(0).starts_with("The only.\n\nQuestions: "));
}

TEST_CASE("mails of one item thread together, those of others do not", "[renderer]") {
  Sample first, second, other;
  second.draft.message_id = "later@board.example";
  other.part.reference = "QRT-8888";
  CHECK(Parsed{first.render()}.header("References") == Parsed{second.render()}.header("References"));
  CHECK(Parsed{first.render()}.header("References") != Parsed{other.render()}.header("References"));
}

TEST_CASE("equal drafts give equal bytes, as every retry needs (S10.2)", "[renderer]") {
  Sample one, two;
  CHECK(one.render() == two.render());
  two.draft.message_id = "other@board.example";
  CHECK(one.render() != two.render());
}

// Found by fuzzing: five hundred parsed wordings of 60 KB took two gigabytes.
TEST_CASE("large wordings that come and go do not pile up in memory", "[renderer]") {
  Sample sample;
  std::string tags;
  for (int i = 0; i < 2'000; ++i) tags += "{{reference}} ";
  const auto in_use = [] {
    const auto heap = ::mallinfo2();
    return heap.uordblks + heap.hblkhd;  // nothing under the address sanitizer, whose heap is another
  };
  std::size_t early = 0;
  for (int i = 0; i < 150; ++i) {
    sample.text.text = std::to_string(i) + tags;
    sample.render();
    if (i == 40) early = in_use();
  }
  CHECK(in_use() < early + 40'000'000);
}

TEST_CASE("no slot can add a header, a line or markup (S10.6)", "[renderer]") {
  Sample plain;
  const int headers = Parsed{plain.render()}.headers();
  for (const std::string ending : {"\r\n", "\n", "\r", "\xE2\x80\xA8", "\xC2\x85"}) {
    Sample sample;
    sample.part.slots["reference"] = "X" + ending + "Bcc: all@elsewhere.example" + ending + ending + "<b>";
    sample.draft.to_name = "Z" + ending + "Cc: all@elsewhere.example";
    const Parsed mail{sample.render()};
    CHECK(mail.headers() == headers);
    CHECK(mail.header("Bcc") == "(none)");
    CHECK(mail.header("Cc") == "(none)");
    CHECK(mail.header("Subject").find("Bcc: all@elsewhere.example") != std::string::npos);
    CHECK(mail.part(0).find("\nBcc") == std::string::npos);
    CHECK(mail.part(1).find("<b>") == std::string::npos);
  }
}

TEST_CASE("bytes that are no UTF-8 do not spoil the mail", "[renderer]") {
  Sample sample;
  sample.part.slots["due"] = "caf\xE9";
  CHECK(Parsed{sample.render()}.part(0).find("caf\xEF\xBF\xBD") != std::string::npos);
}

TEST_CASE("nothing in a mail refers to a remote resource", "[renderer]") {
  Sample sample;
  const std::string html = Parsed{sample.render()}.part(1);
  for (const auto* sign : {"http", "src=", "href=", "url(", "@import"})
    CHECK(html.find(sign) == std::string::npos);
}

TEST_CASE("lines are CRLF and short, whatever the template holds", "[renderer]") {
  Sample sample;
  sample.text.text = "Dots:\n.\n..\n.x\n" + std::string(3000, 'a') + " {{due}}\nFrom here   \n";
  const std::string bytes = sample.render();
  std::size_t from = 0;
  while (from < bytes.size()) {
    const auto end = bytes.find("\r\n", from);
    REQUIRE(end != std::string::npos);
    const std::string line = bytes.substr(from, end - from);
    REQUIRE(line.size() <= 78);
    REQUIRE(line.find_first_of("\r\n") == std::string::npos);
    from = end + 2;
  }
  const std::string text = Parsed{bytes}.part(0);
  CHECK(text.find("Dots:\n.\n..\n.x\n" + std::string(3000, 'a')) == 0);
  CHECK(text.find("\nFrom here   \n") != std::string::npos);
}

TEST_CASE("missed dates and the number for immediate risk are said even by a terse template",
          "[renderer]") {
  Sample sample;
  sample.draft.family = Family::a;
  sample.part.missed = {"Thursday 24 December 2026, 09:00"};
  const std::string text = Parsed{sample.render()}.part(0);
  CHECK(text.find("could not be sent on time:\nThursday 24 December 2026, 09:00\n") !=
        std::string::npos);
  CHECK(text.find("immediate risk, call 020 7946 0999 now") != std::string::npos);

  sample.text.text = "{{#missed}}Missed {{when}}.\n{{/missed}}Call {{urgent_phone}}.\n";
  CHECK(Parsed{sample.render()}.part(0).find(
            "Missed Thursday 24 December 2026, 09:00.\nCall 020 7946 0999.\n\nQuestions:") == 0);
}

TEST_CASE("sections vanish with empty slots, and fields are shown by their path", "[renderer]") {
  Sample sample;
  sample.text.text =
      "It{{#agency}} of {{agency}}{{/agency}}{{^agency}} of nobody{{/agency}}: {{field.due_date}}, "
      "{{field.rating}}.\n";
  sample.part.slots["agency"] = "";
  sample.part.slots["field.due_date"] = "1 December 2026";
  sample.part.slots["field.rating"] = "amber";
  CHECK(Parsed{sample.render()}.part(0).find("It of nobody: 1 December 2026, amber.\n") == 0);
  sample.part.slots["agency"] = "NHS East";
  CHECK(Parsed{sample.render()}.part(0).find("It of NHS East: 1 December 2026, amber.\n") == 0);
}

TEST_CASE("a template that cannot be parsed is named", "[renderer]") {
  Sample sample;
  sample.text.place.file = "templates/return-due.mustache";
  sample.text.text = "{{#open}} never closed";
  CHECK_THROWS_WITH(sample.render(),
                    Catch::Contains("templates/return-due.mustache: this template cannot be filled"));
}

TEST_CASE("the bytes of the sample are those on file", "[renderer]") {
  Sample sample;
  std::ifstream file{ASSURED_SOURCE_DIR "/tests/unit/golden/return-due.eml", std::ios::binary};
  std::stringstream expected;
  expected << file.rdbuf();
  const std::string bytes = sample.render();
  INFO(bytes);
  CHECK(bytes == expected.str());
}

TEST_CASE("mail by a relay is from the relay's address, and answers go to the board", "[renderer]") {
  Sample sample;
  const Parsed mail{sample.render(MailRenderer{"assured@relay.example"})};
  CHECK(mail.header("From") == sample.board.title + " <assured@relay.example>");
  CHECK_THAT(mail.header("Reply-To"), Catch::Contains(sample.board.contact.mail));
  const Parsed same{sample.render(MailRenderer{sample.board.contact.mail})};
  CHECK(same.header("Reply-To") == "(none)");
  CHECK(Parsed{sample.render()}.header("Reply-To") == "(none)");
}

TEST_CASE("the file notifier leaves whole files, named by time, board and notice", "[renderer]") {
  namespace fs = std::filesystem;
  const fs::path folder =
      fs::temp_directory_path() / ("assured-notifier-" + std::to_string(::getpid()));
  Sample sample;
  Outgoing mail{NoticeId{17}, "example", "zoe@nhs-east.example", "abc123@board.example",
                sample.render()};
  FileNotifier notifier{folder};
  CHECK(notifier.send(mail).answer == SendAnswer::accepted);
  CHECK(notifier.send(mail).answer == SendAnswer::accepted);  // a retry replaces the same file
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{folder})
    names.push_back(entry.path().filename().string());
  CHECK(names == std::vector<std::string>{"20261121T095733Z-example-17.eml"});
  CHECK(fs::file_size(folder / names.at(0)) == mail.bytes.size());

  fs::remove_all(folder);
  CHECK(notifier.send(mail).answer == SendAnswer::relay_trouble);  // the folder's fault, not the address's
  CHECK_THROWS_AS(FileNotifier{"/dev/null/mail"}, IoError);
}

TEST_CASE("several matters in one mail stand one after the other", "[renderer]") {
  Sample sample;
  sample.text.text += "\nQuestions: {{contact_phone}}\n";
  sample.part.text = &sample.text;
  NoticePart other = sample.part;
  other.slots = {{"reference", "QRT-8888"}, {"due", "Friday 8 January 2027, 17:00"}};
  other.missed = {"Thursday 24 December 2026, 09:00"};
  sample.draft.parts = {sample.part, other};
  sample.draft.establishment = &sample.board;
  const Parsed mail{MailRenderer{}.render(sample.draft)};
  CHECK(mail.header("Subject") == "Return due: QRT-7F3K (and 1 more)");
  CHECK(mail.header("References") == "(none)");
  CHECK(mail.part(0) ==
        "2 matters wait for you.\n"
        "\n1. Return due: QRT-7F3K\n\n"
        "Dear Zoë Müller,\n\nthe return QRT-7F3K is due on Monday 21 December 2026, 17:00.\n"
        "\nQuestions: 020 7946 0000\n"
        "\n2. Return due: QRT-8888\n\n"
        "Dear Zoë Müller,\n\nthe return QRT-8888 is due on Friday 8 January 2027, 17:00.\n"
        "\nQuestions: 020 7946 0000\n"
        "\nThis message stands for earlier ones that could not be sent on time:\n"
        "Thursday 24 December 2026, 09:00\n"
        "Example Safeguarding Partnership\n");
  other.missed.clear();
  sample.draft.parts = {sample.part, other};
  const Parsed alike{MailRenderer{}.render(sample.draft)};
  CHECK(alike.part(0).find("Questions", alike.part(0).find("Questions") + 1) == std::string::npos);
  CHECK(alike.part(0).find("\nQuestions: 020 7946 0000\nExample") != std::string::npos);
}
