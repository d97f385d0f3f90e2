// The tables [backup] and [files] of assured.toml: where the keys are that encrypt.
#include <array>

#include "config/settings_reader.hpp"

namespace assured::config {

std::optional<KeySettings> read_key_table(const toml::table& root, const std::string& table_name,
                                          SettingsReader& reader) {
  static constexpr std::array keys{"key_file", "key_credential"};
  const toml::node* node = root.get(table_name);
  if (node == nullptr) return std::nullopt;
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    reader.add(node->source(), table_name,
               fmt::format("this is written as a table [{}]", table_name));
    return std::nullopt;
  }
  const std::string prefix = table_name + '.';
  reader.refuse_unknown(*table, keys, prefix);
  const toml::node* file = table->get("key_file");
  const toml::node* credential = table->get("key_credential");
  if ((file == nullptr) == (credential == nullptr)) {
    reader.add(table->source(), prefix + "key_file",
               file == nullptr ? "this setting is missing" : "the key comes from two places",
               "name one: key_file, or key_credential");
    return std::nullopt;
  }
  KeySettings settings;
  settings.place = reader.place((file == nullptr ? credential : file)->source());
  settings.file = reader.path(reader.text(*table, "key_file", prefix, false, "a path"));
  settings.credential = reader.text(*table, "key_credential", prefix, false,
                                    "the name that LoadCredential= of the unit gives it");
  if (settings.credential.find('/') != std::string::npos)
    reader.add(credential->source(), prefix + "key_credential",
               "this must be the name of a credential, not a path",
               "the name that LoadCredential= of the unit gives it");
  return settings;
}

}  // namespace assured::config
