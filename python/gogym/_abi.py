"""The version of the function table that this package offers to a host."""

TABLE_VERSION = 1
"""GYM__ABI_VERSION of src/gogym_c/gogym_abi.h, as which the table is compiled."""
