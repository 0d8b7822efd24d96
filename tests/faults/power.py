"""The disk after a power cut, rebuilt from a trace of system calls.

Data that was not synced may be present, absent or partial: any subset of the writes since the last
sync of a file, each of them perhaps cut off at the end of a sector. A name created or removed since
the last sync of its folder may be in its earlier state.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,pwrite64,write,fdatasync,fsync,ftruncate,unlink"
_CALL = re.compile(r"(\w+)\((.*)\)\s+= (-?\d+)", re.DOTALL)
_FD = re.compile(r"\d+<([^>]*)>")
_SECTOR = 512


@dataclass
class File:
    """One file: its synced content, and the writes since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)
    """Each write since as (offset, data); a truncation as (size, None)."""

    def sync(self) -> None:
        for offset, data in self.pending:
            _apply(self.durable, offset, data)
        self.pending.clear()

    def after_the_cut(self, chance: random.Random) -> bytes:
        """Return one possible content of this file after a power cut."""
        content = bytearray(self.durable)
        kept = chance.choice((0.0, 0.5, 0.9, 1.0))
        for offset, data in self.pending:
            if chance.random() < kept:
                if data and chance.random() < 0.2:
                    data = data[: chance.randrange(0, len(data), _SECTOR)]  # torn
                _apply(content, offset, data)
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        content[offset:] = bytes(max(0, offset - len(content)))
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(data)] = data


class Disk:
    """One folder, replayed up to a point of a trace."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names: dict[str, File] = {}
        """The files by the names that programs see now."""
        self._durable_names: dict[str, File] = {}
        self._pending_names: list[tuple[str, File | None]] = []
        self.acked = 0
        """Number of digits that the process has reported as saved."""

    def play(self, call: str, arguments: str, result: int) -> None:
        """Apply one system call."""
        if call == "openat":
            self._open(arguments)
        elif call == "unlink":
            self._link(_text(arguments), None)
        else:
            self._change(call, arguments, result)

    def _open(self, arguments: str) -> None:
        name = _text(arguments)
        if "O_CREAT" in arguments and self._is_ours(name) and name not in self._names:
            self._link(name, File())

    def _link(self, name: str, file: File | None) -> None:
        if file is None:
            self._names.pop(name, None)
        else:
            self._names[name] = file
        self._pending_names.append((name, file))

    def _change(self, call: str, arguments: str, result: int) -> None:
        match = _FD.match(arguments)
        name = _plain(match[1]).decode() if match else ""
        if name == self._folder and call in ("fsync", "fdatasync"):
            for entry in self._pending_names:
                _relink(self._durable_names, *entry)
            self._pending_names.clear()
        elif name.endswith(".acks"):
            self.acked = int(_data(arguments))
        elif name in self._names:
            file = self._names[name]
            if call == "pwrite64":
                offset = int(arguments.rpartition(",")[2])
                file.pending.append((offset, _data(arguments)[:result]))
            elif call == "ftruncate":
                file.pending.append((int(arguments.rpartition(",")[2]), None))
            else:
                file.sync()

    def _is_ours(self, name: str) -> bool:
        return name.startswith(self._folder + "/") and not name.endswith((".acks", ".lock"))

    def cut_power(self, folder: Path, chance: random.Random) -> None:
        """Fill `folder` with one possible content of the disk after a power cut now."""
        names = dict(self._durable_names)
        for entry in self._pending_names[: chance.randint(0, len(self._pending_names))]:
            _relink(names, *entry)
        for name, file in names.items():
            (folder / Path(name).name).write_bytes(file.after_the_cut(chance))


def _relink(names: dict[str, File], name: str, file: File | None) -> None:
    if file is None:
        names.pop(name, None)
    else:
        names[name] = file


def moments(trace: str, folder: str, chance: random.Random, share: float) -> Iterator[Disk]:
    """Yield the disk at a random sample of the moments between system calls."""
    disk = Disk(folder)
    for line in trace.splitlines():
        if (match := _CALL.match(line)) and int(match[3]) >= 0:
            disk.play(match[1], match[2], int(match[3]))
            if chance.random() < share:
                yield copy.copy(disk)


def _text(arguments: str) -> str:
    return _data(arguments).decode()


def _data(arguments: str) -> bytes:
    """Return the first quoted string of a line."""
    return _plain(arguments.split('"', 2)[1])


def _plain(escaped: str) -> bytes:
    """Decode a string that `strace -xx` wrote as \\x.. bytes."""
    return bytes.fromhex(escaped.replace("\\x", ""))
