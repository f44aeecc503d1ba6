"""Warnings, logging and standard output to a function: what it gets, and that everything is as before afterwards."""

import contextlib
import io
import logging
import os
import subprocess
import sys
import textwrap
import threading
import warnings

import gymnasium
import pytest

from gogym import messages, shutdown


@contextlib.contextmanager
def told():
    """What the function has been given. No fixture: pytest exchanges sys.stdout between a fixture and its test."""
    received = []
    messages.set_callback(lambda level, text: received.append((level, text)))
    try:
        yield received
    finally:
        messages.set_callback(None)


def run(source, *arguments, expect=0):
    """Run a program in a process of its own: standard output and standard error."""
    prelude = """
        import logging, os, sys, threading, warnings
        from gogym import messages, shutdown
        got = []
        def deliver(level, text):
            got.append((level, text))
        """
    program = textwrap.dedent(prelude) + textwrap.dedent(source)
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == expect, done.stderr
    return done.stdout, done.stderr


# ------------------------------------------------------------------------------------------- standard output


def test_output_comes_in_lines():
    with told() as got:
        print("one")
        print("two\nthree", "four", sep="\n", end="")
        assert got == [(0, "one"), (0, "two"), (0, "three")]
        print(" and more", flush=True)
        print()
        assert got[3:] == [(0, "four and more"), (0, "")]


def test_flushing_does_not_cut_a_line():
    with told() as got:
        print("Loading", end="", flush=True)
        for _ in range(3):
            print(".", end="", flush=True)
        sys.stdout.flush()
        assert got == []
        print(" done")
        assert got == [(0, "Loading... done")]


@pytest.mark.parametrize("flush", [messages.flush, shutdown.flush])
def test_gym_flush_delivers_what_has_not_ended(flush):
    with told() as got:
        flush()
        assert got == []
        print("half", end="")
        flush()
        assert got == [(0, "half")]
        flush()
        print(" a line")
        assert got == [(0, "half"), (0, " a line")]


def test_an_end_of_line_is_any_of_three():
    with told() as got:
        sys.stdout.write("10%\r20%\rdone\r\nnext\r")
        sys.stdout.write("\nlast\n")
        assert [text for _, text in got] == ["10%", "20%", "done", "next", "last"]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("\x1b[33mWARN: yellow\x1b[0m", "WARN: yellow"),
        ("\x1b[1;38;5;208mbold\x1b[m and \x1b[2Kcleared", "bold and cleared"),
        ("\x1b]0;title\x07here", "here"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bcharset \x1b7saved\x1b8", "charset saved"),
        ("no [33m codes", "no [33m codes"),
        ("naïve ☃ \U0001f600", "naïve ☃ \U0001f600"),
        ("nul\0 tab\t", "nul\0 tab\t"),
        ("lone \udcff", "lone \\udcff"),
    ],
)
def test_terminal_codes_go_and_the_rest_stays(written, text):
    with told() as got:
        print(written)
        assert got == [(0, text)]


def test_a_line_without_end_does_not_grow_for_ever():
    with told() as got:
        for _ in range(100):
            sys.stdout.write("x" * 1000)
        assert [len(text) for _, text in got] == [66000]
        messages.flush()
        assert sum(len(text) for _, text in got) == 100_000


def test_the_end_of_a_cut_line_is_no_empty_line():
    long = "x" * 100_000
    with told() as got:
        for piece in (long, "\n", "\n", long, long, "\n\nend\n", long, "rest", "\n", "\n", long + "\n", "\n"):
            sys.stdout.write(piece)
        told_lengths = [len(text) for _, text in got]
    assert told_lengths == [100_000, 0, 100_000, 100_000, 0, 3, 100_000, 4, 0, 100_000, 0]


def test_the_stream_is_a_usual_one(capfd):
    with told() as got:
        assert sys.stdout.encoding == "utf-8"
        assert not sys.stdout.isatty()
        assert sys.stdout.writable()
        assert not sys.stdout.readable()
        assert sys.stdout.name == "<stdout>"
        assert sys.stdout.write("four") == 4
        assert sys.stdout.buffer.write("ÿ\n".encode()[:1]) == 1
        assert sys.stdout.buffer.write("ÿ\n".encode()[1:]) == 2
        sys.stdout.buffer.write(b"bad \xff\n")
        sys.stdout.writelines(["a\n", "b\n"])
        sys.stdout.reconfigure(line_buffering=True)
        print("c")
        assert [text for _, text in got] == ["fourÿ", "bad �", "a", "b", "c"]
        subprocess.run([sys.executable, "-c", "print('from a child')"], stdout=sys.stdout, check=True)
        assert "from a child" in capfd.readouterr().out


