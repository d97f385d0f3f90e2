#include "store/board_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "store/digest.hpp"
#include "store/journal.hpp"
#include "store/sqlite_driver.hpp"
#include "store/writer.hpp"
#include "workflows/apply_outbox.hpp"
#include "workflows/embedded.hpp"

namespace assured::store {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view list_tables =
    "SELECT t.name, (SELECT c.name FROM pragma_table_info(t.name) c WHERE c.pk = 1)"
    " FROM main.sqlite_schema t WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " AND t.name <> 'migrations' ORDER BY t.name";
constexpr std::string_view list_columns =
    "SELECT group_concat('\"' || name || '\"', ', ') FROM pragma_table_info($table)";
constexpr std::string_view last_migration = "SELECT MAX(number) FROM migrations";
constexpr std::string_view list_boards = "SELECT DISTINCT board FROM journal ORDER BY board";
constexpr std::string_view list_files =
    "SELECT DISTINCT board, digest FROM files ORDER BY board, digest";

// What had been begun before the backup may have arrived since or not. Begun anew it is looked at again,
// finds the hold and is planned anew under it, by the same Message-ID (S10.4).
constexpr std::string_view begin_deliveries_anew =
    "UPDATE deliveries SET attempts = 0, state = 'pending', said = '', next_try_at ="
    " (SELECT n.created_at FROM notices n WHERE n.board = deliveries.board AND n.id = deliveries.notice)"
    " WHERE board = $board";
// Mail that somebody had released before the backup and that was not sent by then: it may have gone since.
// And what an earlier hold kept back, so that the end of this one lets it go too.
constexpr std::string_view prompts_to_hold =
    "SELECT p.id FROM prompts p WHERE p.board = $board AND ("
    "(p.state = 'pending' AND p.why = $released) OR"
    " (p.state = 'noticed' AND p.why = $released AND EXISTS (SELECT 1 FROM notice_prompts n"
    " JOIN deliveries d ON d.board = n.board AND d.notice = n.notice"
    " WHERE n.board = p.board AND n.prompt = p.id)) OR"
    " (p.state = 'held' AND p.why = $hold_before)) ORDER BY p.id";

struct TableOfBoards {
  std::string name;
  std::string columns;  // quoted, in order
};

std::unique_ptr<Connection> open(const fs::path& path) {
  SqliteOptions options;
  options.path = path.string();
  return open_sqlite(options);
}

std::vector<TableOfBoards> tables_of_boards(Connection& connection) {
  std::vector<TableOfBoards> tables;
  Query run = connection.query(list_tables);
  while (run.step()) {
    if (run.text(1) != "board")
      throw StoreError(fmt::format("The key of the table {} does not begin with board (S16.1).",
                                   run.text(0)),
                       false);
    Query columns = connection.query(list_columns);
    columns.bind("$table", run.text(0));
    columns.step();
    tables.push_back({run.text(0), columns.text(0)});
  }
  return tables;
}

std::int64_t schema_of(Connection& connection) {
  Query run = connection.query(last_migration);
  run.step();
  return run.integer(0);
}

std::vector<std::string> boards_of(Connection& connection) {
  std::vector<std::string> boards;
  Query run = connection.query(list_boards);
  while (run.step())
    if (run.text(0) != Store::operator_board) boards.push_back(run.text(0));
  return boards;
}

std::string head_of_board(Connection& connection, std::string_view board) {
  const auto head = read_chain_head(connection, board);
  return fmt::format("{}:{}", head.seq, to_hex(head.chain));
}

// Runs `work` in a write transaction. What it writes is whole boards, whose rows refer to none of
// another, as they stood in a database that was verified; looking up who refers to each row that goes
// would read the board once for each.
template <class Work>
void in_transaction(Connection& connection, const Work& work) {
  connection.run_script("PRAGMA foreign_keys = OFF");
  connection.begin_write();
  try {
    work();
    connection.commit();
  } catch (...) {
    connection.rollback();
    throw;
  }
}

void keep_boards(Connection& connection, const std::vector<std::string>& boards) {
  const auto known = boards_of(connection);
  for (const auto& board : boards)
    if (std::find(known.begin(), known.end(), board) == known.end())
      throw StoreError(fmt::format("There is no board {}; there are: {}.", board,
                                   fmt::join(known, ", ")),
                       false);
  const auto is_kept = [&](const std::string& board) {
    return std::find(boards.begin(), boards.end(), board) != boards.end();
  };
  in_transaction(connection, [&] {
    for (const auto& table : tables_of_boards(connection)) {
      std::vector<std::string> others;
      Query run = connection.query(fmt::format("SELECT DISTINCT board FROM \"{}\"", table.name));
      while (run.step())
        if (!is_kept(run.text(0))) others.push_back(run.text(0));
      for (const auto& other : others)
        connection.query(fmt::format("DELETE FROM \"{}\" WHERE board = $board", table.name))
            .bind("$board", other)
            .run();
    }
  });
  connection.query("VACUUM").run();  // nothing of the others stays in pages that are free
}

void hold_board(Connection& connection, const std::string& board, const RestoreNote& note,
                Instant now) {
  bool failed = false;
  PeopleCache people;  // of nobody else
  Writer writer{connection, board, people, std::nullopt, failed};
  // No prompt is held for an empty reason.
  const std::string hold_before = writer.find_value(outbox_hold_value).value_or("");
  writer.put_value(outbox_hold_value, note.hold);
  connection.query(begin_deliveries_anew).bind("$board", board).run();
  Decision decision;
  Query run = connection.query(prompts_to_hold);
  run.bind("$board", board).bind("$released", released).bind("$hold_before", hold_before);
  while (run.step()) {
    const auto was = writer.find_prompt(PromptId{run.integer(0)});
    Prompt prompt = *was;
    prompt.why = was->state == PromptState::held ? note.hold : std::string{};
    decision.prompts.push_back({*was, std::move(prompt)});
  }
  if (!decision.prompts.empty()) writer.write(note.head, decision, now);
}

void note_operator(Connection& connection, const RestoreNote& note, Instant now) {
  bool failed = false;
  PeopleCache people;
  Writer{connection, std::string{Store::operator_board}, people, std::nullopt, failed}.note(note.head, note.text,
                                                                                    now);
}

}  // namespace

