// Mail from any template and slots: whatever they hold, the same headers, two parts and no other. An
// input is "slot=value" lines, a line "%%", the subject, a line end, and the text; the slots to_name,
// to_address, title, mail, reference, missed and banner also fill what the draft and its board say, and
// "parts=" begins another part.
#include <gmime/gmime.h>

#include <algorithm>
#include <memory>

#include "notifiers/renderer.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace assured;

namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref>;

// What a mail program makes of the bytes: how many headers.
int headers_of(const std::string& bytes) {
  const Owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size())};
  const Owned<GMimeParser> parser{g_mime_parser_new_with_stream(stream.get())};
  const Owned<GMimeMessage> message{g_mime_parser_construct_message(parser.get(), nullptr)};
  ASSURED_ASSERT(message != nullptr);
  auto* part = g_mime_message_get_mime_part(message.get());
  ASSURED_ASSERT(GMIME_IS_MULTIPART(part));
  ASSURED_ASSERT(g_mime_multipart_get_count(GMIME_MULTIPART(part)) == 2);
  for (const int index : {0, 1})
    ASSURED_ASSERT(GMIME_IS_TEXT_PART(g_mime_multipart_get_part(GMIME_MULTIPART(part), index)));
  for (const auto type : {GMIME_ADDRESS_TYPE_CC, GMIME_ADDRESS_TYPE_BCC}) {
    auto* list = g_mime_message_get_addresses(message.get(), type);
    ASSURED_ASSERT(list == nullptr || internet_address_list_length(list) == 0);
  }
  return g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(message.get())));
}

// Every line ends in CRLF and is short enough for every relay (RFC 5321: 998 bytes).
void check_lines(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto [line, rest] = fuzz::cut(bytes, "\r\n");
    ASSURED_ASSERT(line.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
    ASSURED_ASSERT(line.size() <= 998);
    bytes = rest;
  }
}

struct Sample {
  Establishment board;
  TemplateText text;
  NoticeDraft draft;

  Sample() {
    board.title = "Example Safeguarding Partnership";
    board.contact = {"The QA officer", "020 7946 0000", "qa@board.example", "020 7946 0999"};
    text.subject = "Return due";
    text.text = "The return is due.\n";
    draft.board = "example";
    draft.parts.resize(1);
    part().reference = "QRT-7F3K";
    draft.to_name = "Zoe Muller";
    draft.to_address = "zoe@nhs-east.example";
    draft.message_id = "<abc123@board.example>";
    part().text = &text;
    draft.establishment = &board;
  }
  Sample(const Sample&) = delete;

  void fill(std::string_view input) {
    auto [slots, words] = fuzz::cut(input, "\n%%\n");
    while (!slots.empty()) {
      const auto [line, rest] = fuzz::cut(slots, "\n");
      const auto [name, value] = fuzz::cut(line, "=");
      // A value may hold what ends a line: "|" stands for it.
      std::string slot{value};
      std::replace(slot.begin(), slot.end(), '|', '\n');
      put(std::string{name}, slot);
      slots = rest;
    }
    const auto [subject, body] = fuzz::cut(words, "\n");
    text.subject = subject;
    text.text = body;
  }

  void put(const std::string& name, const std::string& value) {
    part().slots[name] = value;
    if (name == "to_name") draft.to_name = value;
    if (name == "to_address") draft.to_address = value;
    if (name == "title") board.title = value;
    if (name == "mail") board.contact.mail = value;
    if (name == "reference") part().reference = value;
    if (name == "missed") part().missed.push_back(value);
    if (name == "banner") draft.banner = value;
    if (name == "parts" && draft.parts.size() < 3) draft.parts.push_back(part());
  }

  // The one that slots fill; those before it are as it was then (S10.2: many in one mail).
  NoticePart& part() { return draft.parts.back(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const notifiers::MailRenderer renderer;
  static const int headers = headers_of(renderer.render(Sample{}.draft));
  Sample sample;
  sample.fill(fuzz::text_of(data, size));
  std::string bytes;
  try {
    bytes = renderer.render(sample.draft);
  } catch (const IoError&) {
    return 0;  // braces that do not match: the check of a programme refuses these
  }
  // Several matters, or what is about none, belong to no thread: no In-Reply-To and References.
  const auto& parts = sample.draft.parts;
  const bool threaded = parts.size() == 1 && !parts.front().reference.empty();
  ASSURED_ASSERT(headers_of(bytes) == headers - (threaded ? 0 : 2));
  check_lines(bytes);
  ASSURED_ASSERT(bytes == renderer.render(sample.draft));  // S10.2: retries send the same
  return 0;
}
