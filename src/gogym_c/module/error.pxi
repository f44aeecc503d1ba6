# From a Python exception to a gym_error: the one place where it is done.


class BridgeError(Exception):
    """An error of gogym's own: it reaches the host without a Python class and traceback, unless it has a cause."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


cdef dict EXCEPTION_CODES = {
    MemoryError: GYM_ERR_MEMORY,
    ImportError: GYM_ERR_IMPORT,
    SystemExit: GYM_ERR_SYSTEM_EXIT,
    KeyboardInterrupt: GYM_ERR_INTERRUPTED,
    RecursionError: GYM_ERR_RECURSION,
}

# By name: a class that this Gymnasium lacks cannot be raised by it either.
for _name, _code in (
    ("Error", GYM_ERR_GYMNASIUM),
    ("UnregisteredEnv", GYM_ERR_UNREGISTERED_ENV),
    ("NamespaceNotFound", GYM_ERR_NAMESPACE_NOT_FOUND),
    ("NameNotFound", GYM_ERR_NAME_NOT_FOUND),
    ("VersionNotFound", GYM_ERR_VERSION_NOT_FOUND),
    ("DeprecatedEnv", GYM_ERR_DEPRECATED_ENV),
    ("RegistrationError", GYM_ERR_REGISTRATION),
    ("DependencyNotInstalled", GYM_ERR_DEPENDENCY_NOT_INSTALLED),
    ("UnsupportedMode", GYM_ERR_UNSUPPORTED_MODE),
    ("InvalidMetadata", GYM_ERR_INVALID_METADATA),
    ("ResetNeeded", GYM_ERR_RESET_NEEDED),
    ("InvalidAction", GYM_ERR_INVALID_ACTION),
    ("MissingArgument", GYM_ERR_MISSING_ARGUMENT),
    ("InvalidProbability", GYM_ERR_INVALID_PROBABILITY),
    ("InvalidBound", GYM_ERR_INVALID_BOUND),
    ("DeprecatedWrapper", GYM_ERR_DEPRECATED_WRAPPER),
    ("AlreadyPendingCallError", GYM_ERR_ALREADY_PENDING_CALL),
    ("NoAsyncCallError", GYM_ERR_NO_ASYNC_CALL),
    ("ClosedEnvironmentError", GYM_ERR_CLOSED_ENVIRONMENT),
    ("CustomSpaceError", GYM_ERR_CUSTOM_SPACE),
):
    if hasattr(gymnasium_error, _name):
        EXCEPTION_CODES[getattr(gymnasium_error, _name)] = _code


cdef int exception_code(object error) except -1:
    code = getattr(type(error), "gogym_status", None)  # of a class in gogym.errors
    if code is not None:
        return code
    for cls in type(error).__mro__:
        code = EXCEPTION_CODES.get(cls)
        if code is not None:
            return code
    return GYM_ERR_PYTHON


cdef str exception_message(object error):
    """The exception's own words; never empty, and never failing: an exception's __str__ is foreign code."""
    try:
        text = str(error)
    except BaseException as broken:
        text = f"(its text could not be had: {class_name(type(broken))})"
        return f"{class_name(type(error))}: {text}"
    # A bare key, number or nothing at all says too little without the class.
    if not text or isinstance(error, (KeyError, StopIteration, SystemExit)):
        return f"{class_name(type(error))}: {text}" if text else class_name(type(error))
    return text


cdef str exception_traceback(object error):
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException as broken:
        return f"(the traceback could not be formatted: {class_name(type(broken))})"


cdef bytes encoded(str text):
    """UTF-8 for C: lone surrogates are escaped, NUL would end the text early."""
    return text.encode("utf-8", "backslashreplace").replace(b"\0", b"\\0")


cdef int report(object error, gym_error *err) noexcept:
    """Describe a Python exception in *err and give its status code."""
    cdef int code = GYM_ERR_INTERNAL
    cdef bytes cls, message, trace
    try:
        if isinstance(error, OptionsError):
            error = BridgeError(GYM_ERR_JSON, str(error))
        elif isinstance(error, SpaceError):
            error = BridgeError(GYM_ERR_SPACE, str(error))
        elif isinstance(error, ElementError):
            error = BridgeError(GYM_ERR_ACTION if error.path.startswith("action") else GYM_ERR_ELEMENT, str(error))
        elif hasattr(type(error), "gogym_status"):
            cause = error.__cause__
            error = BridgeError(error.gogym_status, str(error))
            error.__cause__ = cause
        if isinstance(error, BridgeError):
            code = error.code
            message = encoded(str(error))
            if isinstance(error, HostError):
                cls, trace = encoded(error.cls), encoded(error.trace)
                return gym__error_set(err, code, cls, message, trace)
            if error.__cause__ is None:
                return gym__error_set(err, code, NULL, message, NULL)
            error = error.__cause__
        else:
            code = exception_code(error)
            message = encoded(exception_message(error))
        cls = encoded(class_name(type(error)))
        trace = encoded(exception_traceback(error))
        return gym__error_set(err, code, cls, message, trace)
    except BaseException:
        # Memory or stack ran out while describing: the code is what is left.
        return gym__error_set(err, code, NULL, b"(the error could not be described)", NULL)


cdef str shortened(object text, Py_ssize_t limit=200):
    return text if len(text) <= limit else text[: limit - 3] + "..."
