# candour_library(name SOURCES ... DEPENDS ... [PUBLIC_DEPENDS ...])
#   A static library candour_<name>. DEPENDS are linked PRIVATE; PUBLIC_DEPENDS are what its public
#   headers include.
# candour_test(name SOURCES ... DEPENDS ... [LABELS ...])
#   A GoogleTest program, registered with CTest case by case.

# -Wno-restrict: g++ 12 warns of its own std::string at -O2 (GCC bug 105329).
add_library(candour_options INTERFACE)
target_include_directories(candour_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(candour_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual
  -Woverloaded-virtual -Wno-missing-field-initializers -Wno-restrict
  -fstack-protector-strong -fno-strict-aliasing)
# Functions are bound when a program starts: the dynamic linker saves the vector registers to the
# stack when it binds one at its first call, and a secret that is just being moved may be in them.
target_link_options(candour_options INTERFACE -Wl,-z,relro,-z,now)
if(CANDOUR_WERROR)
  target_compile_options(candour_options INTERFACE -Werror)
endif()
target_compile_definitions(candour_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION
  $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)

function(candour_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;PUBLIC_DEPENDS" ${ARGN})
  add_library(candour_${name} STATIC ${arg_SOURCES})
  target_link_libraries(candour_${name} PUBLIC candour_options ${arg_PUBLIC_DEPENDS}
                                        PRIVATE ${arg_DEPENDS})
endfunction()

function(candour_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE candour_options ${arg_DEPENDS})
endfunction()

function(candour_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(test_${name} ${arg_SOURCES})
  target_link_libraries(test_${name} PRIVATE candour_options ${arg_DEPENDS} GTest::gtest_main)
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT arg_LABELS)
    set(arg_LABELS unit)
  endif()
  gtest_discover_tests(test_${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
include(GoogleTest)
