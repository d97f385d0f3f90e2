// Makes the exact bytes of one mail: a Mustache text, filled from typed slots, as MIME (S10.6, S10.7).
#pragma once

#include <string>
#include <string_view>

#include "workflows/rendering.hpp"

namespace assured::notifiers {

// Renders the text once and sends it twice, as text/plain and as the same words in simple HTML, so
// that the two cannot say different things. Both are UTF-8; lines end in CRLF; nothing refers to a
// remote resource. Mails of one item thread together: each answers one stable, never sent, id.
// Equal drafts give equal bytes (the boundary comes from the Message-ID), as retries need (S10.2).
//
// Slots are one line each: what would end a line, or is no valid UTF-8, is replaced before it reaches
// the subject or the text. Besides the draft's own slots a template may show `name`, `board`,
// `contact_name`, `contact_phone`, `contact_mail`, `urgent_phone` and the list `missed`, each with its
// `when`. A slot that is empty is none, so that a section of its name is left out; of the blank lines that
// this leaves one stays. Whom to ring or write to, and dates that were missed, are added below the text
// when the template shows neither.
//
// Throws: IoError when the template cannot be parsed (a programme that was checked has none such).
// Thread: safe.
class MailRenderer : public Renderer {
 public:
  // `from_address` is the From: of every mail, one that the relay takes mail from; answers then go to the
  // board's own contact (Reply-To:). Empty: mail is from the board's contact itself.
  explicit MailRenderer(std::string from_address = {});
  std::string render(const NoticeDraft& draft) const override;

 private:
  std::string from_address_;
};

// The HTML part's document for `text`: a paragraph for each block of lines, everything escaped.
std::string html_of_text(std::string_view title, std::string_view text);

}  // namespace assured::notifiers
