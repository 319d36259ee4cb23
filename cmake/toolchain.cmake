# Warnings, sanitizers and the two helpers that every folder uses.
add_library(ddbsync_options INTERFACE)
target_include_directories(ddbsync_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(ddbsync_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough
  -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(ddbsync_options INTERFACE -Wthread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in inlined std::string concatenation (GCC bug 105651) and, at -O3, in
  # aggregates of strings; clang looks for the true ones.
  target_compile_options(ddbsync_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized)
endif()
if(DDBSYNC_SANITIZE)
  target_compile_options(ddbsync_options INTERFACE -fsanitize=${DDBSYNC_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(ddbsync_options INTERFACE -fsanitize=${DDBSYNC_SANITIZE})
endif()

if(DDBSYNC_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "DDBSYNC_FUZZ needs clang, which brings libFuzzer: cmake --preset fuzz")
  endif()
  # What guides the search; only the targets of tests/fuzz link libFuzzer itself.
  target_compile_options(ddbsync_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# ddbsync_library(name SOURCES a.cc b.cc DEPENDS folders... PRIVATE external libraries...)
function(ddbsync_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE" ${ARGN})
  add_library(ddbsync_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(ddbsync_${name} PUBLIC ddbsync_options)
  foreach(folder IN LISTS ARG_DEPENDS)
    target_link_libraries(ddbsync_${name} PUBLIC ddbsync_${folder})
  endforeach()
  target_link_libraries(ddbsync_${name} PRIVATE ${ARG_PRIVATE})
endfunction()

# ddbsync_test(name LABELS unit SOURCES a_test.cc DEPENDS folders... PRIVATE external libraries...)
# One gtest executable and one ctest entry per folder; start-up, not the tests, dominates otherwise.
function(ddbsync_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;PRIVATE;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ddbsync_options GTest::gtest GTest::gmock GTest::gtest_main ${ARG_PRIVATE})
  foreach(folder IN LISTS ARG_DEPENDS)
    target_link_libraries(${name} PRIVATE ddbsync_${folder})
  endforeach()
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
