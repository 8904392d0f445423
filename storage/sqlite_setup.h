// What SQLite is told once for the whole process. For programs' main functions.
#pragma once

#include <sqlite3.h>

namespace candour::storage {

/// SQLite would count the memory it uses, under one lock for all threads; nobody reads the figure.
/// Before SQLite is used; later it changes nothing.
inline void count_no_sqlite_memory() { (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

}  // namespace candour::storage
