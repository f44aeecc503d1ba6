# The embedded backend, src/gogym_c/module/_bridge.pyx. Only the host library uses it.

table: object  # a PyCapsule, "gogym._bridge.table", that holds the function table of gogym_abi.h