def test_each_thread_writes_lines_of_its_own():
    with told() as got:
        halves = threading.Barrier(4)

        def work(name):
            for i in range(50):
                sys.stdout.write(f"{name} ")
                if i % 10 == 0:
                    halves.wait()  # every thread is in mid-line now
                sys.stdout.write(f"{i}\n")

        threads = [threading.Thread(target=work, args=[f"t{i}"]) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(text for _, text in got) == sorted(f"t{t} {i}" for t in range(4) for i in range(50))


def test_what_a_thread_leaves_behind_is_not_lost():
    with told() as got:
        thread = threading.Thread(target=lambda: print("unfinished", end=""))
        thread.start()
        thread.join()
        messages.flush()
        assert got == [(0, "unfinished")]


# ------------------------------------------------------------------------------------------- warnings and logging


def test_warnings():
    with told() as got:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("plain", stacklevel=1)
            warnings.warn("old", DeprecationWarning, stacklevel=1)
            gymnasium.logger.warn("of %s", "Gymnasium")
            gymnasium.logger.error("red")
        assert got == [
            (30, "UserWarning: plain"),
            (30, "DeprecationWarning: old"),
            (30, "UserWarning: WARN: of Gymnasium"),
            (30, "UserWarning: ERROR: red"),
        ]


def test_warnings_pass_pythons_filters():
    with told() as got:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.warn("ignored", stacklevel=1)
            warnings.simplefilter("once")
            for _ in range(3):
                warnings.warn("told once", stacklevel=1)
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="raised"):
                warnings.warn("raised", stacklevel=1)
        assert got == [(30, "UserWarning: told once")]


def test_a_warning_for_a_file_goes_there():
    out, err = run("""
        import io
        file = io.StringIO()
        messages.set_callback(deliver)
        warnings.showwarning("filed", UserWarning, "name.py", 1, file=file)
        messages.set_callback(None)
        assert file.getvalue() == "name.py:1: UserWarning: filed\\n", file.getvalue()
        assert got == [], got
        """)
    assert out == err == ""


def test_who_catches_warnings_gets_them():
    with told() as got:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warnings.warn("caught", stacklevel=1)
        assert [str(warning.message) for warning in caught] == ["caught"]
        assert got == []


def test_logging():
    with told() as got:
        logger = logging.getLogger("gogym_test.some")
        logger.setLevel(logging.DEBUG)
        logger.debug("d %d", 1)
        logger.info("i")
        logger.warning("\x1b[31mw\x1b[0m\n")
        logger.log(35, "between")
        logger.critical("c")
        logging.getLogger().error("of the root")
        try:
            raise ValueError("inner")
        except ValueError:
            logger.exception("caught")
        *plain, (level, text) = got
        assert plain == [
            (10, "gogym_test.some: d 1"),
            (20, "gogym_test.some: i"),
            (30, "gogym_test.some: w"),
            (35, "gogym_test.some: between"),
            (50, "gogym_test.some: c"),
            (40, "of the root"),
        ]
        assert level == 40
        assert text.startswith("gogym_test.some: caught\nTraceback")
        assert text.endswith("ValueError: inner")
        logger.setLevel(logging.ERROR)
        logger.warning("below its level")
        assert len(got) == 7


def test_a_record_that_cannot_be_formatted_is_told_all_the_same():
    out, err = run("""
        messages.set_callback(deliver)
        logging.getLogger("bad").error("%d apples", "many")
        messages.set_callback(None)
        [(level, text)] = got
        assert level == 40
        assert text.startswith("bad: '%d apples' could not be formatted: TypeError: "), text
        """)
    assert out == err == ""


def test_handlers_of_others_keep_their_records():
    with told() as got:
        stream = io.StringIO()
        logger = logging.getLogger("gogym_test.handled")
        handler = logging.StreamHandler(stream)
        logger.addHandler(handler)
        try:
            logger.error("both")
            assert got == [(40, "gogym_test.handled: both")]
            logger.propagate = False
            logger.error("only there")
            assert len(got) == 1
        finally:
            logger.propagate = True
            logger.removeHandler(handler)
        assert stream.getvalue() == "both\nonly there\n"


