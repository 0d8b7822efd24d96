"""The app in a browser, through the websocket that a tab uses."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.helpers import pi_tui, saved, started, until, wait_until

aiohttp = pytest.importorskip("aiohttp", reason="the web extra is not installed")
pytest.importorskip("textual_serve", reason="the web extra is not installed")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return int(server.getsockname()[1])


def is_open(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Served(NamedTuple):
    """A running server."""

    port: int
    token: str
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(database: Path | None, *more: str, digits: int | None = 20_000) -> Iterator[Served]:
    """Start a server on this test's database; its app computes 20,000 digits."""
    port = free_port()
    more += () if digits is None else ("--digits", str(digits))
    where = () if database is None else ("--db", database)
    with started("serve", *where, "--port", port, *more) as process:
        assert process.stdout
        url = process.stdout.readline().decode().strip()
        assert url.startswith(f"http://127.0.0.1:{port}/")
        wait_until(lambda: is_open(port))
        yield Served(port, url.partition("?token=")[2], process)


@pytest.fixture
def served(database: Path) -> Iterator[Served]:
    with serving(database) as up:
        yield up


@asynccontextmanager
async def tab(
    served: Served, size: str = "width=100&height=30", **headers: str
) -> AsyncIterator[Any]:
    """Open the connection that a browser tab makes."""
    url = f"{served.url}/ws?{size}&token={served.token}"
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url, headers=headers) as connection,
    ):
        yield connection


async def see(connection: Any, text: bytes) -> bytes:
    """Wait until the text has arrived in the tab; return all that arrived until then."""
    seen = b""
    while text not in seen:
        message = await asyncio.wait_for(connection.receive(), 60)
        if message.type is aiohttp.WSMsgType.BINARY:
            seen += message.data
        assert message.type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED), seen
    return seen


async def see_all(connection: Any, *texts: bytes) -> None:
    """Wait until all the texts have arrived in the tab, in any order."""
    seen = b""
    while left := [text for text in texts if text not in seen]:
        seen += await see(connection, left[0])


