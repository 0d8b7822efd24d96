"""A PostgreSQL server that stops answering, rejects the login, or is addressed with a password.

These tests do not assert how long a step takes, only that it ends: without a time-out, a stopped
server would be waited for without end.
"""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.checkpoints.server import Server
from tests.helpers import pi_tui, started
from tests.terminal.emulator import Terminal

SLOW = ("--digits", "100000", "--digits-per-step", "1", "--series", "rabinowitz-wagon")


@pytest.mark.parametrize("cadence", ["0", "0.1s"], ids=["saved at the exit", "often saved"])
def test_run_on_a_stopped_server_can_be_ended_and_reports_the_loss(
    cadence: str, postgres: Server
) -> None:
    url = postgres.new_database()
    with started("run", *SLOW, "--checkpoint-every", cadence, "--db", url) as child:
        assert child.stderr
        while not re.match(rb"(running|saving): [1-9]", line := child.stderr.readline()):
            assert line, "it ended"
        with postgres.stopped():
            child.send_signal(signal.SIGTERM)
            _, err = child.communicate(timeout=30)
    assert child.returncode == 6
    assert re.search(rb"[1-9][\d,]* more could not be: .* cannot be reached", err), err
    assert pi_tui("check", "--db", url).returncode == 0


@pytest.mark.parametrize("leave", ["q", signal.SIGTERM], ids=["q", "TERM"])
def test_app_on_a_stopped_server_can_be_quit_and_reports_the_loss(
    leave: str | signal.Signals, postgres: Server
) -> None:
    url = postgres.new_database()
    options = ("--digits", 90_000, "--pace", 2_000, "--checkpoint-every", 0)
    with Terminal("--db", url, *options) as terminal:
        terminal.see(r"digits [\d,]+ – [\d,]*\d,\d{3} ")
        with postgres.stopped():
            if isinstance(leave, str):
                terminal.send(leave)
                terminal.see("Leave, losing")
                terminal.send("\t\r")
            else:
                terminal.signal(leave)
            assert (terminal.wait(), terminal.left_behind()) == (6, [])
            terminal.see("[1-9][0-9,]* digits not saved")


def test_command_on_a_stopped_database_server_reports_that_in_one_line(postgres: Server) -> None:
    url = postgres.new_database()
    with postgres.stopped():
        for command in ("run --digits 9", "status", "--digits 9"):
            done = pi_tui(*command.split(), "--db", url)
            assert done.returncode == 6
            assert re.search(r"^pi-tui: .* cannot be reached: .*\n\Z", done.stderr, re.MULTILINE)


def test_commands_of_a_postgres_user_without_rights_fail_with_one_line_of_advice(
    postgres: Server,
) -> None:
    url = postgres.new_database()
    postgres.execute("CREATE ROLE guest LOGIN")
    postgres.execute("REVOKE ALL ON SCHEMA public FROM public", url)
    guest = re.sub(r"//[^/]*/", "//guest@/", url)
    for command in ("run --digits 9", "status", "runs", "export"):
        done = pi_tui(*command.split(), "--db", guest)
        assert (done.returncode, done.stdout) == (6, "")
        assert re.fullmatch(r"pi-tui: [^\n]* ask its owner for the rights [^\n]*\n", done.stderr)


SECRETS = ("p@TAIL", "p:TAIL", "p/TAIL", "p#TAIL", "p?TAIL", "p@x?TAIL", "p@TAIL/x@y?z", "p%TAIL")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("server", ["127.0.0.1:1/pi", "no.such.host.invalid/pi"])
def test_end_of_a_password_is_not_printed_by_run_and_status(secret: str, server: str) -> None:
    url = f"postgresql://me:{secret}@{server}"
    for command, words, variable in (
        ("run --digits 9", ["--db", url], {}),
        ("status", [], {"PI_TUI_DB": url}),
    ):
        done = pi_tui(*command.split(), *words, env=os.environ | variable)
        assert done.returncode in (2, 6)
        assert "TAIL" not in done.stdout + done.stderr
        assert re.search(r"^pi-tui: .*\n\Z", done.stderr, re.MULTILINE)


@pytest.mark.parametrize("secret", SECRETS[:4])
def test_password_may_contain_url_delimiters(secret: str, postgres: Server) -> None:
    _, _, where = postgres.new_database().partition("@")
    if not where:
        pytest.skip("a server of another kind")
    done = pi_tui("run", "--digits", "90", "--db", f"postgresql://postgres:{secret}@{where}")
    assert (done.returncode, done.stdout[:4]) == (0, "3.14")
