candour_library(bot_store
  SOURCES bot_store.cc bot_store_alerts.cc bot_store_pasts.cc bot_store_queues.cc bot_store_reform.cc
  PUBLIC_DEPENDS candour_base candour_crypto
  DEPENDS SQLiteCpp PkgConfig::SQLITE)
