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
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.mem cimport PyMem_RawFree, PyMem_RawMalloc
from cpython.object cimport Py_TYPE, PyObject, PyTypeObject
from cpython.pycapsule cimport PyCapsule_GetPointer, PyCapsule_New
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_REFCNT
from cpython.tuple cimport PyTuple_CheckExact, PyTuple_GET_SIZE
from libc.limits cimport LLONG_MAX
from libc.stdint cimport int8_t, int32_t, int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.string cimport memcmp, memcpy, memset

from gogym_c cimport *
from value_build cimport *

import operator
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from itertools import islice

import gymnasium
import gymnasium.error as gymnasium_error
import numpy as np

from gogym.make import Making
from gogym.options import ElementError, OptionsError, SpaceError, parse_json, parse_object, parse_reset_options
from gogym.shutdown import flush, run_exit_functions
from gogym.signals import protect_signals
from gogym.space import ARRAY_DTYPES, MAX_DIMENSIONS, class_name, describe, dtype_name, key_text, safe_repr, shown

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
    const Py_ssize_t PY_SSIZE_T_MAX

    ctypedef struct PyThreadState:
        void *c_tracefunc
        void *c_profilefunc

    PyThreadState *PyThreadState_Get() noexcept
    dict PyObject_GenericGetDict(object value, void *context)
    PyObject *PyDict_GetItemWithError(dict attributes, object key) except? NULL
    bint PyFunction_Check(object value) noexcept
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
include "layout_leaf.pxi"
include "sampled_class.pxi"
include "sampler.pxi"
include "source.pxi"
include "host_function.pxi"
include "render.pxi"
cdef list KEPT_CODE = []  # code objects compared by address must not be freed

include "step_reward.pxi"
include "step.pxi"
include "batch.pxi"
include "environment.pxi"
include "batch_rows.pxi"
include "batch_columns.pxi"
include "batch_whole.pxi"
include "space_handle.pxi"


# ---------------------------------------------------------------------------------------------- the table's functions
#
# A call on an environment: take the environment's lock, then the GIL, work, give both back. A lock is never waited for
# with the GIL held (handles.h says why). An environment that renders has a thread of its own, which does the work while
# the calling thread keeps the lock. Arguments travel in a struct, so that this stands in one place. What works on
# Python objects is a function of its own, because Cython would take the GIL a second time in a function that handles
# exceptions and also runs without the GIL.


ctypedef int (*operation)(Environment environment, void *arguments) except -1


