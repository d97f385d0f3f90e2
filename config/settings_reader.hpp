// How settings are read: each mistake is collected with its place, and reading goes on.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"
#include "workflows/printable.hpp"
#include "workflows/toml_text.hpp"

namespace assured::config {

// Collects every mistake while reading goes on, so that one run shows them all.
class SettingsReader {
 public:
  explicit SettingsReader(const std::filesystem::path& source) : source_(source) {}

  void add(const toml::source_region& where, std::string_view key, std::string_view message,
           std::string_view remedy = {}) {
    mistakes.push_back({place(where), printable(key), printable(message), printable(remedy)});
  }

  SourcePlace place(const toml::source_region& where) const {
    return {source_.string(), static_cast<std::uint32_t>(where.begin.line),
            static_cast<std::uint32_t>(where.begin.column)};
  }

  template <class Keys>
  void refuse_unknown(const toml::table& table, const Keys& known, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      if (std::find(known.begin(), known.end(), key.str()) != known.end()) continue;
      // Settings are read by many and copied about.
      if (key.str() == "password") {
        add(key.source(), prefix + "password", "a password is never written into the settings",
            "put it into a file of its own and name that as password_file");
        continue;
      }
      add(key.source(), prefix + std::string{key.str()}, "there is no setting of this name",
          fmt::format("settings here are {}", fmt::join(known, ", ")));
    }
  }

  std::string text(const toml::table& table, std::string_view key, const std::string& prefix,
                   bool required, std::string_view remedy) {
    const toml::node* node = table.get(key);
    const std::string name = prefix + std::string{key};
    if (node == nullptr) {
      if (required) add(table.source(), name, "this setting is missing", std::string{remedy});
      return {};
    }
    const auto value = node->value_exact<std::string>();
    if (!value) {
      add(node->source(), name, "this must be a text in quotes", std::string{remedy});
    } else if (value->empty()) {
      add(node->source(), name, "this must not be empty", std::string{remedy});
    } else if (!is_printable(*value)) {
      add(node->source(), name, "this must have no control characters");
    }
    return value.value_or("");
  }

  // A whole number from `low` to `high`, or nothing (and a mistake when it is there but wrong).
  std::optional<std::int64_t> number(const toml::node* node, const std::string& name,
                                     std::int64_t low, std::int64_t high) {
    if (node == nullptr) return std::nullopt;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= low && *value <= high) return value;
    add(node->source(), name, fmt::format("this must be a whole number from {} to {}", low, high));
    return std::nullopt;
  }

  std::filesystem::path path(std::string_view text) const {
    const std::filesystem::path given{text};
    return given.is_absolute() || given.empty()
               ? given
               : (source_.parent_path() / given).lexically_normal();
  }

  std::vector<Mistake> mistakes;

 private:
  std::filesystem::path source_;
};

// A mail address without a name, "officer@board.example".
bool is_address(std::string_view text);

// The table [mail]; live, to everywhere, when there is none (config/read_mail.cpp).
MailPolicy read_mail(const toml::table& root, SettingsReader& reader);

// The table of that name, [backup] or [files], or nothing when there is none (config/read_keys.cpp).
std::optional<KeySettings> read_key_table(const toml::table& root, const std::string& table_name,
                                          SettingsReader& reader);

// The table [relay], or nothing when there is none (config/read_relay.cpp).
std::optional<RelaySettings> read_relay(const toml::table& root, const std::string& from_domain,
                                        SettingsReader& reader);

}  // namespace assured::config