std::int64_t known_schema() { return static_cast<std::int64_t>(embedded::migrations().size()); }

// VACUUM INTO and not sqlite3_backup in steps: that begins again from the first page whenever another
// connection commits, and under a service's writes may never end. VACUUM reads one snapshot, which in WAL
// mode keeps no writer waiting (the log only grows meanwhile), and its copy has none of the pages that
// removed rows once lay in.
void copy_database(const fs::path& path, const fs::path& copy,
                   const std::vector<std::string>& boards) {
  {
    const auto connection = open(path);
    if (const auto has = schema_of(*connection); has > known_schema())
      throw StoreError(fmt::format("This database is newer than this program: it has had migration {}, "
                                   "and the program knows up to {}. Use the newer program.",
                                   has, known_schema()),
                       false);
    connection->query("VACUUM INTO $copy").bind("$copy", copy.string()).run();
  }
  if (!boards.empty()) keep_boards(*open(copy), boards);
}

DatabaseContent read_content(const fs::path& path) {
  const auto connection = open(path);
  DatabaseContent content;
  content.schema = schema_of(*connection);
  for (const auto& board : boards_of(*connection))
    content.boards.push_back({board, head_of_board(*connection, board)});
  content.operator_head = head_of_board(*connection, Store::operator_board);
  Query run = connection->query(list_files);
  while (run.step()) content.files.push_back({run.text(0), run.text(1)});
  return content;
}

void replace_board(const fs::path& path, const fs::path& copy, std::string_view board,
                   const RestoreNote& note, Instant now) {
  const auto connection = open(path);
  connection->query("ATTACH $copy AS restored").bind("$copy", copy.string()).run();
  in_transaction(*connection, [&] {
    for (const auto& table : tables_of_boards(*connection)) {
      connection->query(fmt::format("DELETE FROM main.\"{}\" WHERE board = $board", table.name))
          .bind("$board", board)
          .run();
      connection
          ->query(fmt::format("INSERT INTO main.\"{0}\" ({1}) SELECT {1} FROM restored.\"{0}\""
                              " WHERE board = $board",
                              table.name, table.columns))
          .bind("$board", board)
          .run();
    }
    hold_board(*connection, std::string{board}, note, now);
    note_operator(*connection, note, now);
  });
}

void hold_restored(const fs::path& path, const RestoreNote& note, Instant now) {
  const auto connection = open(path);
  in_transaction(*connection, [&] {
    for (const auto& board : boards_of(*connection)) hold_board(*connection, board, note, now);
    note_operator(*connection, note, now);
  });
}

}  // namespace assured::store