cdef int call_environment(gym_env env, operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef gym__slot *slot
    cdef int code = gym__slot_lock(GYM__HANDLE_ENV, env.id, &slot, err)
    if code != GYM_OK:
        return code
    code = run_locked(slot, run, arguments, err)
    gym__slot_unlock(slot)
    return code


cdef inline int run_locked(gym__slot *slot, operation run, void *arguments, gym_error *err) noexcept nogil:
    """An operation on the environment behind a slot that this thread has locked."""
    cdef int code
    if slot.data != NULL:
        return call_on_thread(slot, run, arguments, err)
    gym__thread_pin()
    with gil:
        code = run_reporting(<Environment>slot.object, run, arguments, err)
    return code


cdef int run_reporting(Environment environment, operation run, void *arguments, gym_error *err) noexcept:
    try:
        run(environment, arguments)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef struct thread_call:
    gym__slot *slot
    operation run
    void *arguments
    gym_error *err
    int code


cdef int call_on_thread(gym__slot *slot, operation run, void *arguments, gym_error *err) noexcept nogil:
    cdef thread_call call = thread_call(slot, run, arguments, err, GYM_OK)
    if not gym__bound_run(<gym__bound_thread *>slot.data, run_on_thread, &call):
        return fail_waiting(err)
    return call.code


cdef void run_on_thread(void *argument) noexcept nogil:
    cdef thread_call *call = <thread_call *>argument
    gym__slot_take_over(call.slot)
    with gil:
        call.code = run_reporting(<Environment>call.slot.object, call.run, call.arguments, call.err)


cdef int fail_waiting(gym_error *err) noexcept nogil:
    return gym__fail(
        err, GYM_ERR_BUSY,
        "the thread that this environment is bound to waits for this very call: two environments whose methods or "
        "callbacks call each other",
    )


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
    return gym__slot_size(GYM__HANDLE_ENV, env.id, GYM__OBSERVATION_SIZE, out, err)


cdef int bridge_action_size(gym_env env, size_t *out, gym_error *err) noexcept nogil:
    return gym__slot_size(GYM__HANDLE_ENV, env.id, GYM__ACTION_SIZE, out, err)


cdef int bridge_observation_nbytes(gym_env env, size_t *out, gym_error *err) noexcept nogil:
    return gym__slot_size(GYM__HANDLE_ENV, env.id, GYM__OBSERVATION_NBYTES, out, err)


cdef int bridge_action_nbytes(gym_env env, size_t *out, gym_error *err) noexcept nogil:
    return gym__slot_size(GYM__HANDLE_ENV, env.id, GYM__ACTION_NBYTES, out, err)


cdef struct reset_native_arguments:
    const int64_t *seed
    const char *options
    char *obs
    size_t obs_nbytes


cdef int bridge_reset_native(gym_env env, const int64_t *seed, const char *options, void *obs, size_t obs_nbytes,
                             gym_error *err) noexcept nogil:
    cdef reset_native_arguments arguments = reset_native_arguments(seed, options, <char *>obs, obs_nbytes)
    return call_environment(env, run_reset_native, &arguments, err)


cdef int run_reset_native(Environment environment, void *arguments) except -1:
    cdef reset_native_arguments *given = <reset_native_arguments *>arguments
    return environment.reset_native(given.seed, given.options, given.obs, given.obs_nbytes)


cdef struct step_native_arguments:
    const char *action
    size_t action_nbytes
    char *obs
    size_t obs_nbytes
    gym_transition *out


cdef int bridge_step_native(gym_env env, const void *action, size_t action_nbytes, void *obs, size_t obs_nbytes,
                            gym_transition *out, gym_error *err) noexcept nogil:
    cdef step_native_arguments arguments = step_native_arguments(
        <const char *>action, action_nbytes, <char *>obs, obs_nbytes, out
    )
    return call_environment(env, run_step_native, &arguments, err)


cdef int run_step_native(Environment environment, void *arguments) except -1:
    cdef step_native_arguments *given = <step_native_arguments *>arguments
    return environment.step_native(given.action, given.action_nbytes, given.obs, given.obs_nbytes, given.out)


cdef struct sample_native_arguments:
    char *action
    size_t action_nbytes


cdef int bridge_sample_action_native(gym_env env, void *action, size_t action_nbytes, gym_error *err) noexcept nogil:
    cdef sample_native_arguments arguments = sample_native_arguments(<char *>action, action_nbytes)
    return call_environment(env, run_sample_action_native, &arguments, err)


cdef int run_sample_action_native(Environment environment, void *arguments) except -1:
    cdef sample_native_arguments *given = <sample_native_arguments *>arguments
    return environment.sample_action_native(given.action, given.action_nbytes)


cdef int bridge_observation(gym_env env, gym_value **out, gym_error *err) noexcept nogil:
    return call_environment(env, run_observation, out, err)


cdef int run_observation(Environment environment, void *out) except -1:
    (<gym_value **>out)[0] = environment.observation_value()
    return 0


cdef struct reset_value_arguments:
    const int64_t *seed
    const char *options
    gym_value **obs


cdef int bridge_reset_value(gym_env env, const int64_t *seed, const char *options, gym_value **obs,
                            gym_error *err) noexcept nogil:
    cdef reset_value_arguments arguments = reset_value_arguments(seed, options, obs)
    return call_environment(env, run_reset_value, &arguments, err)


cdef int run_reset_value(Environment environment, void *arguments) except -1:
    cdef reset_value_arguments *given = <reset_value_arguments *>arguments
    return environment.reset_value(given.seed, given.options, given.obs)


cdef struct step_value_arguments:
    const char *action
    gym_value **obs
    gym_transition *out


cdef int bridge_step_value(gym_env env, const char *action, gym_value **obs, gym_transition *out,
                           gym_error *err) noexcept nogil:
    cdef step_value_arguments arguments = step_value_arguments(action, obs, out)
    return call_environment(env, run_step_value, &arguments, err)


cdef int run_step_value(Environment environment, void *arguments) except -1:
    cdef step_value_arguments *given = <step_value_arguments *>arguments
    return environment.step_value(given.action, given.obs, given.out)


cdef str decoded_id(const char *id):
    return decoded_argument(id, "environment's id", GYM_ERR_ARGUMENT)


cdef str decoded_argument(const char *text, str what, int code):
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BridgeError(code, f"the {what} {<bytes>text!r} is not UTF-8: {error}") from None


cdef size_t size_or_dynamic(Py_ssize_t size) noexcept:
    return GYM_DYNAMIC if size < 0 else <size_t>size


cdef int bridge_shutdown(int run_exit, gym_error *err) noexcept nogil:
    cdef uint32_t index = 0
    cdef gym__slot *slot
    cdef uint64_t id
    cdef int code = GYM_OK
    cdef int failed
    cdef gym__handle_kind kind
    cdef gym__bound_thread *thread
    gym__make_stop()
    gym__thread_pin()
    while True:
        id = gym__slot_next(&index)
        if id == 0:
            break
        kind = <gym__handle_kind>(id >> 56)
        if gym__slot_lock(kind, id, &slot, NULL) != GYM_OK:
            continue  # another thread closed it first
        thread = NULL
        if kind == GYM__HANDLE_SPACE:
            with gil:
                failed = close_space(slot)
        elif kind == GYM__HANDLE_BATCH:
            thread = <gym__bound_thread *>slot.data
            failed = close_batch_locked(slot, err if code == GYM_OK else NULL)
        else:
            thread = <gym__bound_thread *>slot.data
            failed = close_locked(slot, err if code == GYM_OK else NULL)
        gym__slot_unlock(slot)
        gym__slot_free(slot)
        gym__bound_stop(thread)
        if code == GYM_OK:
            code = failed
    with gil:
        failed = exit_python(run_exit, err if code == GYM_OK else NULL)
    return failed if code == GYM_OK else code


cdef int exit_python(int run_exit, gym_error *err) noexcept:
    try:
        try:
            if run_exit:
                run_exit_functions()
            flush()
        finally:
            change_message_callback(None)
        return GYM_OK
    except BaseException as error:
        return report(error, err)


cdef extern from "space_calls.h" nogil:
    int gym__space_call_size(gym_space space, size_t *out, gym_error *err) noexcept
    int gym__space_call_nbytes(gym_space space, size_t *out, gym_error *err) noexcept
    int gym__space_call_flatdim(gym_space space, size_t *out, gym_error *err) noexcept
    int gym__space_call_contains(gym_space space, const double *x, size_t x_len, int *out, gym_error *err) noexcept
    int gym__space_call_contains_native(gym_space space, const void *x, size_t x_nbytes, int *out,
                                        gym_error *err) noexcept
    int gym__space_call_flatten(gym_space space, const double *x, size_t x_len, double *flat, size_t flat_len,
                                gym_error *err) noexcept
    int gym__space_call_flatten_native(gym_space space, const void *x, size_t x_nbytes, void *flat,
                                       size_t flat_nbytes, gym_error *err) noexcept
    int gym__space_call_unflatten(gym_space space, const double *flat, size_t flat_len, double *x, size_t x_len,
                                  gym_error *err) noexcept
    int gym__space_call_unflatten_native(gym_space space, const void *flat, size_t flat_nbytes, void *x,
                                         size_t x_nbytes, gym_error *err) noexcept


include "space_calls.pxi"
include "making.pxi"
include "environment_calls.pxi"
include "library_calls.pxi"
include "batch_calls.pxi"


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
    observation_nbytes=bridge_observation_nbytes,
    action_nbytes=bridge_action_nbytes,
    reset_native=bridge_reset_native,
    step_native=bridge_step_native,
    sample_action_native=bridge_sample_action_native,
    observation=bridge_observation,
    reset_value=bridge_reset_value,
    step_value=bridge_step_value,
    space_make=bridge_space_make,
    space_of_observations=bridge_space_of_observations,
    space_of_actions=bridge_space_of_actions,
    space_child=bridge_space_child,
    space_close=bridge_space_close,
    space_value=bridge_space_value,
    space_size=gym__space_call_size,
    space_nbytes=gym__space_call_nbytes,
    space_flatdim=gym__space_call_flatdim,
    space_seed=bridge_space_seed,
    space_sample=bridge_space_sample,
    space_sample_native=bridge_space_sample_native,
    space_sample_value=bridge_space_sample_value,
    space_contains=gym__space_call_contains,
    space_contains_native=gym__space_call_contains_native,
    space_contains_value=bridge_space_contains_value,
    space_flatten=gym__space_call_flatten,
    space_flatten_native=gym__space_call_flatten_native,
    space_flatten_value=bridge_space_flatten_value,
    space_unflatten=gym__space_call_unflatten,
    space_unflatten_native=gym__space_call_unflatten_native,
    space_unflatten_value=bridge_space_unflatten_value,
    wrap=bridge_wrap,
    add_reward_callback=bridge_add_reward_callback,
    add_array_callback=bridge_add_array_callback,
    add_trigger_callback=bridge_add_trigger_callback,
    remove_callback=bridge_remove_callback,
    frame_layout=bridge_frame_layout,
    render=bridge_render,
    render_value=bridge_render_value,
    has_attr=bridge_has_attr,
    get_attr=bridge_get_attr,
    set_attr=bridge_set_attr,
    call=bridge_call,
    save_state=bridge_save_state,
    load_state=bridge_load_state,
    clone=bridge_clone,
    list_envs=bridge_list_envs,
    spec=bridge_spec,
    register_env=bridge_register_env,
    import_module=bridge_import_module,
    versions=bridge_versions,
    check_env=bridge_check_env,
    set_message_callback=bridge_set_message_callback,
    flush=bridge_flush,
    is_inside=bridge_is_inside,
    batch_make=bridge_batch_make,
    batch_bind=bridge_batch_bind,
    batch_set_reset_options=bridge_batch_set_reset_options,
    batch_run=bridge_batch_run,
    batch_failures=bridge_batch_failures,
    batch_remake=bridge_batch_remake,
    batch_info=bridge_batch_info,
    batch_call=bridge_batch_call,
    batch_render=bridge_batch_render,
    batch_sample_actions=bridge_batch_sample_actions,
    batch_seed_actions=bridge_batch_seed_actions,
    batch_space=bridge_batch_space,
    batch_close=bridge_batch_close,
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


def serve(int socket_fd, int control_fd, int data_fd, unsigned int station):
    """What a worker process does until its host tells it to quit, or is gone: see serve.h.

    On Python's main thread.
    """
    cdef int status
    set_is_worker()
    with nogil:
        status = gym__serve(&bridge_table, socket_fd, control_fd, data_fd, station)
    return status
