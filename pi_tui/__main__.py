"""``python -m pi_tui`` is ``pi-tui``."""

import sys

from pi_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
