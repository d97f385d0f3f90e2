# Read by cpack. A commit on its way to a release sorts below it (0.2.0~git123.0123abc), and commits among
# themselves by their number; the release is the commit with its tag (v0.2.0), or a tree without git.
# ASSURED_PACKAGE_VERSION in the environment stands instead (the package test upgrades to its own).
if(DEFINED ENV{ASSURED_PACKAGE_VERSION})
  set(CPACK_PACKAGE_VERSION "$ENV{ASSURED_PACKAGE_VERSION}")
  return()
endif()
function(assured_git out)
  execute_process(COMMAND git -C "${CPACK_ASSURED_SOURCE_DIR}" ${ARGN}
    OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(failed)
    set(text "")
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()
assured_git(number rev-list --count HEAD)
assured_git(commit rev-parse --short HEAD)
assured_git(tag describe --exact-match --tags --match "v${CPACK_PACKAGE_VERSION}")
if(number AND NOT tag)
  string(APPEND CPACK_PACKAGE_VERSION "~git${number}.${commit}")
endif()
