// Asking the service, and saying what it answered. Internal to cli/.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>

#include "cli/commands.hpp"
#include "cli/http_client.hpp"

namespace assured::cli {

namespace json = boost::json;

// A command line that cannot be carried out (exit 2).
class Usage : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// "/v1/boards/{board}/" and `path`, with the query. Asks the service which board when none was named.
// Throws: Usage (there are several, or none), Unreachable.
std::string board_path(const Target& target, const std::string& path, const Query& query = {});
std::string encoded(const std::string& text);

// What the command line calls a member of a body, where the two differ: "occurred_at", "--occurred".
using OptionNames = std::map<std::string, std::string>;

// Sends one request; on success prints the answer as it came with --json, else by `print`. A refusal goes
// to standard error in a sentence. Returns the exit code.
int ask(const Target& target, const std::string& method, const std::string& path,
        const std::string& body, const std::function<void(const json::object&)>& print,
        const OptionNames& options = {});

// Says a refusal; returns its exit code.
int say_problem(const Target& target, const Reply& reply, const OptionNames& options = {});

// Adds a text member, unless it is empty.
void put(json::object& body, const char* name, const std::string& text);

// "csv" of "People.CSV"; empty where there is none.
std::string extension_of(const std::string& path);

// A member's text, fit for a terminal; numbers as they are written, nothing for what is not there.
std::string text_of(const json::object& row, std::string_view name);
bool flag_of(const json::object& row, std::string_view name);
const json::array& rows_of(const json::object& body, std::string_view name);

}  // namespace assured::cli
