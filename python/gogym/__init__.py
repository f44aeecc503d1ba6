"""gogym: any Gymnasium environment as a native object of a C, C++ or Go program.

This package is the Python half: it is installed into the Python that a host program starts. The C library,
its header and its build files lie inside it; ``gogym config`` says where.
"""

__version__ = "0.1.0"
