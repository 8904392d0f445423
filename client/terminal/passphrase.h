// The passphrase that opens a device's state: from --passphrase-file, from the file named by
// CANDOUR_PASSPHRASE_FILE, or typed at the terminal without echo.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "base/secret.h"

namespace candour::terminal {

/// `file` empty: the environment, then the terminal. `twice` asks again when it is typed for a new
/// state. usage when there is neither file nor terminal, or the passphrase is empty.
Result<SecretText> get_passphrase(const std::filesystem::path& file, bool twice);

}  // namespace candour::terminal
