#!/usr/bin/env python3
"""Writes a file-based Go module proxy of go/: how a consumer gets the module before it has a home.

    tools/go_proxy.py DIR [VERSION]
    GOPROXY=file://DIR GONOSUMDB=example.com GONOSUMCHECK=1 go get example.com/gogym@v0.1.0

The layout and the zip are those of `go help goproxy` and golang.org/ref/mod#zip-files.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULE_DIR = ROOT / "go"
# A fixed time: the same sources give the same bytes, and so the same go.sum.
EPOCH = (2026, 1, 1, 0, 0, 0)


def header_version() -> str:
    """The version that include/gogym.h states, as Go writes it."""
    text = (ROOT / "include" / "gogym.h").read_text(encoding="utf-8")
    found = re.search(r'#define GYM_VERSION "([^"]+)"', text)
    if not found:
        raise SystemExit("include/gogym.h states no GYM_VERSION")
    return "v" + found.group(1)


def module_path() -> str:
    """The module's path, from go.mod."""
    found = re.search(r"^module\s+(\S+)", (MODULE_DIR / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise SystemExit("go/go.mod names no module")
    return found.group(1)


def module_files() -> list[Path]:
    """The files of the module: what git would commit, or all of them outside a git checkout."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", "."]
    listed = subprocess.run(command, cwd=MODULE_DIR, capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        names = [MODULE_DIR / name for name in listed.stdout.split("\0") if name]
    else:
        names = list(MODULE_DIR.rglob("*"))
    nested = [p.parent for p in MODULE_DIR.rglob("go.mod") if p.parent != MODULE_DIR]
    return sorted(
        p
        for p in names
        if p.is_file() and "vendor" not in p.parts and not any(n in p.parents for n in nested)
    )


def main() -> int:
    """Writes the proxy's files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("version", nargs="?", default=header_version())
    arguments = parser.parse_args()

    module, version = module_path(), arguments.version
    if any(c.isupper() for c in module + version):
        raise SystemExit("capital letters in a module path or version need escaping, which is not done here")
    folder = arguments.directory / module / "@v"
    folder.mkdir(parents=True, exist_ok=True)

    files = {p.relative_to(MODULE_DIR).as_posix(): p for p in module_files()}
    if "go.mod" not in files or not any(name.endswith(".go") for name in files):
        raise SystemExit("go/ holds no module")
    files.setdefault("LICENSE", ROOT / "LICENSE")
    with zipfile.ZipFile(folder / f"{version}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{module}@{version}/{name}", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())

    (folder / f"{version}.mod").write_bytes((MODULE_DIR / "go.mod").read_bytes())
    info = {"Version": version, "Time": "{}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*EPOCH)}
    (folder / f"{version}.info").write_text(json.dumps(info) + "\n", encoding="utf-8")
    versions = {p.stem for p in folder.glob("*.info")}
    (folder / "list").write_text("".join(f"{v}\n" for v in sorted(versions)), encoding="utf-8")
    print(f"{module} {version}: {len(files)} files in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