async def test_tab_shows_the_app_and_its_keys_work(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        assert 0 < saved(database) < 20_000


async def test_tab_has_a_title(served: Served) -> None:
    address = f"{served.url}/?token={served.token}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        assert "<title>π pi-tui</title>" in await answer.text()


MINE = """
from pi_tui import Items, resumable
import time

@resumable
def lines(goal, number=0, *, seed=1):
    while number < goal:
        number += 1
        time.sleep(0.01)
        yield {"number": number}, f"line {number * seed}\\n", number / goal
"""


async def test_tabs_show_any_machine_the_first_computes_and_the_next_watches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    words = ("open", "mine:lines", "600", "seed=7")
    with serving(None, *words, digits=None) as up:
        async with tab(up) as first:
            await see(first, b"line 77")
            async with tab(up) as second:
                await see(second, b"watching")
            await first.send_json(["stdin", "p"])
            await see(first, b"paused")
    run = json.loads(pi_tui("runs", "--json", "--db", "lines.sqlite3", cwd=tmp_path).stdout)[0]
    assert (run["kind"], run["goal"], run["parameters"]) == ("lines", 600, {"seed": 7})
    assert run["saved"] > 0


async def test_tab_follows_a_run_of_any_kind_without_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    database = tmp_path / "x.db"
    opened = pi_tui("open", "mine:lines", "9", "seed=2", "--db", database, cwd=tmp_path)
    assert opened.stdout.endswith("line 18\n")
    (tmp_path / "mine.py").unlink()
    with serving(database, "watch", "--kind", "lines", digits=None) as up:
        address = f"{up.url}/?token={up.token}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            assert "<title>pi-tui watch --kind lines</title>" in await answer.text()
        async with tab(up) as connection:
            await see_all(connection, b"lines 9", b"line 18", b"complete")


@pytest.mark.parametrize("words", [["2000"], ["2k"], ["2", "000"]])
async def test_served_number_is_that_of_digits(words: list[str], database: Path) -> None:
    with serving(database, *words, digits=None) as up:
        async with tab(up) as connection:
            await see(connection, b"2,000 digits")


REFUSED = {
    "another command": (["runs"], "serve shows an app: "),
    "no module": (["open", "nowhere:x", "3"], "there is no module nowhere in "),
    "no goal": (["open", "mine:lines"], "say how far to compute: a GOAL"),
    "a wrong parameter": (["open", "mine:lines", "3", "sead=1"], "lines has no parameter sead"),
    "a fresh start": (["open", "mine:lines", "3", "--fresh"], "leave out --fresh"),
    "an option of serve": (
        ["watch", "--port", "8000"],
        "--port is an option of serve: put it",
    ),
    "an option after digits": (["2000", "--port=80"], "--port=80 is an option of serve: put it"),
    "two numbers": (["2000", "8000"], "'8000' is no command, and one number too many"),
    "no number": (["many"], "'many' is no command and no number"),
}


@pytest.mark.parametrize(("words", "advice"), REFUSED.values(), ids=REFUSED)
def test_app_that_no_tab_could_show_is_refused_in_one_line(
    words: list[str], advice: str, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    done = pi_tui("serve", "--port", free_port(), *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert advice in done.stderr
    assert done.stderr.count("\n") == 1


async def test_copy_in_a_tab_gives_no_advice_about_the_servers_terminal(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-1000/default,1,0")
    with serving(database) as up:
        async with tab(up) as connection:
            await see(connection, b"1415926535")
            await connection.send_json(["stdin", "p"])
            await see(connection, b"paused")
            await connection.send_json(["stdin", "y"])
            told = await see(connection, b"Copied")
            await connection.send_json(["stdin", "p"])
            assert b"tmux" not in told + await see(connection, b"running")


async def test_first_question_takes_keys_in_a_tab_that_was_not_clicked(
    database: Path,
) -> None:
    with serving(database, digits=None) as up:
        async with tab(up) as connection:
            await see(connection, b"How many digits")
            await connection.send_json(["stdin", "\x15700\r"])
            await see(connection, b"1415926535")
            await until(lambda: saved(database) > 0)


async def test_closed_tab_saves_and_ends_its_app(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
    await until(lambda: saved(database))
    # The lock is free again: another pi-tui can finish the run.
    await until(lambda: pi_tui("run", "--digits", "20000", "--db", database).returncode == 0)


async def test_server_listens_on_this_machine_only(served: Served) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in others - {"127.0.0.1", "127.0.1.1", "::1"}:
        family = socket.AF_INET6 if ":" in str(address) else socket.AF_INET
        with closing(socket.socket(family)) as probe:
            assert probe.connect_ex((str(address), served.port)) != 0


def test_port_in_use_is_reported_in_one_line(served: Served, database: Path) -> None:
    done = pi_tui("serve", "--port", served.port, "--db", database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"pi-tui: port {served.port}: ")
    assert done.stderr.count("\n") == 1


def test_serve_without_the_extra_names_the_package_to_install() -> None:
    code = (
        "import sys; sys.modules['textual_serve'] = None\n"
        "from pi_tui.cli import main; sys.exit(main(['serve']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "pi-tui: serving needs textual-serve: pip install 'pi-tui[web]'\n"


async def refusal(url: str, **headers: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return int(answer.status)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "file://"]
)
async def test_websocket_from_another_origin_is_refused(origin: str, served: Served) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with tab(served, Origin=origin):
            pass
    assert refused.value.status == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{}", "127.0.0.1:1", "127.0.0.1"])
async def test_request_with_another_host_name_is_refused(host: str, served: Served) -> None:
    url = f"{served.url}/?token={served.token}"
    assert await refusal(url, Host=host.format(served.port)) == 403
    for name in ("localhost", "127.0.0.1", socket.gethostname()):
        assert await refusal(url, Host=f"{name}:{served.port}") == 200


async def test_request_without_the_token_is_refused(served: Served) -> None:
    assert len(served.token) > 16
    for path in ("", "ws", "download/x"):
        for token in ("", "?token=", f"?token={served.token}x", "?token=%ff"):
            assert await refusal(f"{served.url}/{path}{token}") == 403


async def test_page_stores_the_token_in_a_cookie_of_its_own(served: Served) -> None:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        async with session.get(f"{served.url}/?token={served.token}") as page:
            assert "SameSite=Strict" in page.headers["Set-Cookie"]
            assert "HttpOnly" in page.headers["Set-Cookie"]
            assert f"ws://127.0.0.1:{served.port}/ws" in await page.text()
        async with session.ws_connect(f"{served.url}/ws", headers={"Origin": served.url}) as ws:
            await see(ws, b"1415926535")


async def test_no_token_option_admits_requests_without_a_token(database: Path) -> None:
    with serving(database, "--no-token") as served:
        assert served.token == ""
        assert await refusal(f"{served.url}/") == 200
        assert await refusal(f"{served.url}/", Host="evil.example") == 403


SIZES = ["width=0&height=0", "width=1000000000&height=1000000000", "width=-5&height=x", ""]


@pytest.mark.parametrize("size", SIZES)
async def test_oversized_window_does_not_exhaust_memory(size: str, served: Served) -> None:
    async with tab(served, size) as connection:
        await see(connection, b"running")
        values: tuple[object, ...] = (10**9, 0, -1, 10**400, 1e9, "x", None, [], {}, True)
        for value in values:
            await connection.send_json(["resize", {"width": value, "height": value}])
        await connection.send_json(["resize", {"width": 120, "height": 40}])
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        pids = [pid for pid in Path("/proc").iterdir() if is_child(pid, served.process.pid)]
        assert pids
        for pid in pids:
            peak = re.search(r"VmHWM:\s+(\d+) kB", (pid / "status").read_text())
            assert peak
            assert int(peak[1]) < 600_000


def is_child(process: Path, parent: int) -> bool:
    try:
        return f"PPid:\t{parent}\n" in (process / "status").read_text()
    except OSError:
        return False


MALFORMED = ["", "x", "5", "null", "{}", "[]", "[[]]", '["stdin"]', '["stdin", 5]', '["resize"]']
MALFORMED += [
    '["stdin", ""]',
    '["resize", 5]',
    '["stdin", "\\ud800"]',
    "[" * 100_000,
    '["ping"]',
    '["blur", 1]',
]


async def test_malformed_message_is_ignored(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"running")
        for message in MALFORMED:
            await connection.send_str(message)
        await connection.send_bytes(b"\xff\x00")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
    served.process.send_signal(signal.SIGTERM)
    out, err = served.process.communicate(timeout=60)
    assert b"Traceback" not in out + err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_server_ends_when_its_apps_have_saved(
    number: signal.Signals, served: Served, database: Path
) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
        served.process.send_signal(number)
        await until(lambda: served.process.poll() is not None, limit=15)
        assert served.process.returncode == 0
        assert saved(database)
        assert pi_tui("run", "--digits", "20000", "--db", database).returncode == 0


async def test_app_of_a_killed_server_saves_and_ends(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"running")
        await connection.send_json(["stdin", "p"])
        await see(connection, b"paused")
        served.process.kill()
        await until(lambda: pi_tui("run", "--digits", "20000", "--db", database).returncode == 0)


EVIL = (
    "import os; open(os.environ['EVIL_RAN'], 'a').close()\nraise ImportError('from the folder')\n"
)


async def test_tab_runs_no_module_of_the_working_folder(database: Path, tmp_path: Path) -> None:
    folder, ran = tmp_path / "evil", tmp_path / "ran"
    folder.mkdir()
    for name in ("sqlite3", "random", "textual", "gmpy2", "sqlalchemy", "pi_tui", "json"):
        (folder / f"{name}.py").write_text(EVIL)
    port = free_port()
    child = [sys.executable, "-P", "-m", "pi_tui", "serve", "--digits", "20000"]
    with subprocess.Popen(
        [*child, "--port", str(port), "--db", str(database)],
        cwd=folder,
        env=os.environ | {"EVIL_RAN": str(ran)},
        stdout=subprocess.PIPE,
    ) as process:
        try:
            assert process.stdout
            token = process.stdout.readline().decode().strip().partition("?token=")[2]
            async with tab(Served(port, token, process)) as connection:
                await see(connection, b"1415926535")
        finally:
            process.terminate()
    assert not ran.exists()


def test_address_is_printed_when_the_port_is_open(database: Path) -> None:
    for _ in range(3):
        port = free_port()
        with started("serve", "--db", database, "--port", port) as process:
            assert process.stdout
            assert process.stdout.readline()
            assert is_open(port)


async def test_tabs_that_close_early_report_no_failure(database: Path) -> None:
    with serving(database) as up:
        for pause in (0.0, 0.05, 0.3):
            async with tab(up):
                await asyncio.sleep(pause)  # close before the first frame
        up.process.terminate()
        out, err = await asyncio.to_thread(up.process.communicate, timeout=60)
    assert err == b""
    assert b"failed" not in out


def test_request_with_two_hosts_is_refused_without_a_traceback(served: Served) -> None:
    host = f"127.0.0.1:{served.port}"
    for hosts in ([host, "evil.example"], ["evil.example", host], [host, host], []):
        lines = [f"GET /?token={served.token} HTTP/1.1", *(f"Host: {name}" for name in hosts)]
        with closing(socket.create_connection(("127.0.0.1", served.port), timeout=60)) as line:
            line.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            assert re.match(rb"HTTP/1.[01] 40[03] ", line.recv(100))
    served.process.terminate()
    _, err = served.process.communicate(timeout=60)
    assert err == b""
