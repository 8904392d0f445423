#include "config/client_profile.h"

#include "config/toml_text.h"

namespace candour::config {

Result<ClientProfile> load_client_profile(const std::filesystem::path& path,
                                          const Environment& environment) {
  CANDOUR_TRY(auto file, File::open(path, environment));
  ClientProfile profile;
  Section root = file.root();
  root.choice("log_level", profile.log_level, {"debug", "info", "warning", "error"});
  read_relay_address(root.table("relay"), profile.relay);
  root.table("organisation").path("root_vkey_file", profile.root_vkey_file);
  Section device = root.table("device");
  device.text("person", profile.person);
  device.path("certificate_file", profile.certificate_file, Section::Presence::optional);
  CANDOUR_TRY(file.finish());
  return profile;
}

std::string show(const ClientProfile& profile, bool redacted) {
  TomlText out(redacted);
  out.text("log_level", profile.log_level);
  show_relay_address(out, profile.relay);
  out.section("organisation");
  out.path("root_vkey_file", profile.root_vkey_file);
  out.section("device");
  out.text("person", profile.person);
  out.path("certificate_file", profile.certificate_file);
  return out.take();
}

}  // namespace candour::config
