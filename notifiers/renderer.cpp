#include "notifiers/renderer.hpp"

#include <fmt/format.h>
#include <gmime/gmime.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <kainjow/mustache.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace assured::notifiers {

namespace {

template <class T>
struct Unref {
  void operator()(T* object) const { g_object_unref(object); }
};
template <class T>
using Owned = std::unique_ptr<T, Unref<T>>;

struct FreeText {
  void operator()(char* text) const { g_free(text); }
};

// One line of valid UTF-8: a slot that could end a line could start a header, or forge a paragraph.
std::string one_line(std::string_view text) {
  const std::unique_ptr<char, FreeText> valid{
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()))};
  std::string line{valid.get()};
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = ' ';
  }
  // U+0085, U+2028 and U+2029 end lines too, for some readers.
  for (const std::string_view separator : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
    for (auto at = line.find(separator); at != std::string::npos; at = line.find(separator, at))
      line.replace(at, separator.size(), " ");
  }
  return line;
}

std::string hex_digest(std::string_view text) {
  std::array<unsigned char, 16> digest{};
  crypto_generichash(digest.data(), digest.size(),
                     reinterpret_cast<const unsigned char*>(text.data()), text.size(), nullptr, 0);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

using kainjow::mustache::data;

data slots_of(const NoticeDraft& draft, const NoticePart& part) {
  data slots{data::type::object};
  const Establishment& board = *draft.establishment;
  slots.set("name", one_line(draft.to_name));
  slots.set("board", one_line(board.title));
  const std::array<std::pair<const char*, const std::string*>, 4> contact{{
      {"contact_name", &board.contact.name},
      {"contact_phone", &board.contact.phone},
      {"contact_mail", &board.contact.mail},
      {"urgent_phone", &board.contact.urgent_phone},
  }};
  for (const auto& [name, value] : contact)
    if (!value->empty()) slots.set(name, one_line(*value));
  data missed{data::type::list};
  for (const auto& date : part.missed) {
    data row{data::type::object};
    row.set("when", one_line(date));
    missed.push_back(row);
  }
  slots.set("missed", missed);
  // The draft's own come last, so that they win. One that is empty is left out: for Mustache an empty
  // text is true, and `{{#agency}} of {{agency}}{{/agency}}` is to vanish. `field.due_date` is a path.
  std::map<std::string, data> inner;
  for (const auto& [name, value] : part.slots) {
    if (value.empty()) continue;
    const auto dot = name.find('.');
    if (dot == std::string::npos)
      slots.set(name, one_line(value));
    else
      inner.try_emplace(name.substr(0, dot), data::type::object)
          .first->second.set(name.substr(dot + 1), one_line(value));
  }
  for (const auto& [name, object] : inner) slots.set(name, object);
  return slots;
}

// A board has a few dozen wordings of a kilobyte; those of old definitions and of other boards come and go. One
// that is parsed takes twenty times its text.
constexpr std::size_t parsed_bytes_max = 512 * 1024;

std::string fill(const std::string& text, const data& slots, const TemplateText& source) {
  // Kept, since parsing takes longer than filling; by thread, since render() is not const.
  thread_local std::map<std::string, kainjow::mustache::mustache> parsed;
  thread_local std::size_t parsed_bytes = 0;
  if (parsed_bytes > parsed_bytes_max) {
    parsed.clear();
    parsed_bytes = 0;
  }
  const auto [at, is_new] = parsed.try_emplace(text, text);
  if (is_new) parsed_bytes += text.size();
  kainjow::mustache::mustache& mustache = at->second;
  if (!mustache.is_valid())
    throw IoError(fmt::format("{}: this template cannot be filled: {}", source.place.file,
                              mustache.error_message()));
  // The words are plain text here; html_of_text() escapes the whole once more for the other part.
  if (is_new) mustache.set_custom_escape([](const std::string& s) { return s; });
  return mustache.render(slots);
}

bool shows(const NoticePart& part, std::string_view slot) {
  return part.text->text.find(slot) != std::string::npos;
}

bool any_shows(const NoticeDraft& draft, std::string_view slot) {
  return std::any_of(draft.parts.begin(), draft.parts.end(),
                     [&](const NoticePart& part) { return shows(part, slot); });
}

// What a part must say below the board's own words, unless they say it already.
std::string missed_of(const NoticePart& part) {
  if (part.missed.empty() || shows(part, "missed")) return {};
  std::string text = "\nThis message stands for earlier ones that could not be sent on time:\n";
  for (const auto& date : part.missed) text += one_line(date) + "\n";
  return text;
}

// The same for the whole mail.
std::string closing_of(const NoticeDraft& draft) {
  std::string closing;
  const Contact& contact = draft.establishment->contact;
  if (draft.family == Family::a && !contact.urgent_phone.empty() &&
      !any_shows(draft, "urgent_phone"))
    closing += fmt::format("\nIf a child or adult may be at immediate risk, call {} now.\n",
                           one_line(contact.urgent_phone));
  if (!any_shows(draft, "contact_phone") && !any_shows(draft, "contact_mail")) {
    std::string ways = one_line(contact.name);
    for (const auto* way : {&contact.phone, &contact.mail})
      if (!way->empty()) ways += (ways.empty() ? "" : ", ") + one_line(*way);
    closing += fmt::format("\nQuestions: {}\n", ways);
  }
  if (!any_shows(draft, "{{board}}"))
    closing += fmt::format("{}\n", one_line(draft.establishment->title));
  return closing;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// Sections that show nothing leave their lines behind: one blank line stays of several, and none at either end.
std::string squeezed(const std::string& text) {
  std::string out;
  bool blank_before = false;
  for (const std::string& line : lines_of(text)) {
    if (line.find_first_not_of(" \t") == std::string::npos) {
      blank_before = !out.empty();
      continue;
    }
    if (blank_before) out += '\n';
    blank_before = false;
    out += line + '\n';
  }
  return out;
}

struct Words {
  std::string subject;
  std::string text;
};

Words words_of(const NoticeDraft& draft, const NoticePart& part) {
  const data slots = slots_of(draft, part);
  Words words{one_line(fill(part.text->subject, slots, *part.text)),
              fill(part.text->text, slots, *part.text)};
  std::erase(words.text, '\r');  // templates edited elsewhere; the writer makes every line CRLF
  words.text = squeezed(words.text) + missed_of(part);
  return words;
}

// Several matters in one mail, one after the other. A line that every one of them ends with, such as
// whom to ask, stands once at the end.
Words joined_words(const std::vector<Words>& all) {
  std::vector<std::vector<std::string>> texts;
  for (const Words& words : all) texts.push_back(lines_of(words.text));
  std::vector<std::string> common;
  for (;;) {
    for (auto& lines : texts)
      while (!lines.empty() && lines.back().find_first_not_of(" \t") == std::string::npos)
        lines.pop_back();
    const bool alike = std::all_of(texts.begin(), texts.end(), [&](const auto& lines) {
      return lines.size() > 1 && lines.back() == texts.front().back();
    });
    if (!alike) break;
    common.insert(common.begin(), texts.front().back());
    for (auto& lines : texts) lines.pop_back();
  }
  Words joined;
  joined.subject = fmt::format("{} (and {} more)", all.front().subject, all.size() - 1);
  joined.text = fmt::format("{} matters wait for you.\n", all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    joined.text += fmt::format("\n{}. {}\n\n", i + 1, all[i].subject);
    for (const std::string& line : texts[i]) joined.text += line + '\n';
  }
  if (!common.empty()) joined.text += '\n';
  for (const std::string& line : common) joined.text += line + '\n';
  return joined;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

// GMime picks its own charset for text parts ("Zoë" becomes iso-8859-1), so the bytes go in through
// a data wrapper with the charset said by us.
Owned<GMimePart> text_part(const char* subtype, const std::string& text) {
  Owned<GMimePart> part{g_mime_part_new_with_type("text", subtype)};
  const Owned<GMimeStream> stream{g_mime_stream_mem_new_with_buffer(text.data(), text.size())};
  const Owned<GMimeDataWrapper> content{
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT)};
  g_mime_part_set_content(part.get(), content.get());
  g_mime_part_set_content_encoding(part.get(), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  g_mime_object_set_content_type_parameter(GMIME_OBJECT(part.get()), "charset", "utf-8");
  return part;
}

void add_mailbox(GMimeMessage* message, GMimeAddressType type, const std::string& name,
                 const std::string& address) {
  InternetAddress* mailbox =
      internet_address_mailbox_new(name.empty() ? nullptr : name.c_str(), address.c_str());
  internet_address_set_charset(mailbox, "utf-8");
  internet_address_list_add(g_mime_message_get_addresses(message, type), mailbox);
  g_object_unref(mailbox);
}

void set_header(GMimeMessage* message, const char* name, const std::string& value) {
  g_mime_object_set_header(GMIME_OBJECT(message), name, value.c_str(), "UTF-8");
}

// Without its angle brackets, as GMime takes it.
std::string bare_id(std::string_view id) {
  if (id.size() >= 2 && id.front() == '<' && id.back() == '>') id = id.substr(1, id.size() - 2);
  return one_line(id);
}

std::string thread_id_of(const NoticeDraft& draft, const std::string& message_id) {
  const auto at = message_id.rfind('@');
  const std::string domain = at == std::string::npos ? "localhost" : message_id.substr(at + 1);
  return fmt::format("<item.{}@{}>",
                     hex_digest(draft.board + '\n' + draft.parts.front().reference), domain);
}

}  // namespace

std::string html_of_text(std::string_view title, std::string_view text) {
  std::string body;
  bool open = false;
  std::size_t from = 0;
  while (from < text.size()) {
    const auto end = std::min(text.find('\n', from), text.size());
    const std::string_view line = text.substr(from, end - from);
    from = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
      if (open) body += "</p>\n";
      open = false;
      continue;
    }
    body += open ? "<br>\n" : "<p>";
    open = true;
    body += escaped(line);
  }
  if (open) body += "</p>\n";
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en-GB\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n</head>\n"
      "<body style=\"font-family: Arial, sans-serif; font-size: 16px; line-height: 1.5; "
      "color: #0b0c0c; background: #ffffff; max-width: 40em\">\n{}</body>\n</html>\n",
      escaped(title), body);
}

