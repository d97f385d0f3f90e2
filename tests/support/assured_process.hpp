// `assured` with some words, as a process of its own.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace assured::test {

class AssuredProcess {
 public:
  // What it says is added to `log`. Throws: std::runtime_error when it does not start.
  explicit AssuredProcess(std::vector<std::string> words, const std::filesystem::path& log = "/dev/null") {
    words.insert(words.begin(), ASSURED_BINARY_DIR "/daemon/assured");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions, stream, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int failed = ::posix_spawn(&child_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) throw std::runtime_error("assured does not start");
  }
  ~AssuredProcess() {
    if (child_ > 0) end(SIGKILL);
  }
  AssuredProcess(const AssuredProcess&) = delete;
  AssuredProcess& operator=(const AssuredProcess&) = delete;

  // Both give the exit code; -1 when a signal ended it.
  int end(int signal) {
    ::kill(child_, signal);
    return wait();
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(child_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t child_ = -1;
};

}  // namespace assured::test
