# libgogym, shared and static: pure C11, no Python.
set(_src "${PROJECT_SOURCE_DIR}/src/gogym_c")
file(GLOB GOGYM_HOST_SOURCES CONFIGURE_DEPENDS "${_src}/host/*.c" "${_src}/value/*.c"
  "${_src}/space/*.c" "${_src}/*.c")

find_package(Threads REQUIRED)

add_library(gogym SHARED ${GOGYM_HOST_SOURCES})
add_library(gogym_static STATIC ${GOGYM_HOST_SOURCES})
set_target_properties(gogym PROPERTIES SOVERSION ${PROJECT_VERSION_MAJOR})
if(NOT _in_wheel)
  # A wheel holds no links, only copies: the fewer names the better.
  set_target_properties(gogym PROPERTIES VERSION ${PROJECT_VERSION})
endif()
set_target_properties(gogym_static PROPERTIES OUTPUT_NAME gogym)

if(CMAKE_SYSTEM_NAME MATCHES "Linux|BSD")
  set(_map "${PROJECT_SOURCE_DIR}/cmake/gogym.map")
  target_link_options(gogym PRIVATE "LINKER:--version-script=${_map}" LINKER:-z,defs)
  if(GOGYM_SANITIZE)
    # Sanitizers leave their own symbols to the executable.
    target_link_options(gogym PRIVATE LINKER:-z,undefs)
  endif()
  set_property(TARGET gogym PROPERTY LINK_DEPENDS "${_map}")
endif()

foreach(_target gogym gogym_static)
  add_library(gogym::${_target} ALIAS ${_target})
  target_include_directories(${_target}
    PUBLIC "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>" "$<INSTALL_INTERFACE:${GOGYM_INCLUDEDIR}>"
    PRIVATE "${_src}" "${_src}/host" "${_src}/value" "${_src}/space")
  # BUILD_INTERFACE: the list of warnings is not part of what is installed.
  target_link_libraries(${_target} PRIVATE $<BUILD_INTERFACE:gogym_warnings> Threads::Threads ${CMAKE_DL_LIBS})
endforeach()

# ------------------------------------------------------------------------------------- install
install(TARGETS gogym gogym_static EXPORT gogymTargets
  LIBRARY DESTINATION "${GOGYM_LIBDIR}"
  ARCHIVE DESTINATION "${GOGYM_LIBDIR}"
  RUNTIME DESTINATION bin
  INCLUDES DESTINATION "${GOGYM_INCLUDEDIR}")
install(FILES "${PROJECT_SOURCE_DIR}/include/gogym.h" DESTINATION "${GOGYM_INCLUDEDIR}")

include(CMakePackageConfigHelpers)
set(_cmakedir "${GOGYM_LIBDIR}/cmake/gogym")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/gogymConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/gogymConfig.cmake" INSTALL_DESTINATION "${_cmakedir}")
# Before 1.0 a minor version may change the contract.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gogymConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(EXPORT gogymTargets NAMESPACE gogym:: DESTINATION "${_cmakedir}")
install(FILES "${PROJECT_BINARY_DIR}/gogymConfig.cmake" "${PROJECT_BINARY_DIR}/gogymConfigVersion.cmake"
  DESTINATION "${_cmakedir}")

# The way from LIBDIR/pkgconfig back to the prefix, so that the whole tree can be moved.
set(_pcdir "${GOGYM_LIBDIR}/pkgconfig")
file(RELATIVE_PATH GOGYM_PC_PREFIX "/prefix/${_pcdir}" "/prefix")
configure_file("${PROJECT_SOURCE_DIR}/cmake/gogym.pc.in" "${PROJECT_BINARY_DIR}/gogym.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/gogym.pc" DESTINATION "${_pcdir}")
