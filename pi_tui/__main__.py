"""``python -m pi_tui`` is ``pi-tui``: the door, which is open before the house is built."""

import sys


def start() -> int:
    """Run pi-tui. Ctrl+c is no traceback, however early or late it comes.

    It ends us in the system's own way, at once and without a word: a KeyboardInterrupt somewhere
    within an import is told by Python, whoever catches it. Commands that have something to save or
    to tidy up ask for another way.
    """
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else it is ignored
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from pi_tui.cli import main

        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done
        return code
    except KeyboardInterrupt:
        return 130
    except (MemoryError, ImportError) as error:
        if isinstance(error, ImportError) and "map segment" not in str(error):
            raise
        sys.stderr.write("pi-tui: not enough memory to start; close other programs, or raise the ")
        sys.stderr.write("limit (`ulimit -v`)\n")
        return 6


if __name__ == "__main__":
    sys.exit(start())
