candour_library(relay_store
  SOURCES relay_db.cc relay_leaves.cc relay_log_reader.cc relay_mirror_reader.cc relay_reader.cc
          relay_store.cc relay_writes.cc
  PUBLIC_DEPENDS candour_base candour_tlog
  DEPENDS SQLiteCpp PkgConfig::SQLITE Threads::Threads)