@pytest.mark.parametrize("first", ["capture", "callback"])
def test_captured_warnings_are_told_once(first):
    out, err = run(
        """
        first = sys.argv[1]
        if first == "capture":
            logging.captureWarnings(True)
        messages.set_callback(deliver)
        if first == "callback":
            logging.captureWarnings(True)
        warnings.warn("told")
        logging.captureWarnings(False)
        warnings.warn("again")
        messages.set_callback(None)
        assert [level for level, _ in got] == [30, 30] or first == "capture", got
        assert "told" in got[0][1] and len([text for _, text in got if "told" in text]) == 1, got
        warnings.warn("to stderr")
        """,
        first,
    )
    assert out == ""
    assert "told" not in err
    assert err.count("UserWarning: to stderr") == 1


# ------------------------------------------------------------------------------------------- as before


def test_nothing_changes_without_a_callback():
    out, err = run("""
        import gogym.check, gogym.registry
        print("out")
        warnings.warn("warned")
        logging.warning("logged")
        assert messages.set_callback(None) is None
        messages.flush()
        shutdown.flush()
        """)
    assert out == "out\n"
    assert "UserWarning: warned" in err
    assert err.endswith("WARNING:root:logged\n")


def test_afterwards_everything_is_as_before():
    out, err = run("""
        before = (sys.stdout, warnings.showwarning, logging.lastResort, list(logging.root.handlers))
        print("before ", end="")
        messages.set_callback(deliver)
        logger = logging.getLogger("alone")
        logger.propagate = False
        print("a")
        warnings.warn("b")
        logging.getLogger("x").warning("c")
        logging.getLogger("x").info("not told: the level is WARNING")
        logger.error("d")
        logger.setLevel(1)
        logger.info("not told: the last resort begins at WARNING")
        print("unfinished", end="")
        messages.set_callback(None)
        expected = [(0, "a"), (30, "UserWarning: b"), (30, "x: c"), (40, "alone: d"), (0, "unfinished")]
        assert got == expected, got
        assert before == (sys.stdout, warnings.showwarning, logging.lastResort, list(logging.root.handlers))
        print("after")
        warnings.warn("last")
        logger.error("resort")
        """)
    assert out == "before after\n"
    assert "UserWarning: last" in err
    assert err.endswith("resort\n")
    assert "a\n" not in err


def test_a_second_callback_takes_the_place_of_the_first():
    first, second = [], []

    def deliver_first(level, text):  # noqa: ARG001
        first.append(text)

    assert messages.set_callback(deliver_first) is None
    try:
        stream = sys.stdout
        print("one")
        print("unfinished", end="")
        assert messages.set_callback(lambda *message: second.append(message[1])) is deliver_first
        print("two")
        print("kept", file=stream)  # a stream of before leads on
    finally:
        messages.set_callback(None)
    assert first == ["one", "unfinished"]
    assert second == ["two"]


def test_what_others_have_replaced_since_stays():
    class Stream(io.StringIO):
        pass

    mine, real = Stream(), sys.stdout
    shown, before = [], warnings.showwarning
    messages.set_callback(lambda *_message: None)
    kept_stream, kept_show = sys.stdout, warnings.showwarning
    try:
        sys.stdout = mine
        warnings.showwarning = lambda *arguments: shown.append(str(arguments[0]))
        messages.set_callback(None)
        assert sys.stdout is mine
        print("to mine")
        warnings.warn("mine", stacklevel=1)
    finally:
        sys.stdout, warnings.showwarning = real, before
    assert mine.getvalue() == "to mine\n"
    assert shown == ["mine"]
    # What others have kept leads to where things were before.
    with warnings.catch_warnings(record=True) as caught:
        kept_show(UserWarning("late"), UserWarning, "name.py", 1)
    assert [str(warning.message) for warning in caught] == ["late"]
    assert kept_stream.write("late ") == 5


def test_streams_and_hooks_of_ended_callbacks_lead_on():
    """Also where somebody, here catch_warnings and redirect_stdout, puts them back."""
    out, err = run("""
        import contextlib, io
        with contextlib.ExitStack() as stack:
            messages.set_callback(deliver)
            stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
            stack.enter_context(warnings.catch_warnings())
            messages.set_callback(None)
            messages.set_callback(deliver)
            messages.set_callback(None)
        print("out", flush=True)
        warnings.warn("warned")
        assert got == [], got
        """)
    assert out == "out\n"
    assert err.count("UserWarning: warned") == 1


