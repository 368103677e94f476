"""Lay out one function as the cloud builds it: `build/<function>/` = main.py, shared/, requirements.txt."""

from __future__ import annotations

import compileall
import hashlib
import py_compile
import shutil
from pathlib import Path

from shared.operations.environment import ROOT

# Operators' tools have no business in a function that faces the world.
_LEFT_OUT = ("__pycache__", "*.pyc", "operations")


def stage(function: str, build: Path) -> Path:
    """The folder, made anew. Nothing of the source tree is changed or linked."""
    folder = build / function
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("main.py", "requirements.txt"):
        shutil.copy(ROOT / "functions" / function / name, folder / name)
    shutil.copytree(ROOT / "shared", folder / "shared", ignore=shutil.ignore_patterns(*_LEFT_OUT))
    # The builder compiles installed packages but not our own modules: without this every cold start would. Bytecode
    # of another Python version than the runtime's is ignored there.
    compileall.compile_dir(folder, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    return folder


def digest(folder: Path, *extra: str) -> str:
    """The same for the same sources and the same `extra`, wherever and whenever they are staged."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            found.update(path.read_bytes())
    for text in extra:
        found.update(f"\0{text}".encode())
    return found.hexdigest()[:32]
