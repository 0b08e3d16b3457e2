# Third-party libraries, all from Debian 12 packages. Each is used behind one module's headers.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG)
find_package(simdjson REQUIRED)
find_package(RocksDB REQUIRED)
# The archive starts faster and takes less memory: what is not used is not mapped. Sanitizers need the shared library,
# and so do builds that are to link quickly.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(ROCKSDB RocksDB::rocksdb)
else()
  set(ROCKSDB RocksDB::rocksdb-shared)
endif()
find_package(absl REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
# Debian's package has no CMake configuration, and its pkg-config's flags would not fit the precompiled header.
find_library(RE2_LIBRARY re2 REQUIRED)
add_library(re2::re2 UNKNOWN IMPORTED)
set_target_properties(re2::re2 PROPERTIES IMPORTED_LOCATION ${RE2_LIBRARY})
find_library(RDKAFKA_LIBRARY rdkafka REQUIRED)
find_path(VALIJSON_INCLUDE valijson/validator.hpp REQUIRED)  # headers only
if(MILLRACE_TESTS)
  find_package(GTest REQUIRED)
endif()
