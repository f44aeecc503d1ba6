"""The layout of everything that crosses a border, compared with what was recorded.

layout-N.txt is what release N of the layout looked like. The newest record must be exactly what the sources
give now; each older one must still hold, but for the sizes of structs, which may have grown. To add to the
contract: change the sources, add the new names to layout.c, and write its output to a new record (or to the
newest one, as long as it has not been released).
"""

import re
import struct
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

pytestmark = pytest.mark.skipif(struct.calcsize("P") != 8, reason="the record is of 64-bit machines")


def records():
    """The recorded layouts, oldest first."""
    found = sorted(HERE.glob("layout-*.txt"), key=lambda path: int(path.stem.split("-")[1]))
    assert found, "there is no record"
    return found


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    """What layout.c prints."""
    program = tmp_path_factory.mktemp("layout") / "layout"
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", str(HERE / "layout.c"), "-o", str(program)]
    command += [f"-I{ROOT / 'include'}", f"-I{ROOT / 'src' / 'gogym_c'}"]
    subprocess.run(command, check=True)
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    assert len(text.splitlines()) > 100
    return text


def test_the_layout_is_the_newest_record(layout):
    assert layout == records()[-1].read_text(encoding="utf-8")


def test_older_records_still_hold(layout):
    now = set(layout.splitlines())
    sizes = dict(re.findall(r"^sizeof (\w+) (\d+)$", layout, re.MULTILINE))
    for record in records()[:-1]:
        for line in record.read_text(encoding="utf-8").splitlines():
            size = re.match(r"sizeof (\w+) (\d+)$", line)
            if size:
                assert int(sizes[size[1]]) >= int(size[2]), f"{record.name}: {line}"
            else:
                assert line in now, f"{record.name}: {line}"


def test_every_struct_and_table_function_is_in_the_record(layout):
    """layout.c names its fields by hand; what it forgets would not be protected."""
    headers = ["include/gogym.h", "src/gogym_c/gogym_abi.h", "src/gogym_c/gogym_value_format.h"]
    text = "".join((ROOT / name).read_text(encoding="utf-8") for name in headers)
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    structs = re.findall(r"struct (\w+) \{(.*?)\n\}", text, re.DOTALL)
    assert len(structs) >= 9
    for name, body in structs:
        for member in body.split(";"):
            declared = re.search(r"\(\*(\w+)\)|(\w+)(?:\[[^\]]*\])?\s*$", member.strip())
            if declared:
                field = declared[1] or declared[2]
                assert f"field {name}.{field} " in layout
