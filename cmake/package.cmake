# The Debian package: `cmake --build --preset release --target package`, or ./package/build.
# What is installed is said in each folder; here is what belongs to no folder, and the package itself.
include(GNUInstallDirs)

install(FILES config/assured.toml DESTINATION /etc/assured)
install(DIRECTORY config/programmes config/calendars config/example
  DESTINATION ${CMAKE_INSTALL_DATADIR}/assured FILE_PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
install(FILES README.md package/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN man EXCLUDE)
install(FILES web/openapi.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Debian keeps these compressed; without a name and a time inside, equal texts give equal bytes.
function(assured_install_compressed file name destination)
  set(out "${CMAKE_BINARY_DIR}/compressed/${name}.gz")
  get_filename_component(file "${file}" ABSOLUTE)
  add_custom_command(OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/compressed"
    COMMAND gzip -9nc "${file}" > "${out}"
    DEPENDS "${file}" VERBATIM)
  set_property(GLOBAL APPEND PROPERTY ASSURED_COMPRESSED "${out}")
  install(FILES "${out}" DESTINATION "${destination}")
endfunction()
assured_install_compressed(CHANGELOG.md changelog ${CMAKE_INSTALL_DOCDIR})
foreach(page assured.8 assuredctl.1 assured.toml.5 assured-programme.5)
  get_filename_component(section "${page}" LAST_EXT)
  string(SUBSTRING "${section}" 1 -1 section)
  assured_install_compressed(docs/man/${page} ${page} ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# From the program's own command line, so that it cannot say something else.
foreach(program assured assuredctl)
  set(out "${CMAKE_BINARY_DIR}/completions/${program}")
  add_custom_command(OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_BINARY_DIR}/completions"
    COMMAND ${program} completion > "${out}"
    DEPENDS ${program} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY ASSURED_COMPRESSED "${out}")
  install(FILES "${out}" DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endforeach()
get_property(made GLOBAL PROPERTY ASSURED_COMPRESSED)
add_custom_target(assured_package_files ALL DEPENDS ${made})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assured)
set(CPACK_PACKAGE_VENDOR assured)
set(CPACK_PACKAGE_CONTACT "The authors of assured <assured@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "follow-through of safeguarding audits")
set(CPACK_PACKAGE_DESCRIPTION
  "A service that follows each multi-agency audit of a safeguarding partnership
from the choice of its theme until the impact of every action is known: it
tells the right post by mail what is owed and by when, tells the next one when
nothing happens, and keeps a record that shows when it was changed.
.
It needs a mail relay and no other service, and opens no network port.")
# Of this build's own tree, at the time of packing: CPACK_PROJECT_CONFIG_FILE is read by cpack itself.
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_SOURCE_DIR}/cmake/package_version.cmake")
set(CPACK_ASSURED_SOURCE_DIR "${CMAKE_SOURCE_DIR}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/package")
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
# Libraries are found by dpkg-shlibdeps. Zones and the authorities that sign relays' certificates are read
# when the program runs; users and folders are made by systemd's own tools, which also run it; kill reloads it.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "tzdata, ca-certificates, systemd, procps")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "bash-completion, chrony")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${CMAKE_SOURCE_DIR}/package/conffiles;${CMAKE_SOURCE_DIR}/package/postinst;${CMAKE_SOURCE_DIR}/package/prerm;${CMAKE_SOURCE_DIR}/package/postrm")
include(CPack)
