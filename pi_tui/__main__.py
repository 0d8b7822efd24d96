"""``python -m pi_tui`` is ``pi-tui``: the door, which is open before the house is built."""

import sys


def start() -> int:
    """Run pi-tui; ctrl+c is no traceback, however early or late it comes."""
    try:
        from pi_tui.cli import main

        return main()
    except KeyboardInterrupt:
        return 130
    finally:
        _be_deaf()


def _be_deaf() -> None:
    """All is said and done: ctrl+c has nothing left to end."""
    try:
        import signal

        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    sys.exit(start())
