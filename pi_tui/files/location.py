"""Parse the location of a database, a file or a PostgreSQL URL, and protect database files.

Does not import SQLAlchemy, so that an app can name the database before it is opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from pi_tui.errors import Hint, StorageError, UsageError
from pi_tui.words import one_line

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9_]*(\+[A-Za-z0-9_]+)?)://(?P<rest>.*)", re.DOTALL)
_SERVER = re.compile(
    r"((?P<user>[^:?]*)(:(?P<password>[^?]*))?@)?"
    r"(?P<server>([\w.\-]*|\[[0-9A-Fa-f:.]*\])(:\d+)?(/[\w.\-]*)?)(\?(?P<query>[^@]*))?",
    re.DOTALL,
)
_LIKE_A_SERVER = re.compile(
    r"(?is)\s*(jdbc:|postgres\w*(\+\w+)?(:|//)|.*\bpassword=|.*://\S*@"
    r"|(//|(?![./~]|[a-z]:[/\\])).*:.*@)"
)
"""Text that looks like a mistyped server URL. A file of such a name can be given as ./NAME."""
_ASSIGNED = re.compile(r"\w[\w.\-]*=(?!.*\spassword=)", re.DOTALL)
"""The start of NAME=VALUE, unless it is a list of settings for a server."""
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRES = ("postgresql", "postgresql+psycopg")
_SHOWN = ("host", "port", "dbname", "sslmode")
"""Keys of a URL's query that are shown; any other may hold a secret."""
_IN_SQLITE = re.compile(r"(?s)^[^/].*@|(?<=\?).*")
"""Text in an SQLite URL that looks like a user or options: perhaps of a server, with a password."""
_BESIDE = ("-journal", "-wal", "-shm", ".lock")
"""Suffixes of the files beside a database; a run's lock also has its number."""
_BASE = re.compile(r"(.+?)(-journal|-wal|-shm|(\.run-\d+)?\.lock)", re.DOTALL)
_DATABASE = b"SQLite format 3\0"
"""The first bytes of an SQLite database, and of its backups."""
_JOURNAL = bytes.fromhex("d9d505f920a163d7")


class Location(NamedTuple):
    """The parsed location of a database: exactly one of `path` and `url` is set."""

    path: Path | None
    """The file, links resolved: two names of one file are one location."""
    url: str
    """The PostgreSQL URL, secrets included: never show it; "" for a file."""
    display: str
    """The location without secrets, for messages."""


def display_location(location: str) -> str:
    """Return `location` without passwords and control characters, for messages.

    Of a URL, only parts known to be harmless are kept. Text like a mistyped URL of a server becomes
    "…". Of other text the first line is kept, 300 characters at most.

    >>> display_location("postgresql://me:secret@host:5433/runs?sslmode=require&password=x")
    'postgresql://me@host:5433/runs?sslmode=require'
    """
    url = _URL.fullmatch(location)
    if url is None and looks_like_a_server(location):
        return "…"
    if url is None:
        return one_line(location)
    if url["scheme"].lower() in _SQLITE:
        return one_line(f"{url['scheme']}://{_IN_SQLITE.sub('…', url['rest'])}")
    parts = _SERVER.fullmatch(url["rest"])
    if parts is None:  # unknown syntax: the password may be anywhere
        return one_line(f"{url['scheme']}://…")
    query = [(key, value) for key, value in parse_qsl(parts["query"] or "") if key in _SHOWN]
    user = "" if parts["user"] is None else f"{parts['user']}@"
    shown = f"?{urlencode(query, safe='/')}" if query else ""
    return one_line(f"{url['scheme']}://{user}{parts['server']}{shown}")


def looks_like_a_server(text: str) -> bool:
    """Return True for the URL of a PostgreSQL server, or text that may hold a server's password.

    >>> looks_like_a_server("postgresql//me:secret@host"), looks_like_a_server("pi.sqlite3")
    (True, False)
    """
    return bool(_LIKE_A_SERVER.match(text))


def refuse_misplaced_url(arguments: Sequence[str]) -> None:
    """Raise UsageError if a server's URL stands among the arguments without `--db` before it.

    Later messages would repeat this URL, and it may hold a password. Options (`-…`) and words like
    NAME=VALUE are not looked at.
    """
    for before, word in zip(("", *arguments), arguments, strict=False):
        is_option = word.startswith("-") or _ASSIGNED.match(word)
        if before != "--db" and not is_option and looks_like_a_server(word):
            raise UsageError("the URL of a database goes after --db; put --db before it")


def parse_location(location: str) -> Location:
    """Parse a path or URL of a database. Opens nothing.

    Raises UsageError for text that names no file and no server, for a URL whose password has no
    clear end, and for databases we do not support; StorageError for a relative path if the working
    folder was deleted.
    """
    url = _URL.fullmatch(location)
    if url is None:
        if looks_like_a_server(location):  # it may hold a password: do not repeat it
            raise UsageError(
                "the database looks like a server, but its URL cannot be read; "
                "write postgresql+psycopg://user@host/database, or the path of a file, as ./NAME"
            )
        return _file(location, location)
    scheme, rest = url["scheme"].lower(), url["rest"]
    if scheme in _SQLITE:
        if not rest.startswith("/") or rest == "/" or "?" in rest:
            raise UsageError(
                f"{display_location(location)} names no file; "
                "give a path, or sqlite:///PATH, no options"
            )
        return _file(rest[1:], location)
    if scheme in _POSTGRES:
        return Location(None, f"postgresql+psycopg://{_quoted(rest)}", display_location(location))
    raise UsageError(
        f"databases of the kind {scheme}:// are not supported; "
        "give a file path, or a postgresql+psycopg:// URL"
    )


