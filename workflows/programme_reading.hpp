// Reading programme tables with toml++. Internal: only the files that read TOML include this.
//
// Nodes are passed by reference throughout: a copied toml++ node has lost its line.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "workflows/mistakes.hpp"
#include "workflows/programme.hpp"
#include "workflows/toml_text.hpp"

namespace assured::reading {

// One TOML table under its dotted path. Each get marks its key as known; finish() reports the
// others. A value that is there but cannot be read is a mistake, and the answer is as if it were
// absent; ask has() to tell the two apart.
class Row {
 public:
  // `file` and `mistakes` outlive the row, as does `table`.
  Row(const toml::table& table, const std::string& file, std::string path, Mistakes& mistakes);

  const std::string& path() const { return path_; }
  SourcePlace place() const { return place_of(table_->source()); }
  SourcePlace place_of_key(std::string_view key) const;
  Mistakes& mistakes() const { return *mistakes_; }
  const std::string& file() const { return *file_; }

  // A mistake about a key of this table, at the key, or at the table where the key is absent.
  void mistake(std::string_view key, std::string message, std::string remedy = {}) const;
  // The mistake of a key that must be there.
  void missing(std::string_view key, std::string remedy) const;

  bool has(std::string_view key);
  // The same without marking the key as known.
  bool holds(std::string_view key) const { return table_->contains(key); }
  std::vector<std::string> keys() const;
  std::optional<std::string> text(std::string_view key);
  std::string required_text(std::string_view key, std::string remedy);
  bool flag(std::string_view key);
  std::optional<int> number(std::string_view key);
  std::vector<std::string> texts(std::string_view key);          // a list of texts
  std::vector<std::string> text_or_texts(std::string_view key);  // one text, or a list
  // Text, number, true/false or date, as a field's stored text.
  std::optional<std::string> stored(std::string_view key);
  std::optional<Span> span(std::string_view key, bool allow_sign = false);
  std::optional<TimeOfDay> time(std::string_view key);
  std::optional<RoleTerm> role(std::string_view key);
  std::vector<RoleTerm> roles(std::string_view key);
  std::optional<Family> family(std::string_view key);
  std::optional<Row> table(std::string_view key);
  std::vector<Row> tables(std::string_view key);  // a list of tables
  // The tables inside table `key`, by name, in the order in which they stand in the file.
  std::vector<std::pair<std::string, Row>> entries(std::string_view key);
  // The keys of this table with their values as stored texts, but for `except`.
  std::vector<std::pair<std::string, std::string>> all_stored(std::string_view except = {});

  // Every key that nobody asked for is a mistake.
  void finish();

 private:
  SourcePlace place_of(const toml::source_region& source) const;
  const toml::node* find(std::string_view key);
  std::string path_of(std::string_view key) const;

  const toml::table* table_;
  const std::string* file_;
  std::string path_;
  Mistakes* mistakes_;
  std::set<std::string, std::less<>> asked_;
};

// What a role term that could not be read becomes, so that no later check speaks of it again.
inline RoleTerm unread_role() { return {RoleTerm::Kind::board, {}}; }
inline bool is_unread(const RoleTerm& term) {
  return term.kind == RoleTerm::Kind::board && term.name.empty();
}

// One parsed file.
struct Document {
  std::string file;
  toml::table root;
};

// Parses the texts; what cannot be parsed is a mistake. Adds the documents in order.
void parse_documents(const std::vector<SourceText>& files, const ProgrammeLimits& limits,
                     std::vector<Document>& documents, Mistakes& mistakes);

// One name declared twice, in two files, is a mistake that names both places. True when it is new.
bool note_name(const std::string& what, const std::string& path, const Row& row);

// { after, from }, { in_hours, else, from }, { at = "next BODY - 5wd" }, { on = FIELD }.
std::optional<DueRule> read_due(Row row);
Guards read_guards(Row& row, std::string_view key);
std::vector<Effect> read_effects(Row& row, std::string_view key);
KindDef read_kind(const std::string& name, Row row);
RatingDef read_rating(Row row, const KindDef& kind);
LadderDef read_ladder(const std::string& name, Row row);
// Top-level keys and tables of the definition, from every document.
void read_definition(std::vector<Row>& roots, Definition& definition);
// Top-level keys and tables of the establishment.
void read_establishment(std::vector<Row>& roots, Establishment& establishment);

}  // namespace assured::reading