MailRenderer::MailRenderer(std::string from_address) : from_address_(std::move(from_address)) {
  static std::once_flag once;
  std::call_once(once, [] {
    g_mime_init();
    if (sodium_init() < 0) throw IoError("libsodium could not be initialised");
  });
}

std::string MailRenderer::render(const NoticeDraft& draft) const {
  ASSURED_ASSERT(!draft.parts.empty() && draft.establishment != nullptr);
  std::vector<Words> all;
  for (const NoticePart& part : draft.parts) all.push_back(words_of(draft, part));
  const Words words = all.size() == 1 ? std::move(all.front()) : joined_words(all);
  const std::string& subject = words.subject;
  std::string text = draft.banner.empty() ? std::string{} : one_line(draft.banner) + "\n\n";
  text += words.text + closing_of(draft);

  const Contact& contact = draft.establishment->contact;
  const std::string message_id = bare_id(draft.message_id);
  const Owned<GMimeMessage> message{g_mime_message_new(FALSE)};
  const std::string title = one_line(draft.establishment->title);
  const std::string contact_mail = one_line(contact.mail);
  const std::string from = from_address_.empty() ? contact_mail : from_address_;
  add_mailbox(message.get(), GMIME_ADDRESS_TYPE_FROM, title, from);
  if (!contact_mail.empty() && contact_mail != from)
    add_mailbox(message.get(), GMIME_ADDRESS_TYPE_REPLY_TO, one_line(contact.name), contact_mail);
  add_mailbox(message.get(), GMIME_ADDRESS_TYPE_TO, one_line(draft.to_name),
              one_line(draft.to_address));
  g_mime_message_set_subject(message.get(), subject.c_str(), "UTF-8");
  const std::unique_ptr<GDateTime, decltype(&g_date_time_unref)> date{
      g_date_time_new_from_unix_utc(
          std::chrono::floor<std::chrono::seconds>(draft.date).time_since_epoch().count()),
      &g_date_time_unref};
  g_mime_message_set_date(message.get(), date.get());
  g_mime_message_set_message_id(message.get(), message_id.c_str());
  // Several matters, or none, belong to no one thread.
  if (draft.parts.size() == 1 && !draft.parts.front().reference.empty()) {
    const std::string thread = thread_id_of(draft, message_id);
    set_header(message.get(), "In-Reply-To", thread);
    set_header(message.get(), "References", thread);
  }
  set_header(message.get(), "Auto-Submitted", "auto-generated");

  const Owned<GMimeMultipart> both{g_mime_multipart_new_with_subtype("alternative")};
  g_mime_multipart_set_boundary(both.get(), ("=_" + hex_digest(message_id)).c_str());
  const std::string html = html_of_text(subject, text);
  const auto plain_part = text_part("plain", text);
  const auto html_part = text_part("html", html);
  g_mime_multipart_add(both.get(), GMIME_OBJECT(plain_part.get()));
  g_mime_multipart_add(both.get(), GMIME_OBJECT(html_part.get()));
  g_mime_message_set_mime_part(message.get(), GMIME_OBJECT(both.get()));

  const std::unique_ptr<GMimeFormatOptions, decltype(&g_mime_format_options_free)> format{
      g_mime_format_options_new(), &g_mime_format_options_free};
  g_mime_format_options_set_newline_format(format.get(), GMIME_NEWLINE_FORMAT_DOS);
  const std::unique_ptr<char, FreeText> bytes{
      g_mime_object_to_string(GMIME_OBJECT(message.get()), format.get())};
  return std::string{bytes.get()};
}

}  // namespace assured::notifiers
