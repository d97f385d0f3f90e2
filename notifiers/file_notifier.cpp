#include "notifiers/file_notifier.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace assured::notifiers {

namespace {

// Closed on every way out.
struct OpenFile {
  int descriptor;
  ~OpenFile() {
    if (descriptor >= 0) ::close(descriptor);
  }
};

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_folder(const std::filesystem::path& folder) {
  const OpenFile open{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return open.descriptor >= 0 && ::fsync(open.descriptor) == 0;
}

// Mail is confidential to its reader: nobody but the service's own user reads the folder's files.
constexpr mode_t file_mode = 0600;

bool write_durably(const std::filesystem::path& folder, const std::string& name,
                   std::string_view bytes) {
  const auto aside = folder / ("." + name + ".part");
  {
    const OpenFile file{
        ::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode)};
    if (file.descriptor < 0 || !write_all(file.descriptor, bytes) || ::fsync(file.descriptor) != 0)
      return false;
  }
  return std::rename(aside.c_str(), (folder / name).c_str()) == 0 && sync_folder(folder);
}

// The Date header as "20261121T095733Z"; the renderer writes it in UTC, in the C locale's names.
std::string time_of(std::string_view bytes) {
  const auto head = bytes.substr(0, bytes.find("\r\n\r\n"));
  const auto at = head.find("\r\nDate: ");
  if (at == std::string_view::npos) return {};
  const std::string value{head.substr(at + 8, head.find("\r\n", at + 2) - at - 8)};
  std::tm parts{};
  if (::strptime(value.c_str(), "%a, %d %b %Y %H:%M:%S +0000", &parts) == nullptr) return {};
  std::array<char, 20> text{};
  if (std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts) == 0) return {};
  return text.data();
}

}  // namespace

std::string eml_name(const Outgoing& message) {
  const std::string time = time_of(message.bytes);
  return fmt::format("{}{}{}-{}.eml", time, time.empty() ? "" : "-", message.board,
                     message.id.value);
}

FileNotifier::FileNotifier(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code failed;
  std::filesystem::create_directories(folder_, failed);
  if (failed)
    throw IoError(
        fmt::format("{}: the folder for mail cannot be made: {}", folder_.string(), failed.message()));
}

SendOutcome FileNotifier::send(const Outgoing& message) {
  if (write_durably(folder_, eml_name(message), message.bytes)) return {};
  spdlog::error("mail folder {}: notice {} of {} not written: {}", folder_.string(),
                message.id.value, message.board, std::strerror(errno));
  return {SendAnswer::relay_trouble, 0, "the mail folder cannot be written"};
}

}  // namespace assured::notifiers
