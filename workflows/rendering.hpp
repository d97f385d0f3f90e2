// The port to what makes the exact bytes of one mail; implemented by notifiers/ (Mustache, GMime).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "workflows/programme.hpp"

namespace assured {

// What one prompt has to say in a mail.
struct NoticePart {
  std::string reference;  // of the item: mails of one item thread together
  std::map<std::string, std::string> slots;
  std::vector<std::string> missed;     // local texts of the missed dates (S6.1)
  const TemplateText* text = nullptr;  // Owner: the establishment
};

// One mail. Of family A it has one part; of B and C as many as wait for the same reader (S10.2).
struct NoticeDraft {
  std::string board;
  std::string to_name;
  std::string to_address;
  std::string message_id;
  Instant date;
  Family family = Family::c;
  std::string banner = {};  // stands above all else; empty: none
  std::vector<NoticePart> parts = {};
  const Establishment* establishment = nullptr;
};

class Renderer {
 public:
  virtual ~Renderer() = default;
  virtual std::string render(const NoticeDraft& draft) const = 0;  // MIME bytes, CRLF
};

}  // namespace assured
