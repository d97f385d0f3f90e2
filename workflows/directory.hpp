// People and the posts they hold: data, not programme (S1.4), and what role terms resolve to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workflows/programme.hpp"

namespace assured {

struct Person {
  std::string id;    // chosen by the board, "jane-okafor"; unique on the board
  std::string name;  // staff, never a child or relative
  std::string mail;
  std::string phone;
  bool operator==(const Person&) const = default;
};

// `mail` with its domain in small letters, as people files are read: a domain means the same in any, the part
// before it may not (RFC 5321, 2.4).
std::string with_small_domain(std::string mail);

// Half-open in time: [from, to).
struct Holding {
  std::string person;
  std::string post;
  Date from;
  std::optional<Date> to;
  bool operator==(const Holding&) const = default;
  bool covers(Date day) const { return from <= day && (!to || day < *to); }
};

// The people of one board, as facts for decide() and for addressing.
struct People {
  std::vector<Person> persons;
  std::vector<Holding> holdings;

  // Makes the questions below cost what they find and not how many there are, as long as neither list is
  // changed after it. The store does it for what it loads.
  void index();

  const Person* find_person(std::string_view id) const;
  std::vector<std::string> posts_of(std::string_view person, Date day) const;
  // Posts held at any time in [from, to].
  std::vector<std::string> posts_of_between(std::string_view person, Date from, Date to) const;
  std::vector<std::string> holders_of(std::string_view post, Date day) const;

  // Of index(): positions, in the order of the text that is looked for; empty without.
  std::vector<std::size_t> persons_by_id = {}, holdings_by_person = {}, holdings_by_post = {};
};

// Who owes or is told: a post, or an assignment on the item. Written "post:nhs-east/lead" and
// "assigned:auditor"; this is the recipient in a fired rung's key (S3.4). A person alone, written
// "person:jane-okafor", who takes over the post that owes, and a bare address, written
// "address:jane@board.example", are told only; they owe nothing.
struct Party {
  enum class Kind { post, assigned, person, address } kind = Kind::post;
  std::string name;  // post id, role of the assignment, id of the person, or the address
  bool operator==(const Party&) const = default;
  auto operator<=>(const Party&) const = default;
};
std::string to_text(const Party& party);
std::optional<Party> parse_party(std::string_view text);

// One mistake in a row of a people file.
struct RowError {
  std::size_t row = 0;  // from 1
  std::string field;
  std::string message;
};

struct PeopleFile {
  std::vector<Person> persons;
  std::vector<Holding> holdings;
  std::vector<RowError> errors;  // when not empty, nothing may be loaded
};

// Reads [[person]] tables: id, name, mail, phone, posts = [{ post, from, to }]. Checks posts against
// the establishment and addresses against the agency's domains; refuses retired mail domains
// (gsi, gse, gsx, gcsx, pnn; DOMAIN.md 7), what is longer than mail takes (RFC 5321), and the ids by which the
// journal calls the service (system, operator, time). All rows are read and every error is reported.
PeopleFile parse_people(std::string_view toml, std::string_view source,
                        const Establishment& establishment);

// The same from a table whose first row names the columns: person, name, mail, phone, post, from, to, in
// any order; phone and to may be absent. A row for each post that somebody holds. Rows of errors are
// counted as spreadsheets do, the first is 1.
PeopleFile parse_people_csv(std::string_view csv, const Establishment& establishment);

}  // namespace assured
