#include "workflows/files.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "workflows/applying.hpp"
#include "workflows/roles.hpp"

namespace assured {

std::string file_name(const FileRecord& file, std::string_view reference) {
  return fmt::format("{} {} v{}.{}", reference, file.kind, file.version, file.type);
}

bool looks_like(std::string_view type, std::string_view bytes) {
  struct Signature {
    std::string_view type, start;
  };
  // Office documents are ZIP archives; a text may begin with anything but holds no NUL byte.
  static constexpr Signature signatures[] = {
      {"pdf", "%PDF-"},      {"docx", "PK\x03\x04"}, {"xlsx", "PK\x03\x04"},  {"odt", "PK\x03\x04"},
      {"ods", "PK\x03\x04"}, {"png", "\x89PNG"},     {"jpg", "\xff\xd8\xff"},
  };
  for (const Signature& s : signatures)
    if (s.type == type) return bytes.starts_with(s.start);
  return bytes.find('\0') == std::string_view::npos;
}

Result<Item> check_attachment(BoardReader& reader, const Programmes& programmes,
                              const AttachFile& command, std::string_view bytes, Instant now) {
  const Programmes::Board* board = programmes.find_board(command.board);
  if (board == nullptr) return Error{Errc::not_found, "there is no such board here", "board"};
  if (auto known = check_channel(command.caller); !known) return known.error();
  const auto item = reader.find_item(command.item);
  if (!item) return Error{Errc::not_found, "there is no such item", "item"};
  const Rules rules = programmes.rules(*board, item->programme);
  const KindDef* kind = rules.definition.find_kind(item->kind);
  ASSURED_ASSERT(kind != nullptr);
  const FileDef* file = nullptr;
  std::string known;
  for (const FileDef& def : kind->files) {
    known += (known.empty() ? "" : ", ") + def.name;
    if (def.name == command.kind) file = &def;
  }
  if (file == nullptr)
    return Error{Errc::invalid,
                 known.empty() ? fmt::format("“{}” takes no files", kind->name)
                               : fmt::format("“{}” takes these files: {}", kind->name, known),
                 "kind"};
  if (std::find(file->types.begin(), file->types.end(), command.type) == file->types.end())
    return Error{Errc::invalid,
                 fmt::format("“{}” is one of: {}", file->name, fmt::join(file->types, ", ")),
                 "type"};
  if (bytes.empty()) return Error{Errc::invalid, "the file is empty", "file"};
  if (bytes.size() > file->mb_max * 1024 * 1024)
    return Error{Errc::invalid, fmt::format("the file is larger than {} MB", file->mb_max), "file"};
  if (!looks_like(command.type, bytes))
    return Error{Errc::invalid, fmt::format("this is not a {} file", command.type), "file"};
  const StateDef* state = kind->find_state(item->state);
  if (is_gone(item->state) || (state != nullptr && state->final))
    return Error{Errc::refused, "it is finished; its files can no longer change"};

  const auto shared = reader.load_people();
  const People& people = *shared;
  const auto assignments = reader.assignments_of({item->id});
  const RoleScope scope{rules.establishment, rules.definition, *item, assignments, people, {}};
  const Date today = local_date(now, *rules.time.zone);
  if (auto caller = check_caller(rules.establishment, people, command.caller.person,
                                 command.caller.for_post, today);
      !caller)
    return caller.error();
  bool may = is_one_of({RoleTerm{RoleTerm::Kind::owner, {}}}, scope, command.caller.person,
                       command.caller.for_post, today);
  for (const std::string& post : people.posts_of(command.caller.person, today)) {
    const PostDef* def = rules.establishment.find_post(post);
    may |= def != nullptr && (def->agency.empty() || def->agency == item->agency);
  }
  if (!may)
    return Error{Errc::forbidden,
                 "only the board team, its owner or its agency may add files to this"};
  return *item;
}

Result<FileRecord> attach_file(WriteTx& tx, const Programmes&, const AttachFile& command,
                               Instant now) {
  BoardWriter& writer = tx.board(command.board);
  FileRecord file;
  file.item = command.item;
  file.kind = command.kind;
  file.version = 1;
  for (const FileRecord& earlier : writer.files_of(command.item))
    if (earlier.kind == command.kind) file.version = std::max(file.version, earlier.version + 1);
  file.digest = command.digest;
  file.type = command.type;
  file.bytes = command.bytes;
  file.at = now;
  file.actor = command.caller.person;
  file.for_post = command.caller.for_post;
  JournalHead head;
  head.actor = command.caller.person;
  head.for_post = command.caller.for_post;
  head.channel = command.caller.channel;
  head.kind = "attach";
  head.item = command.item;
  head.occurred_at = now;
  writer.write_file(head, file, now);
  return file;
}

}  // namespace assured
