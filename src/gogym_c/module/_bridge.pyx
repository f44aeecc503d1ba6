# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
# cython: embedsignature=False, binding=False
"""The embedded backend: fills gogym_abi.h's function table with functions that work on Python environments.

The host library imports this module inside the interpreter that it started or found, and takes the table from the
capsule ``table``. Nothing here is meant to be called by users.
"""

cimport cython
cimport numpy as cnp
from cpython.dict cimport PyDict_Check, PyDict_CheckExact
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_AsDouble, PyFloat_Check
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_CheckExact
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport Py_TYPE, PyObject, PyTypeObject
from cpython.pycapsule cimport PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_REFCNT
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from libc.limits cimport LLONG_MAX
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

from gogym_c cimport *
from value_build cimport *

import json
import operator
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice

import gymnasium
import gymnasium.error as gymnasium_error
import numpy as np

from gogym.make import make_environment
from gogym.options import OptionsError, parse_reset_options
from gogym.shutdown import flush, run_exit_functions
from gogym.signals import protect_signals
from gogym.space import ARRAY_DTYPES, MAX_DIMENSIONS, class_name, describe, dtype_name, safe_repr

cnp.import_array()


cdef extern from *:
    """
    #define PyType_version_tag(type) ((type)->tp_version_tag)
    #if PY_VERSION_HEX < 0x030C0000
    #define dict_version(dict) (((PyDictObject *)(dict))->ma_version_tag)
    #else
    #define dict_version(dict) 0
    #endif
    #define has_weak_references(array) \\
      (*(PyObject **)((char *)(array) + Py_TYPE((PyObject *)(array))->tp_weaklistoffset) != NULL)
    #define PyArray_IsScalar_Generic(object) PyArray_IsScalar(object, Generic)
    #define PyArray_IsScalar_LongLong(object) PyArray_IsScalar(object, Int64)
    #define PyArrayScalar_LongLong(object) PyArrayScalar_VAL(object, Int64)
    """
    unsigned int PyType_version_tag(PyTypeObject *type) noexcept nogil
    uint64_t dict_version(dict attributes) noexcept
    bint has_weak_references(cnp.ndarray array) noexcept
    bint PyArray_IsScalar_Generic(object value) noexcept
    bint PyArray_IsScalar_LongLong(object value) noexcept
    long long PyArrayScalar_LongLong(object value) noexcept


# Declared here where Cython's own declarations give a new reference or an object for what is borrowed.
cdef extern from "Python.h":
    ctypedef struct PyThreadState:
        void *c_tracefunc
        void *c_profilefunc

    PyThreadState *PyThreadState_Get() noexcept
    dict PyObject_GenericGetDict(object value, void *context)
    PyObject *PyDict_GetItemWithError(dict attributes, object key) except? NULL
    PyObject *PyFunction_GET_CODE(object function) noexcept
    Py_ssize_t PyList_GET_SIZE(list value) noexcept
    PyObject *PyList_GET_ITEM(list value, Py_ssize_t index) noexcept
    bint PyBytes_Check(object value) noexcept
    bint PyList_Check(object value) noexcept
    bint PyLong_Check(object value) noexcept
    bint PyTuple_Check(object value) noexcept
    bint PyUnicode_Check(object value) noexcept
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *size) except NULL


cdef extern from "numpy/arrayobject.h":
    bint PyArray_ISCARRAY(cnp.ndarray array) noexcept
    bint PyArray_ISCARRAY_RO(cnp.ndarray array) noexcept


include "error.pxi"
include "value.pxi"
include "layout.pxi"
include "step.pxi"
include "environment.pxi"


# ---------------------------------------------------------------------------------------------- the table's functions
#
# A call on an environment: take the environment's lock, then the GIL, work, give both back. A lock is never waited for
# with the GIL held (handles.h says why). Arguments travel in a struct, so that this stands in one place. What works on
# Python objects is a function of its own, because Cython would take the GIL a second time in a function that handles
# exceptions and also runs without the GIL.


