"""Runs SQL in DuckDB, in memory: duck.py LIBRARY SQL | duck.py LIBRARY --version

The library is called through ctypes, so the process is DuckDB and a bare Python.
"""
import ctypes
import sys


class Result(ctypes.Structure):
    _fields_ = [("fields", ctypes.c_uint64 * 8)]


duck = ctypes.CDLL(sys.argv[1])
duck.duckdb_library_version.restype = ctypes.c_char_p
duck.duckdb_result_error.restype = ctypes.c_char_p
if sys.argv[2] == "--version":
    print("DuckDB", duck.duckdb_library_version().decode())
    sys.exit()
database, session, result = ctypes.c_void_p(), ctypes.c_void_p(), Result()
if duck.duckdb_open(None, ctypes.byref(database)):
    sys.exit("duck: no database")
if duck.duckdb_connect(database, ctypes.byref(session)):
    sys.exit("duck: no session")
if duck.duckdb_query(session, sys.argv[2].encode(), ctypes.byref(result)):
    sys.exit("duck: " + duck.duckdb_result_error(ctypes.byref(result)).decode())
duck.duckdb_destroy_result(ctypes.byref(result))
duck.duckdb_disconnect(ctypes.byref(session))
duck.duckdb_close(ctypes.byref(database))
