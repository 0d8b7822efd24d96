"""Where a database is: a file of ours, or a PostgreSQL server.

Knows no SQLAlchemy, so that a face can name the database before it is opened.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

from pi_tui.errors import StorageError, UsageError
from pi_tui.words import one_line

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9_]*(\+[A-Za-z0-9_]+)?)://(?P<rest>.*)", re.DOTALL)
_SERVER = re.compile(
    r"((?P<user>[^:?]*)(:(?P<password>[^?]*))?@)?"
    r"(?P<server>([\w.\-]*|\[[0-9A-Fa-f:.]*\])(:\d+)?(/[\w.\-]*)?)(\?(?P<query>[^@]*))?",
    re.DOTALL,
)
_SQLITE = ("sqlite", "sqlite+pysqlite")
_POSTGRES = ("postgresql", "postgresql+psycopg")
_SHOWN = ("host", "port", "dbname", "sslmode")
"""Keys of a URL's query that are shown; any other may hold a secret."""


@dataclass(frozen=True, slots=True)
class Location:
    """A database, named: exactly one of `path` and `url` is set."""

    path: Path | None
    """The file, links resolved: two names of one file are one location."""
    url: str
    """The PostgreSQL URL, secrets included: never show it; "" for a file."""
    display: str
    """What may be shown."""


def display_location(location: str) -> str:
    """`location` without passwords and control characters; for a URL, only what is known harmless.

    >>> display_location("postgresql://me:secret@host:5433/runs?sslmode=require&password=x")
    'postgresql://me@host:5433/runs?sslmode=require'
    """
    url = _URL.fullmatch(location)
    if url is None or url["scheme"] in _SQLITE:
        return one_line(location)
    parts = _SERVER.fullmatch(url["rest"])
    if parts is None:  # not the shape we know: the password may be anywhere
        return one_line(f"{url['scheme']}://…")
    query = [(key, value) for key, value in parse_qsl(parts["query"] or "") if key in _SHOWN]
    user = "" if parts["user"] is None else f"{parts['user']}@"
    shown = f"?{urlencode(query, safe='/')}" if query else ""
    return one_line(f"{url['scheme']}://{user}{parts['server']}{shown}")


def parse_location(location: str) -> Location:
    """The database that `location` names, a path or a URL; nothing is opened.

    Raises UsageError for what is neither, and for databases we do not support.
    """
    url = _URL.fullmatch(location)
    if url is None:
        return _file(location, location)
    scheme, rest = url["scheme"].lower(), url["rest"]
    if scheme in _SQLITE:
        if not rest.startswith("/") or rest == "/" or "?" in rest:
            raise UsageError(
                f"{one_line(location)} names no file; give a path, or sqlite:///PATH, no options"
            )
        return _file(rest[1:], location)
    if scheme in _POSTGRES:
        return Location(None, f"postgresql+psycopg://{_quoted(rest)}", display_location(location))
    raise UsageError(
        f"databases of the kind {scheme}:// are not supported; "
        "give a file path, or a postgresql+psycopg:// URL"
    )


def look_at_folder(path: Path) -> None:
    """StorageError if there is no folder in which a file of that name could be."""
    try:
        os.stat(path.parent / ".")
    except (FileNotFoundError, NotADirectoryError):
        raise StorageError(
            f"there is no folder {one_line(path.parent)}; make it first, or use another file "
            "with --db"
        ) from None
    except OSError:
        pass  # whoever opens the file knows better what is wrong there


def _file(name: str, location: str) -> Location:
    if not name or "\0" in name or name == ":memory:":
        raise UsageError(f"{one_line(location)!r} names no file that could be kept; give a path")
    path = Path(os.path.realpath(os.path.expanduser(name)))
    return Location(path, "", one_line(path))


def _quoted(rest: str) -> str:
    """A server's URL whose password may hold any character as it is, where that has one meaning."""
    parts = _SERVER.fullmatch(rest)
    if parts is None and rest.count("@") > 1:
        raise UsageError(  # the driver would take a password's end for a host, and say it
            "this PostgreSQL URL has more than one meaning; write @ : / ? # in a password as "
            "%40 %3A %2F %3F %23, or set it as PGPASSWORD"
        )
    if parts is None or parts["password"] is None:
        return rest
    start, end = parts.span("password")
    return rest[:start] + quote(parts["password"], safe="%") + rest[end:]