@pytest.mark.parametrize("stream", ["None", "closed", "strange"])
def test_any_standard_output_will_do(stream):
    out, _ = run(
        """
        import io
        closed = io.StringIO()
        closed.close()
        class Strange:
            def write(self, text):
                got.append(text)
            def flush(self):
                raise RuntimeError("no flush")
        before = sys.stdout = {"None": None, "closed": closed, "strange": Strange()}[sys.argv[1]]
        messages.set_callback(deliver)
        print("told")
        if before is None:
            try:
                sys.stdout.fileno()
            except io.UnsupportedOperation as error:
                got.append(str(error))
        kept = sys.stdout
        messages.set_callback(None)
        assert sys.stdout is before
        sys.stdout = sys.__stdout__
        kept.write("late")
        more = {"None": ["fileno"], "closed": [], "strange": ["late"]}[sys.argv[1]]
        assert got == [(0, "told"), *more], got
        """,
        stream,
    )
    assert out == ""


# ------------------------------------------------------------------------------------------- hostile functions


def test_a_function_that_raises_breaks_nothing():
    out, err = run("""
        def refuse(level, text):
            raise RuntimeError("refused")
        messages.set_callback(refuse)
        print("printed")
        warnings.warn("warned")
        logging.getLogger("x").error("logged")
        print("half", end="")
        messages.flush()
        messages.set_callback(None)
        """)
    assert out == "printed\nhalf"  # where it would have gone otherwise
    assert "UserWarning: warned" in err
    assert err.endswith("logged\n")
    assert "refused" not in err


def test_a_refused_record_that_others_have_is_not_told_again():
    out, err = run("""
        logging.basicConfig(format="own: %(message)s")
        def refuse(level, text):
            raise RuntimeError("refused")
        messages.set_callback(refuse)
        logging.getLogger("x").error("logged")
        messages.set_callback(None)
        """)
    assert (out, err) == ("", "own: logged\n")


def test_messages_that_the_function_causes_go_past_it():
    out, err = run("""
        def chatty(level, text):
            got.append(text)
            print("inner", text)
            warnings.warn(f"inner {text}")
            logging.getLogger("x").error("inner %s", text)
        messages.set_callback(chatty)
        print("a")
        warnings.warn("b")
        logging.getLogger("x").error("c")
        messages.set_callback(None)
        assert got == ["a", "UserWarning: b", "x: c"], got
        """)
    assert out == "inner a\ninner UserWarning: b\ninner x: c\n"
    assert err.count("UserWarning: inner") == 3
    assert err.count("inner x: c\n") >= 1


def test_a_function_can_end_itself():
    received = []

    def once(level, text):  # noqa: ARG001
        received.append(text)
        messages.set_callback(None)

    before = sys.stdout
    messages.set_callback(once)
    stream = sys.stdout
    print("first\nsecond", file=stream)
    assert received == ["first"]
    assert sys.stdout is before


def test_several_threads_can_be_inside():
    together = threading.Barrier(3)
    received = []

    def deliver(level, text):  # noqa: ARG001
        together.wait(timeout=30)  # raises where one would have to wait for another
        received.append(text)

    messages.set_callback(deliver)
    work = [
        lambda: print("printed"),
        lambda: logging.getLogger("gogym_test.inside").error("logged"),
        lambda: logging.getLogger("gogym_test.inside").error("logged too"),
    ]
    threads = [threading.Thread(target=target) for target in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    messages.set_callback(None)
    assert sorted(received) == ["gogym_test.inside: logged", "gogym_test.inside: logged too", "printed"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_of_fork_writes_as_before():
    out, err = run("""
        messages.set_callback(deliver)
        print("parent's half", end="")
        child = os.fork()
        if child == 0:
            messages.flush()
            print("child's line")
            warnings.warn("child's warning")
            logging.getLogger("x").error("child's record")
            sys.stdout.flush()
            os._exit(0 if not got else 1)
        assert os.waitpid(child, 0)[1] == 0
        print(" and more")
        messages.set_callback(None)
        assert got == [(0, "parent's half and more")], got
        """)
    assert out == "child's line\n"
    assert "UserWarning: child's warning" in err
    assert err.endswith("child's record\n")


def test_setting_it_from_many_threads_leaves_no_trace():
    before = (sys.stdout, warnings.showwarning, logging.lastResort, list(logging.root.handlers))
    ended = []

    def work():
        for _ in range(30):
            ended.append(messages.set_callback(lambda *_message: None))
            print("x", end="")

    threads = [threading.Thread(target=work) for _ in range(4)]
    with contextlib.redirect_stdout(io.StringIO()):
        inner = sys.stdout
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended.append(messages.set_callback(None))
        assert sys.stdout is inner
    assert before == (sys.stdout, warnings.showwarning, logging.lastResort, list(logging.root.handlers))
    assert len(set(map(id, ended))) == len(ended) == 121  # each one ended once