ctypedef int (*operation)(Environment environment, void *arguments) except -1


cdef int call_environment(gym_env env, operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(env.id, &slot, err)
    if code != GYM_OK:
        return code
    gym__thread_pin()
    with gil:
        code = run_reporting(<Environment>slot.object, run, arguments, err)
    gym__slot_unlock(slot)
    return code


cdef int run_reporting(Environment environment, operation run, void *arguments, gym_error *err) noexcept:
    try:
        run(environment, arguments)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef struct reset_arguments:
    const int64_t *seed
    const char *options
    double *obs
    size_t obs_len


cdef int bridge_reset(gym_env env, const int64_t *seed, const char *options, double *obs, size_t obs_len,
                      gym_error *err) noexcept nogil:
    cdef reset_arguments arguments = reset_arguments(seed, options, obs, obs_len)
    return call_environment(env, run_reset, &arguments, err)


cdef int run_reset(Environment environment, void *arguments) except -1:
    cdef reset_arguments *given = <reset_arguments *>arguments
    return environment.reset(given.seed, given.options, given.obs, given.obs_len)


cdef struct step_arguments:
    const double *action
    size_t action_len
    double *obs
    size_t obs_len
    gym_transition *out


cdef int bridge_step(gym_env env, const double *action, size_t action_len, double *obs, size_t obs_len,
                     gym_transition *out, gym_error *err) noexcept nogil:
    cdef step_arguments arguments = step_arguments(action, action_len, obs, obs_len, out)
    return call_environment(env, run_step, &arguments, err)


cdef int run_step(Environment environment, void *arguments) except -1:
    cdef step_arguments *given = <step_arguments *>arguments
    return environment.step(given.action, given.action_len, given.obs, given.obs_len, given.out)


cdef struct sample_arguments:
    double *action
    size_t action_len


cdef int bridge_sample_action(gym_env env, double *action, size_t action_len, gym_error *err) noexcept nogil:
    cdef sample_arguments arguments = sample_arguments(action, action_len)
    return call_environment(env, run_sample_action, &arguments, err)


cdef int run_sample_action(Environment environment, void *arguments) except -1:
    cdef sample_arguments *given = <sample_arguments *>arguments
    return environment.sample_action(given.action, given.action_len)


cdef int bridge_seed_action(gym_env env, int64_t seed, gym_error *err) noexcept nogil:
    return call_environment(env, run_seed_action, &seed, err)


cdef int run_seed_action(Environment environment, void *seed) except -1:
    return environment.seed_action((<int64_t *>seed)[0])


cdef int bridge_observation_space(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_observation_space, out, err)


cdef int run_observation_space(Environment environment, void *out) except -1:
    (<gym_value **>out)[0] = make_value(describe(environment.observation_space))
    return 0


cdef int bridge_action_space(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_action_space, out, err)


cdef int run_action_space(Environment environment, void *out) except -1:
    (<gym_value **>out)[0] = make_value(describe(environment.action_space))
    return 0


cdef int bridge_info(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_info, out, err)


cdef int run_info(Environment environment, void *out) except -1:
    if environment.info is None:
        raise BridgeError(GYM_ERR_RESET_NEEDED, "there is no info before the first gym_reset")
    (<gym_value **>out)[0] = make_value(environment.info)
    return 0


cdef int bridge_observation_size(gym_env env, size_t *out, gym_error *err) noexcept nogil:
    cdef size_t other
    return gym__slot_sizes(env.id, out, &other, err)


cdef int bridge_action_size(gym_env env, size_t *out, gym_error *err) noexcept nogil:
    cdef size_t other
    return gym__slot_sizes(env.id, &other, out, err)


cdef int bridge_make(const char *id, const char *options, gym_env *out, gym_error *err) noexcept nogil:
    cdef int code
    if not gym__make_begin():
        return gym__fail(err, GYM_ERR_SHUTDOWN, "gym_shutdown has been called")
    gym__thread_pin()
    with gil:
        code = open_environment(id, options, out, err)
    gym__make_end()
    return code


cdef int open_environment(const char *id, const char *options, gym_env *out, gym_error *err) noexcept:
    cdef Environment environment
    cdef gym__slot *slot
    try:
        options_text = None if options == NULL else decoded(options, "options of gym_make")
        env = make_environment(decoded_id(id), options_text)
        try:
            environment = Environment(env)
            slot = open_slot(environment)
        except BaseException:
            with suppress(Exception):  # the first error is the one to tell
                env.close()
            raise
        out.id = slot.id
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef gym__slot *open_slot(Environment environment) except NULL:
    cdef gym__slot *slot = gym__slot_open(
        <void *>environment, size_or_dynamic(environment.observation), size_or_dynamic(environment.action)
    )
    if slot == NULL:
        raise MemoryError("no handle is left")
    Py_INCREF(environment)  # the slot's reference, given up in close_environment
    return slot


cdef str decoded_id(const char *id):
    try:
        return id.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BridgeError(GYM_ERR_ARGUMENT, f"the environment's id {<bytes>id!r} is not UTF-8: {error}") from None


cdef size_t size_or_dynamic(Layout layout) noexcept:
    return GYM_DYNAMIC if layout.size < 0 else <size_t>layout.size


cdef int bridge_close(gym_env env, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(env.id, &slot, err)
    if code != GYM_OK:
        return code
    gym__thread_pin()
    with gil:
        code = close_environment(slot, err)
    gym__slot_unlock(slot)
    gym__slot_free(slot)
    return code


cdef int close_environment(gym__slot *slot, gym_error *err) noexcept:
    cdef Environment environment = <Environment>slot.object
    cdef int code = GYM_OK
    try:
        environment.env.close()
    except BaseException as error:
        code = report(error, err)
    gym__slot_invalidate(slot)
    Py_DECREF(environment)
    return code


cdef int bridge_shutdown(int run_exit, gym_error *err) noexcept nogil:
    cdef uint32_t index = 0
    cdef gym__slot *slot
    cdef uint64_t id
    cdef int code = GYM_OK
    cdef int failed
    gym__make_stop()
    gym__thread_pin()
    while True:
        id = gym__slot_next(&index)
        if id == 0:
            break
        if gym__slot_lock(id, &slot, NULL) != GYM_OK:
            continue  # another thread closed it first
        with gil:
            failed = close_environment(slot, err if code == GYM_OK else NULL)
        gym__slot_unlock(slot)
        gym__slot_free(slot)
        if code == GYM_OK:
            code = failed
    with gil:
        failed = exit_python(run_exit, err if code == GYM_OK else NULL)
    return failed if code == GYM_OK else code


cdef int exit_python(int run_exit, gym_error *err) noexcept:
    try:
        if run_exit:
            run_exit_functions()
        flush()
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef gym__table bridge_table = gym__table(
    abi_version=GYM__ABI_VERSION,
    struct_size=sizeof(gym__table),
    make=bridge_make,
    reset=bridge_reset,
    step=bridge_step,
    sample_action=bridge_sample_action,
    seed_action=bridge_seed_action,
    close=bridge_close,
    observation_size=bridge_observation_size,
    action_size=bridge_action_size,
    observation_space=bridge_observation_space,
    action_space=bridge_action_space,
    info=bridge_info,
    shutdown=bridge_shutdown,
)

table = PyCapsule_New(&bridge_table, GYM__CAPSULE_NAME, NULL)


def keeping_signals(function):
    """Make a function that calls another and then puts back every signal handler that it changed."""

    def call(*args, **kwargs):
        cdef gym__signals saved
        gym__signals_save(&saved)
        try:
            return function(*args, **kwargs)
        finally:
            gym__signals_restore(&saved)

    return call


protect_signals(keeping_signals)
