# assured_embed(target NAME symbol FILES a b ...): makes a source that holds the files' bytes, so that
# the installed daemon is one file and its configuration. Declared in embedded/NAME.hpp as
#   std::span<const Embedded> NAME();   // { path relative to the folder, text }
function(assured_embed target name)
  cmake_parse_arguments(ARG "" "" "FILES" ${ARGN})
  set(out "${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp")
  set(absolute)
  foreach(file IN LISTS ARG_FILES)
    list(APPEND absolute "${CMAKE_CURRENT_SOURCE_DIR}/${file}")
  endforeach()
  add_custom_command(OUTPUT "${out}"
    COMMAND "${CMAKE_COMMAND}" -DOUT=${out} -DNAME=${name} -DROOT=${CMAKE_CURRENT_SOURCE_DIR}
            "-DFILES=${ARG_FILES}" -P "${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake"
    DEPENDS ${absolute} "${CMAKE_SOURCE_DIR}/cmake/embed_script.cmake" VERBATIM)
  target_sources(${target} PRIVATE "${out}")
endfunction()
