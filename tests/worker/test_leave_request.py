"""A repeated request to exit, and when it means to exit at once."""

from __future__ import annotations

import multiprocessing
import signal
import time
from multiprocessing.connection import Connection

import pytest

from pi_tui.worker.leave_request import AT_ONCE_AFTER, LeaveRequest, handling_signals
from tests.worker.conftest import Clock


def test_leave_request_repeated_within_two_seconds_counts_once() -> None:
    clock = Clock()
    asked = LeaveRequest(clock)
    assert not asked
    for _ in range(3):
        asked.ask(signal.SIGHUP)
        clock.now += AT_ONCE_AFTER / 4
    assert asked
    assert not asked.at_once


def test_leave_request_repeated_after_two_seconds_means_exit_at_once() -> None:
    clock = Clock()
    asked = LeaveRequest(clock)
    asked.ask()
    clock.now += AT_ONCE_AFTER
    assert asked.is_long_ago
    assert not asked.at_once
    asked.ask(signal.SIGTERM)
    assert asked.at_once


def test_leave_request_keeps_the_first_of_two_signals_even_if_a_key_came_first() -> None:
    asked = LeaveRequest(Clock())
    for number in (0, signal.SIGTERM, signal.SIGHUP, 0):
        asked.ask(number)
    assert asked.signal == signal.SIGTERM


def test_leave_request_after_a_forgotten_one_counts_as_the_first() -> None:
    clock = Clock()
    asked = LeaveRequest(clock)
    asked.ask(signal.SIGTERM)
    clock.now += 3 * AT_ONCE_AFTER
    asked.forget()
    asked.ask()
    assert (asked.signal, asked.at_once) == (0, False)


def _tell_and_wait(there: Connection) -> None:
    there.send(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
    time.sleep(60)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_child_forked_while_handling_signals_ends_by_sigterm_without_sig_ign_for_sigint() -> None:
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=_tell_and_wait, args=(there,))
    with handling_signals(lambda *_: None):
        child.start()
        outlives_an_exec = here.recv()
        child.terminate()
        child.join(10)
        ended = child.exitcode
        child.kill()
    assert (ended, outlives_an_exec) == (-signal.SIGTERM, False)
