// A real mail relay on loopback for tests, as hostile as it is told to be: tests/support/relay.py, which
// documents the faults, as a child process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace assured::test {

// A message that the relay accepted, or kept without saying so.
struct RelayMessage {
  std::string message_id;
  std::string sha256;  // of the bytes as they arrived, without dot-stuffing
  std::string sender;
  std::string recipient;
  std::string user;  // signed in; empty: nobody
  bool tls = false;
  int connection = 0;  // the relay's number of it, from 1
  std::string bytes;
};

// A fault that came to pass, as it was planned ("final 550 5.1.1 gone").
struct RelayFault {
  std::string fault;
  std::string recipient;  // empty: none was named by then
};

struct RelayOptions {
  std::string tls = "off";          // or "starttls", "implicit"
  std::filesystem::path certificate;  // and the key beside it, *.key
  std::string user;
  std::string password;
  std::string mechanisms = "PLAIN LOGIN";
  std::uint16_t port = 0;  // 0: one that is free
  bool sync = true;        // what is accepted outlives a power cut of the relay's machine
};

class TestRelay {
 public:
  // `folder` keeps what is accepted, also from one relay to the next that is started on it.
  // Throws: std::runtime_error when the relay does not start.
  explicit TestRelay(std::filesystem::path folder, RelayOptions options = {});
  ~TestRelay();  // ends the relay at once, as a power cut would
  TestRelay(const TestRelay&) = delete;
  TestRelay& operator=(const TestRelay&) = delete;

  std::uint16_t port() const { return port_; }
  // One fault for each attempt to come, "ok" for none; in place of those left over.
  void plan(const std::vector<std::string>& faults);
  // Faults by chance where the plan has none: each with its percentage.
  void hostile(unsigned seed, const std::vector<std::pair<std::string, double>>& percent);
  std::vector<RelayMessage> accepted() const;
  std::vector<RelayFault> faults() const;
  int connections();
  int attempts();
  int sign_ins();

 private:
  // One line to the relay, and its counts.
  std::string command(const std::string& json);
  int counted(const char* what);

  std::filesystem::path folder_;
  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
  std::uint16_t port_ = 0;
};

// Makes ca.pem, and by it good.pem, expired.pem and other.pem (for another host) in `folder`.
void make_certificates(const std::filesystem::path& folder);

}  // namespace assured::test