def own_file(name: str) -> str:
    """Return the default database of a kind: a file in the working folder, named like the kind.

    >>> own_file("collatz"), own_file("a/b")
    ('collatz.sqlite3', 'a-b.sqlite3')
    """
    return name.replace("/", "-").replace("\\", "-") + ".sqlite3"


def look_at_folder(path: Path) -> None:
    """Raise StorageError if the folder of `path` does not exist."""
    try:
        os.stat(path.parent / ".")
    except (FileNotFoundError, NotADirectoryError):
        raise StorageError(
            f"there is no folder {one_line(path.parent)}; make it first, or {Hint.OTHER_FILE}"
        ) from None
    except OSError:
        pass  # opening the file will give a better message


def refuse_name(path: Path) -> None:
    """Raise UsageError if `path` has the name of a file beside a database, such as its journal.

    Such a file is overwritten or deleted when that database is opened.
    """
    for base in _bases(path):
        raise UsageError(
            f"{one_line(path)} is the name of a file beside a database; name the database itself "
            f"({one_line(base.name)}), or {Hint.OTHER_FILE}"
        )


def refuse_other_names(path: Path) -> None:
    """Raise UsageError if the file has other names (hard links).

    Locks and journal are files named after the name that was opened. A process that opens another
    name does not find them: two processes could compute the same run, and what a power cut left
    half-written would not be undone.
    """
    if (names := path.stat().st_nlink) > 1:
        raise UsageError(
            f"{one_line(path)} is a file with {names} names (hard links), and computing is safe "
            "under one only: remove the others (`find -samefile` lists them), or use a copy"
        )


def no_room(folder: Path) -> str:
    """Return a message if the file system of `folder` has no free inodes, else ""."""
    with suppress(OSError, AttributeError):  # Windows has no statvfs
        found = os.statvfs(folder)
        if found.f_files and not found.f_favail:
            return "no inodes left: too many files, delete some there"
    return ""


def resolved(path: Path | str) -> Path:
    """Return the absolute path, links followed. Raises StorageError if that fails.

    Raises ValueError for a null byte, or characters that the file system has no bytes for.
    """
    try:
        return Path(os.path.realpath(path))
    except FileNotFoundError:
        raise StorageError(
            f"{one_line(path)} cannot be found, because the working folder was deleted; "
            "change to another folder, or give the whole path"
        ) from None
    except OSError as error:
        raise StorageError(f"{one_line(path)} cannot be reached: {error.strerror}") from None


def refuse_files_of_databases(target: Path, location: str) -> None:
    """Raise UsageError if `target` is a file of the database at `location`, or of any other.

    Raises UsageError for an invalid file name, too, and StorageError if a path cannot be resolved.
    If `location` is "", there is no such database.

    Names are compared with links resolved. Files are compared by inode and first bytes too, because
    a hard link is the same file under another name.
    """
    ours = parse_location(location).path if location else None
    family = [ours, *(ours.with_name(ours.name + end) for end in _BESIDE)] if ours else []
    try:
        target = resolved(target)
    except ValueError as error:  # a null byte, or characters the file system has no bytes for
        raise UsageError(f"{one_line(target)!r} is not a valid file name") from error
    if _is_kept(target, family, (_DATABASE, _JOURNAL)) or any(
        _is_kept(base, family, (_DATABASE,)) for base in _bases(target)
    ):
        raise UsageError(
            f"{one_line(target)} belongs to a database, and nothing else is ever written there; "
            "choose another file"
        )


def _bases(path: Path) -> list[Path]:
    """Return the database beside which a file of this name would be, as a list of one path.

    The list is empty if `path` has no name of a journal, a lock or another file of _BESIDE.
    """
    found = _BASE.fullmatch(path.name)
    return [path.with_name(found[1])] if found else []


def _is_kept(path: Path, family: list[Path], beginnings: tuple[bytes, ...]) -> bool:
    """Return True if nothing may be written to `path`.

    That is so if it is a file in `family`, or if its first bytes are one of `beginnings`. The bytes
    are read last: to open and close a file that this process has open in SQLite would drop its
    locks.
    """
    for one in family:
        with suppress(OSError, ValueError):
            if path == one or os.path.samefile(path, one):
                return True
    with suppress(OSError, ValueError):
        if path.is_file():
            with path.open("rb") as file:
                return file.read(16).startswith(beginnings)
    return False


def _file(name: str, location: str) -> Location:
    no_file = UsageError(f"{one_line(location)!r} names no file; give a path")
    if name in ("", ":memory:"):
        raise no_file
    try:
        path = resolved(os.path.expanduser(name))
    except ValueError:
        raise no_file from None
    if name.endswith(os.sep) and not os.path.isdir(path):  # `is_dir` may raise
        raise UsageError(f"{one_line(location)!r} is the name of a folder; name a file in it")
    return Location(path, "", one_line(path))


def _quoted(rest: str) -> str:
    """Return the rest of a server's URL behind `://`, with its password percent-encoded.

    Text that cannot be parsed is returned as it is. Raises UsageError if the end of the password
    is ambiguous.
    """
    parts = _SERVER.fullmatch(rest)
    if parts is None and rest.count("@") > 1:
        raise UsageError(  # psycopg would print part of the password as a host
            "this PostgreSQL URL is ambiguous; write @ : / ? # in a password as "
            "%40 %3A %2F %3F %23, or set it as PGPASSWORD"
        )
    if parts is None or parts["password"] is None:
        return rest
    start, end = parts.span("password")
    return rest[:start] + quote(parts["password"], safe="%") + rest[end:]
