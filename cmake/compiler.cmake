# Flags that every target of ours is compiled with. Target `millrace_flags` carries them.
add_library(millrace_flags INTERFACE)
target_compile_options(millrace_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror -fno-omit-frame-pointer)
target_include_directories(millrace_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)

if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(millrace_flags INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(millrace_flags INTERFACE -Wthread-safety)
else()
  # GCC 12 sees dangling or uninitialised values inside its own std::variant and std::string at -O2.
  target_compile_options(millrace_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict -fpch-preprocess)
endif()
if(MILLRACE_ASAN)
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(MILLRACE_FUZZ)
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
elseif(MILLRACE_TSAN)
  set(sanitizers -fsanitize=thread)
  # ThreadSanitizer does not understand the fences with which Asio doubles its locks.
  target_compile_definitions(millrace_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()
if(sanitizers)
  target_compile_options(millrace_flags INTERFACE ${sanitizers} -O1)
  target_link_options(millrace_flags INTERFACE ${sanitizers})
endif()

find_program(MOLD mold)
if(MOLD)
  target_link_options(millrace_flags INTERFACE -fuse-ld=mold)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  # With paths relative to the tree, clones and worktrees share what they have compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()
