#include "tests/support/test_relay.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace assured::test {

namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  std::array<int, 2> ends{};
};

// Debian's own python, whatever else comes first in PATH.
pid_t start(std::vector<std::string> words, posix_spawn_file_actions_t* actions) {
  words.insert(words.begin(), {"/usr/bin/python3", ASSURED_SOURCE_DIR "/tests/support/relay.py"});
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = -1;
  if (::posix_spawn(&child, arguments[0], actions, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("the test relay does not start");
  return child;
}

std::string line_from(std::FILE* file) {
  std::array<char, 4096> line{};
  if (std::fgets(line.data(), line.size(), file) == nullptr)
    throw std::runtime_error("the test relay has ended");
  return line.data();
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

std::string text_of(const json::object& row, const char* key) {
  return std::string{row.at(key).as_string()};
}

}  // namespace

TestRelay::TestRelay(fs::path folder, RelayOptions options) : folder_(std::move(folder)) {
  fs::create_directories(folder_);
  std::vector<std::string> words{"--folder",     folder_.string(),   "--port",
                                 std::to_string(options.port),       "--tls",
                                 options.tls,    "--user",           options.user,
                                 "--password",   options.password,   "--mechanisms",
                                 options.mechanisms};
  if (!options.certificate.empty()) {
    words.insert(words.end(), {"--certificate", options.certificate.string(), "--key",
                               fs::path{options.certificate}.replace_extension(".key").string()});
  }
  if (!options.sync) words.emplace_back("--no-sync");
  const Pipe in;
  const Pipe out;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in.ends[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out.ends[1], STDOUT_FILENO);
  child_ = start(std::move(words), &actions);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in.ends[0]);
  ::close(out.ends[1]);
  to_ = ::fdopen(in.ends[1], "w");
  from_ = ::fdopen(out.ends[0], "r");
  const std::string line = line_from(from_);
  if (!line.starts_with("port ")) throw std::runtime_error("the test relay said: " + line);
  port_ = static_cast<std::uint16_t>(std::stoi(line.substr(5)));
}

TestRelay::~TestRelay() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  std::fclose(to_);
  std::fclose(from_);
}

std::string TestRelay::command(const std::string& text) {
  std::fputs((text + "\n").c_str(), to_);
  std::fflush(to_);
  return line_from(from_);
}

void TestRelay::plan(const std::vector<std::string>& faults) {
  command(json::serialize(json::object{{"plan", json::value_from(faults)}}));
}

void TestRelay::hostile(unsigned seed, const std::vector<std::pair<std::string, double>>& percent) {
  json::object chances;
  for (const auto& [fault, chance] : percent) chances[fault] = chance;
  command(json::serialize(json::object{{"seed", seed}, {"percent", chances}}));
}

int TestRelay::counted(const char* what) {
  return json::parse(command(R"({"stats": true})")).at(what).to_number<int>();
}

int TestRelay::connections() { return counted("connections"); }
int TestRelay::attempts() { return counted("attempts"); }
int TestRelay::sign_ins() { return counted("auths"); }

std::vector<RelayMessage> TestRelay::accepted() const {
  std::vector<RelayMessage> messages;
  std::ifstream rows{folder_ / "accepted.jsonl"};
  for (std::string line; std::getline(rows, line);) {
    const json::object row = json::parse(line).as_object();
    RelayMessage message;
    message.message_id = text_of(row, "message_id");
    message.sha256 = text_of(row, "sha256");
    message.sender = text_of(row, "from");
    message.recipient = text_of(row, "rcpt");
    message.user = text_of(row, "user");
    message.tls = row.at("tls").as_bool();
    message.connection = row.at("connection").to_number<int>();
    message.bytes = bytes_of(folder_ / "messages" / text_of(row, "file"));
    messages.push_back(std::move(message));
  }
  return messages;
}

std::vector<RelayFault> TestRelay::faults() const {
  std::vector<RelayFault> faults;
  std::ifstream rows{folder_ / "faults.jsonl"};
  for (std::string line; std::getline(rows, line);) {
    const json::object row = json::parse(line).as_object();
    faults.push_back({text_of(row, "fault"), text_of(row, "rcpt")});
  }
  return faults;
}

void make_certificates(const fs::path& folder) {
  const pid_t child = start({"--make-certificates", folder.string()}, nullptr);
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("openssl made no certificates");
}

}  // namespace assured::test
