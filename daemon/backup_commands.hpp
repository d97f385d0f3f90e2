// The commands `assured backup` and `assured restore`: their keys from the settings, their words for people.
#pragma once

#include <string>
#include <vector>

#include "workflows/instant.hpp"

namespace assured {

struct BackupOptions {
  std::string config = "/etc/assured/assured.toml";
  std::string state;  // instead of the settings' folder
  std::string target;
  std::vector<std::string> boards;
  std::string key_file;  // instead of the settings' key
  bool plain = false;
  std::size_t keep = 0;
};

struct RestoreOptions {
  std::string config = "/etc/assured/assured.toml";
  std::string file, state, board, key_file;
};

// Print what was done, or why not. Return the exit code.
// Throw: ConfigError, IoError, StoreError, for main to print.
int run_backup(const BackupOptions& options, Instant now);
int run_restore(const RestoreOptions& options, Instant now);
int run_make_key(const std::string& path);

}  // namespace assured
