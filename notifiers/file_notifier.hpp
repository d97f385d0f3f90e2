// Notifiers that need no relay: mail as files, and mail that goes nowhere.
#pragma once

#include <filesystem>
#include <string_view>

#include "workflows/notifier.hpp"

namespace assured::notifiers {

// Writes each message to `<folder>/<UTC time of its Date>-<board>-<notice id>.eml`: aside first,
// synced, renamed, folder synced, so that a file by that name is always whole. Sending the same notice
// again replaces its file with the same bytes. A folder that cannot be written is relay trouble,
// as no address is at fault.
// Thread: safe.
// Throws: IoError when the folder cannot be made.
class FileNotifier : public Notifier {
 public:
  explicit FileNotifier(std::filesystem::path folder);
  SendOutcome send(const Outgoing& message) override;

 private:
  std::filesystem::path folder_;
};

// A folder in place of a relay.
class FolderRelay : public Relay {
 public:
  explicit FolderRelay(const std::filesystem::path& folder) : notifier_(folder), shared_(notifier_) {}
  std::unique_ptr<Notifier> connect() override { return shared_.connect(); }

 private:
  FileNotifier notifier_;
  SharedNotifier shared_;
};

// Accepts everything and keeps nothing: the mode `observe`, and the simulation.
class NullNotifier : public Notifier {
 public:
  SendOutcome send(const Outgoing&) override { return {}; }
};

// The name of the file for one message, "20261121T095733Z-city-and-hackney-17.eml"; without a readable
// Date header the time is left out.
std::string eml_name(const Outgoing& message);

}  // namespace assured::notifiers
