// A small programme that loads: an audit with one return for each agency, a concern as its third
// kind, two agencies, two bodies, ladders of families A and C. Tests break it by replacing a piece.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/programme.hpp"

namespace assured::test {

inline constexpr std::string_view small_programme_toml = R"toml(
format = 1
board = "riverton"
title = "Riverton Safeguarding Partnership"
zone = "Europe/London"
nation = "england-and-wales"
close_of_day = "17:00"
morning = "09:00"
send_window = { from = "08:00", to = "18:00" }
office_hours = { from = "09:00", to = "17:00" }
correct_within = "1d"

[vacancy]
owed_by = "board:administrator"
within = "2wd"
ladder = "chasing"
source = "local policy, to be confirmed"

[notices]
moved = "moved"
hand_over = "hand-over"
moved_urgent = "unsafe"
hand_over_urgent = "unsafe"

[contact]
name = "Board office"
phone = "01234 567890"
mail = "office@riverton.example"
urgent_phone = "01234 999999"

[area.north]
title = "North Riverton"
[area.south]
title = "South Riverton"

[body.qa-subgroup]
title = "Quality Assurance Sub-Group"
aliases = ["QA Sub Committee"]
members = ["qa-chair", "nhs/lead"]
set_date = { by = "board:administrator", within = "5wd", ladder = "chasing", source = "local policy, to be confirmed" }
[body.board]
title = "The Board"
members = ["chair"]
set_date = { by = "board:administrator", within = "5wd", ladder = "chasing", source = "local policy, to be confirmed" }

[post.chair]
title = "Independent chair"
[post.business-manager]
title = "Business manager"
above = "chair"
[post.qa-chair]
title = "Chair of the sub-group"
above = "chair"
[post.qa-officer]
title = "Quality assurance officer"
above = "business-manager"
[post.administrator]
title = "Board administrator"
above = "business-manager"
mailbox = "office@riverton.example"

[agency.nhs]
title = "Riverton NHS Trust"
domains = ["nhs.example"]
[agency.nhs.post.lead]
title = "Named nurse"
above = "nhs/director"
[agency.nhs.post.director]
title = "Director of nursing"
above = "chair"

[agency.police]
title = "Riverton Police"
domains = ["police.example"]
[agency.police.post.lead]
title = "Detective inspector"
above = "police/director"
[agency.police.post.director]
title = "Superintendent"
above = "chair"

[kind.audit]
title = "Audit"
initial = "planned"
[kind.audit.start]
event = "plan-audit"
title = "Plan an audit"
by = ["board:qa-officer"]
takes = ["theme", "area", "held_on"]
[kind.audit.state.planned]
title = "Planned"
owner = "board:qa-officer"
deadline = { after = "20wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed"
[kind.audit.state.running]
title = "Returns are out"
owner = "board:qa-officer"
[kind.audit.state.reporting]
title = "Report to the sub-group"
owner = "board:qa-officer"
deadline = { at = "next qa-subgroup - 5wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed"
[kind.audit.state.closed]
title = "Closed"
final = true
[[kind.audit.field]]
name = "theme"
type = "text"
class = "internal"
[[kind.audit.field]]
name = "area"
type = "enumeration"
values = ["north", "south"]
class = "internal"
indexed = true
[[kind.audit.field]]
name = "involved"
type = "agencies"
class = "internal"
[[kind.audit.field]]
name = "held_on"
type = "date"
class = "internal"
[[kind.audit.obligation]]
name = "collect the returns"
owed_by = "board:qa-officer"
opens_on = ["state:running"]
closes_on = ["state:reporting"]
due = { after = "30wd", from = "entry" }
source = "local policy, to be confirmed"
family = "C"
ladder = "chasing"
[[kind.audit.transition]]
from = ["planned"]
event = "send-out"
to = "running"
title = "Ask the agencies"
by = ["board:qa-officer"]
takes = ["involved"]
requires = [{ field = "involved" }, { field = "theme" }]
effects = [{ create = "return", each = "involved", copy = { area = "area" } }]
[[kind.audit.transition]]
from = ["running"]
event = "all-in"
to = "reporting"
auto = true
requires = [
  { all = "return", in = ["accepted", "excused"] },
  { count = "return", where = { state = ["accepted"], area = "north" }, at_least = 1, says = "1 accepted return is needed" },
]
[[kind.audit.transition]]
from = ["reporting"]
event = "approve"
by = ["board:qa-chair"]
effects = [{ approve = "qa-subgroup" }]
[[kind.audit.transition]]
from = ["reporting"]
event = "close"
to = "closed"
by = ["board:qa-officer"]
requires = [{ approved_by = ["qa-subgroup"] }, { met = "qa-subgroup" }]
effects = [{ tell = ["board:chair", "body:qa-subgroup"], template = "closed" }]
[[kind.audit.transition]]
from = "*"
event = "withdraw"
to = "closed"
by = ["board:business-manager"]
requires = [{ reason = true }]
effects = [{ cascade = "withdraw-return", kind = "return" }]

[kind.return]
title = "Single-agency audit"
parent = "audit"
initial = "notified"
[kind.return.state.notified]
title = "Agency notified"
owner = "agency:lead"
deadline = { after = "5wd", from = "entry" }
ladder = "returns"
family = "C"
source = "local policy, to be confirmed"
[kind.return.state.allocated]
title = "Auditor named"
owner = "assigned:auditor"
[kind.return.state.submitted]
title = "With the board"
owner = "board:qa-officer"
deadline = { after = "10wd", from = "entry" }
ladder = "chasing"
family = "C"
source = "local policy, to be confirmed"
[kind.return.state.accepted]
final = true
[kind.return.state.excused]
final = true
[kind.return.state.withdrawn]
final = true
[[kind.return.field]]
name = "area"
type = "enumeration"
values = ["north", "south"]
class = "internal"
indexed = true
[[kind.return.field]]
name = "files_read"
type = "number"
class = "internal"
[[kind.return.field]]
name = "last_involvement"
type = "date"
class = "internal"
[[kind.return.field]]
name = "finding"
type = "text"
[[kind.return.field]]
name = "no_worker_reason"
type = "text"
[[kind.return.obligation]]
name = "return the audit"
owed_by = "assigned:auditor"
fallback = "agency:lead"
opens_on = ["state:allocated"]
closes_on = ["event:submit"]
due = { after = "20wd", from = "entry" }
due_again = { after = "5wd", from = "now" }
source = "local policy, to be confirmed"
family = "C"
ladder = "returns"
[[kind.return.transition]]
from = ["notified"]
event = "allocate"
to = "allocated"
by = ["agency:lead"]
takes = ["no_worker_reason"]
requires = [{ independent = "auditor", of = ["case-holder"], unless = "no_worker_reason", look_back = "12mo" }]
effects = [{ assign = "auditor" }, { assign = "case-holder", optional = true }]
[[kind.return.transition]]
from = ["allocated"]
event = "submit"
to = "submitted"
by = ["assigned:auditor", "agency:lead"]
takes = ["files_read", "last_involvement", "finding"]
requires = [
  { field = "files_read" },
  { field = "last_involvement", within = "12mo", before = "parent.held_on" },
]
[[kind.return.transition]]
from = ["submitted"]
event = "send-back"
to = "allocated"
by = ["board:qa-officer"]
requires = [{ reason = true }]
[[kind.return.transition]]
from = ["submitted"]
event = "accept"
to = "accepted"
by = ["board:qa-officer"]
[[kind.return.transition]]
from = ["notified", "allocated"]
event = "excuse"
to = "excused"
excuse = true
by = ["board:chair"]
requires = [{ reason = true }]
[[kind.return.transition]]
from = "*"
event = "withdraw-return"
to = "withdrawn"
by = ["board:business-manager"]

[kind.concern]
title = "Concern"
parent = "audit"
initial = "raised"
agency_from = "about"
[kind.concern.start]
event = "raise-concern"
title = "Raise a concern"
by = ["anyone"]
takes = ["about"]
requires = [{ field = "about" }]
[kind.concern.state.raised]
title = "Raised"
owner = "agency:lead"
[kind.concern.state.answered]
title = "Answered"
final = true
[[kind.concern.field]]
name = "about"
type = "text"
class = "internal"
[[kind.concern.obligation]]
name = "answer the concern"
owed_by = "agency:lead"
opens_on = ["state:raised"]
closes_on = ["event:answer"]
due = { after = "24h", from = "entry" }
source = "local policy, to be confirmed"
family = "A"
ladder = "unsafe"
[[kind.concern.transition]]
from = ["raised"]
event = "answer"
to = "answered"
by = ["agency:lead"]

[ladder.chasing]
family = "C"
ack_max = "5d"
[[ladder.chasing.rung]]
at = "-2wd"
to = ["owner"]
template = "due-soon"
[[ladder.chasing.rung]]
at = "+1wd"
to = ["owner", "owner.above"]
template = "late"
repeat = { every = "5wd", until = "closed" }

[ladder.returns]
family = "C"
ack_max = "5d"
[[ladder.returns.rung]]
at = "-5wd"
to = ["owner"]
template = "due-soon"
[[ladder.returns.rung]]
at = "+1wd"
to = ["owner", "agency:lead"]
template = "late"
[[ladder.returns.rung]]
at = "+5wd"
to = ["owner.above2", "board:qa-officer"]
template = "late"
repeat = { every = "5wd", until = "closed" }

[ladder.unsafe]
family = "A"
[[ladder.unsafe.rung]]
at = "-4h"
to = ["owner"]
template = "unsafe"
[[ladder.unsafe.rung]]
at = "0h"
to = ["owner", "owner.above"]
template = "unsafe"
repeat = { every = "4h", until = "closed" }

[template.due-soon]
slots = ["reference", "obligation", "due"]
[template.late]
slots = ["reference", "obligation", "due", "missed", "what_next"]
[template.unsafe]
slots = ["reference", "due", "urgent_phone"]
[template.closed]
slots = ["reference", "field.held_on"]
[template.moved]
slots = ["reference", "due"]
[template.hand-over]
slots = ["reference", "obligation", "due"]
)toml";

inline std::vector<SourceText> small_programme_templates() {
  return {
      {"templates/closed.mustache",
       "Subject: {{reference}} is closed\n\nHeld on {{field.held_on}}.\n"},
      {"templates/due-soon.mustache",
       "Subject: {{reference}} is due\n\n{{obligation}} is due on {{due}}.\n"},
      {"templates/hand-over.mustache",
       "Subject: {{reference}} is now yours\n\n{{obligation}} is due on {{due}}.\n"},
      {"templates/late.mustache",
       "Subject: {{reference}} is late\n\n{{obligation}} was due on {{due}}.\n"
       "{{#missed}}Not sent: {{when}}.\n{{/missed}}Next: {{what_next}}.\n"},
      {"templates/moved.mustache",
       "Subject: {{reference}} has moved\n\nIt is now due on {{due}}.\n"},
      {"templates/unsafe.mustache",
       "Subject: {{reference}} needs an answer\n\nBy {{due}}. Call {{urgent_phone}} now.\n"},
  };
}

// `text` with its one `from` made `to`; a `from` that is not there, or twice, is a mistake of the
// test.
inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + std::string{from});
  if (text.find(from, at + 1) != std::string::npos)
    throw std::logic_error("more than once in the text: " + std::string{from});
  return text.replace(at, from.size(), to);
}

inline ProgrammeReading read_small_programme(std::string_view toml = small_programme_toml) {
  return parse_programme({{"small.toml", std::string{toml}}}, small_programme_templates());
}

// The programme itself; the fixture must load.
inline Programme small_programme() {
  auto reading = read_small_programme();
  if (!reading.programme) {
    std::string told;
    for (const auto& mistake : reading.mistakes) told += to_text(mistake) + "\n";
    throw std::logic_error(told);
  }
  return std::move(*reading.programme);
}

}  // namespace assured::test
