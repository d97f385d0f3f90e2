# All from Debian 12; tools/install-packages lists the packages.
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(date REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Threads REQUIRED)
find_package(CURL 7.88 REQUIRED)
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
# Backups are tar archives.
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)
# The text format of metrics alone, without the library's own web server.
pkg_check_modules(PROMETHEUS REQUIRED IMPORTED_TARGET prometheus-cpp-core)

# Asio, Beast and JSON are compiled once, here; the definitions are PUBLIC so that every file that
# includes a Boost header sees the same ones (a mismatch links and then crashes).
add_library(assured_boost STATIC "${CMAKE_SOURCE_DIR}/cmake/boost_sources.cpp")
target_compile_features(assured_boost PUBLIC cxx_std_20)
target_compile_definitions(assured_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
  BOOST_JSON_NO_LIB BOOST_ALL_NO_LIB)
target_link_libraries(assured_boost PUBLIC Boost::headers Threads::Threads)
