# Every tests/c/test_*.c is one program and one test. It is linked with the static library, so that it may
# also reach what is internal; the shared library is tested from tests/install and tests/python.
file(GLOB _tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/c/test_*.c")
if(NOT _tests)
  message(FATAL_ERROR "tests/c holds no tests")
endif()
foreach(_source IN LISTS _tests)
  get_filename_component(_name "${_source}" NAME_WE)
  add_executable(${_name} "${_source}")
  target_include_directories(${_name} PRIVATE "${PROJECT_SOURCE_DIR}/src/gogym_c"
    "${PROJECT_SOURCE_DIR}/src/gogym_c/host" "${PROJECT_SOURCE_DIR}/src/gogym_c/value"
    "${PROJECT_SOURCE_DIR}/src/gogym_c/space")
  target_link_libraries(${_name} PRIVATE gogym_static gogym_warnings Threads::Threads m)
  target_compile_definitions(${_name} PRIVATE GOGYM_TEST_ENVS="${PROJECT_SOURCE_DIR}/tests/python/envs")
  # An assert that is compiled away tests nothing.
  target_compile_options(${_name} PRIVATE -UNDEBUG)
  add_test(NAME ${_name} COMMAND ${_name})
  set_tests_properties(${_name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
# The example as a test from end to end: it needs a Python with gogym, which GOGYM_PYTHON names.
add_executable(quickstart "${PROJECT_SOURCE_DIR}/examples/c/quickstart.c")
target_link_libraries(quickstart PRIVATE gogym_static gogym_warnings)
add_test(NAME quickstart COMMAND quickstart CartPole-v1 1000)
set_tests_properties(quickstart PROPERTIES TIMEOUT 300)
