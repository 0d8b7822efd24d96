"""Entry point of ``python -m pi_tui`` and ``pi-tui``; handles SIGINT before the slow imports."""

import sys

from pi_tui.no_memory import MESSAGE, is_lack_of_memory


def start() -> int:
    """Run pi-tui; return the exit code. From here on, ctrl+c shows no traceback.

    If there is too little memory, print a message and return 6.

    At the start, SIGINT ends the process by the system's default action, at once and silently.
    Python would print a KeyboardInterrupt that comes during an import, even if it is caught.
    Commands that have something to save or clean up install their own handler.
    """
    try:
        import signal

        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        from pi_tui.cli import main

        code = main()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to do
        return code
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if not is_lack_of_memory(error):
            raise
        if sys.stderr:  # else it is closed
            sys.stderr.write(f"pi-tui: {MESSAGE}\n")
        return 6


if __name__ == "__main__":
    sys.exit(start())
