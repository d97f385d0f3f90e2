// Documents of items: listing, adding a version, reading one (CH-24, S12.3).
#include <charconv>

#include "web/json_text.hpp"
#include "web/problem.hpp"

namespace assured::web {

namespace {

json::object file_json(const Context& context, const Item& item, const FileRecord& file) {
  json::object row;
  row["kind"] = file.kind;
  row["version"] = file.version;
  row["name"] = file_name(file, item.reference);
  row["type"] = file.type;
  row["bytes"] = file.bytes;
  row["digest"] = file.digest;
  row["actor"] = file.actor;
  row["for_post"] = file.for_post;
  put_instant(row, "added", file.at, *context.board.zone);
  return row;
}

}  // namespace

Response get_files(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  json::array rows;
  for (const FileRecord& file : context.reader->files_of(item->id))
    rows.push_back(file_json(context, *item, file));
  json::object body;
  body["files"] = std::move(rows);
  return answer(body);
}

Response post_file(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  AttachFile command;
  command.board = context.board_id;
  command.item = item->id;
  command.kind = context.query("kind");
  command.type = context.query("type");
  command.caller.person = context.person;
  command.caller.for_post = context.query("for_post");
  command.caller.channel = context.query("channel");
  const std::string& bytes = context.request.body;
  command.bytes = static_cast<std::int64_t>(bytes.size());
  // What cannot be attached is not stored. It is asked nevertheless, and checked again there: a repeat is
  // answered by its key whatever has become of the item since (S14.2), and the item may end meanwhile.
  const bool fits =
      check_attachment(*context.reader, *context.programmes, command, bytes, context.now).has_value();
  // Durable before the transaction that names it; what no row names is swept after a day (S16.2).
  try {
    if (fits) command.digest = context.api.files.put(context.board_id, bytes);
  } catch (const IoError& error) {
    throw StoreError(error.what(), true);  // a full disk: to be tried again, as with all that is written
  }
  return submit(
      context,
      [&](WriteTx& tx, const Programmes& programmes, Instant now) -> Result<Done> {
        const auto again =
            check_attachment(tx.board(context.board_id), programmes, command, bytes, now);
        if (!again) return again.error();
        if (!fits) return Error{Errc::unavailable, "The item changed in this very moment; try again."};
        const auto file = attach_file(tx, programmes, command, now);
        if (!file) return file.error();
        return Done{json::serialize(file_json(context, *item, *file))};
      },
      201);
}

Response get_file(Context& context, const Segments& rest) {
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  const auto version = read_number(rest[4], "version");
  if (!version) return problem(version.error());
  if (!context.may_see_protected(*item))
    return problem(
        {Errc::forbidden, "Only the board's side and the item's own agency may read its files."});
  for (const FileRecord& file : context.reader->files_of(item->id)) {
    if (file.kind != rest[3] || file.version != *version) continue;
    auto bytes = context.api.files.find(context.board_id, file.digest);
    if (!bytes)
      return problem({Errc::internal, "The file's content is missing from the state folder."});
    record_reads(context,
                 {{context.now, context.person, item->id, file_name(file, item->reference)}});
    return {200, "application/octet-stream", std::move(*bytes)};
  }
  return problem({Errc::not_found, "There is no such file."});
}

Response get_reads(Context& context, const Segments& rest) {
  constexpr std::size_t reads_max = 500;
  const auto item = find_item(context, rest[1]);
  if (!item) return problem(item.error());
  const auto limit = read_limit(context, reads_max, reads_max);
  if (!limit) return problem(limit.error());
  json::array rows;
  for (const ReadRecord& read : context.reader->list_reads(item->id, *limit)) {
    json::object row;
    row["person"] = read.person;
    row["what"] = read.what;
    put_instant(row, "read", read.at, *context.board.zone);
    rows.push_back(std::move(row));
  }
  json::object body;
  body["reads"] = std::move(rows);
  return answer(body);
}

}  // namespace assured::web
