"""The app in a browser, through the websocket that a tab uses."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.commands.browser_tab import aiohttp, see, see_all, tab
from tests.commands.serving import Served, free_port, serving
from tests.helpers import pi_tui, saved, until


async def test_tab_shows_the_app_and_key_p_pauses_it(served: Served, database: Path) -> None:
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


async def test_first_tab_computes_a_machine_of_the_user_and_second_tab_watches_it(
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


async def test_served_watch_shows_a_run_even_if_the_code_of_its_kind_was_deleted(
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
async def test_serve_takes_a_number_as_a_number_of_digits(words: list[str], database: Path) -> None:
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
def test_serve_refuses_in_one_line_a_command_that_no_tab_could_show(
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


async def test_closed_tab_ends_its_app_and_its_run_is_saved(served: Served, database: Path) -> None:
    async with tab(served) as connection:
        await see(connection, b"1415926535")
    await until(lambda: saved(database))
    # The lock is free again: another pi-tui can finish the run.
    await until(lambda: pi_tui("run", "--digits", "20000", "--db", database).returncode == 0)


async def test_server_listens_on_this_machine_only(served: Served) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    # On Linux, 127.0.0.2 is this machine too, and reaches a server that listens on all addresses.
    for address in (others | {"127.0.0.2"}) - {"127.0.0.1", "::1"}:
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
