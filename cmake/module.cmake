# gogym._bridge: Cython over the NumPy C API, one per Python version. It does not link libgogym: the host
# takes its function table from a capsule.
find_package(Python REQUIRED COMPONENTS Interpreter Development.Module NumPy)

set(_module "${PROJECT_SOURCE_DIR}/src/gogym_c/module")
set(_bridge_c "${PROJECT_BINARY_DIR}/_bridge.c")
set(_src "${PROJECT_SOURCE_DIR}/src/gogym_c")
file(GLOB _module_c CONFIGURE_DEPENDS "${_module}/*.c" "${_src}/space/*.c" "${_src}/*.c")
list(APPEND _module_c "${_src}/value/value.c" "${_src}/value/value_build.c" "${_src}/value/value_check.c"
  "${_src}/value/value_copy.c")
file(GLOB _cython_parts CONFIGURE_DEPENDS "${_module}/*.pxi" "${_module}/*.pxd")

add_custom_command(
  OUTPUT "${_bridge_c}"
  COMMAND Python::Interpreter -m cython -3 -I "${_module}"
          -o "${_bridge_c}" "${_module}/_bridge.pyx"
  DEPENDS "${_module}/_bridge.pyx" ${_cython_parts}
  COMMENT "Cython: _bridge.pyx"
  VERBATIM)

# Our own C of the module, with our warnings; NumPy's and Python's headers are not ours either.
add_library(gogym_module_c OBJECT ${_module_c})
python_add_library(_bridge MODULE WITH_SOABI "${_bridge_c}")
foreach(_target gogym_module_c _bridge)
  target_include_directories(${_target} PRIVATE "${PROJECT_SOURCE_DIR}/include"
    "${_src}" "${_src}/space" "${_src}/value" "${_module}")
  # What the header promises to hosts, the module keeps to itself.
  target_compile_definitions(${_target} PRIVATE GYM_API=)
  target_include_directories(${_target} SYSTEM PRIVATE ${Python_INCLUDE_DIRS} ${Python_NumPy_INCLUDE_DIRS})
endforeach()
target_compile_definitions(_bridge PRIVATE NPY_NO_DEPRECATED_API=NPY_2_0_API_VERSION)
# A step runs through little code of ours and much of the environment's: what counts is how few cache lines ours takes.
include(CheckIPOSupported)
check_ipo_supported(RESULT _lto OUTPUT _lto_output LANGUAGES C)
if(_lto AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT GOGYM_SANITIZE)
  set_target_properties(gogym_module_c _bridge PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
endif()
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  foreach(_target gogym_module_c _bridge)
    target_compile_options(${_target} PRIVATE -O2 -fno-plt)
  endforeach()
  # But for loops over whole frames, which GCC vectorises from -O3 on.
  file(GLOB _space_c CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/gogym_c/space/*.c")
  set_source_files_properties(${_space_c} PROPERTIES COMPILE_OPTIONS -O3)
endif()
target_link_libraries(gogym_module_c PRIVATE gogym_warnings)
target_link_libraries(_bridge PRIVATE gogym_module_c ${CMAKE_DL_LIBS} m)
install(TARGETS _bridge DESTINATION .)
