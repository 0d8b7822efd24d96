"""Make any long computation resumable; and compute digits of pi in a terminal.

All public names are here. A name imports its module when it is first used. So `import pi_tui` is
fast, and a program that only defines a machine imports neither the store nor Textual.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers assume True; importing `typing` takes time
if TYPE_CHECKING:
    from pi_tui.all_tasks import carry_on_all as carry_on_all
    from pi_tui.carry_on import carry_on as carry_on
    from pi_tui.machine import *  # noqa: F403 - all its public names, and re-exported
    from pi_tui.recipes.items import Items as Items
    from pi_tui.recipes.program import resumable as resumable
    from pi_tui.testing import prove as prove
    from pi_tui.worker.job import Cadence as Cadence

__version__ = "1.2.0"

_NAMES = {
    "pi_tui.machine": "Abandoned BadState Kind Limits LostPiece Machine Parameter Piece Poll "
    "Refused State Task Work WrongOutput WrongState unwatched",
    "pi_tui.worker.job": "Cadence",
    "pi_tui.recipes.items": "Items",
    "pi_tui.recipes.program": "resumable",
    "pi_tui.carry_on": "carry_on",
    "pi_tui.all_tasks": "carry_on_all",
    "pi_tui.testing": "prove",
}
"""The public names that each module defines."""
_MODULES = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = sorted(_MODULES)
"""What `from pi_tui import *` imports; without it, that would silently import nothing."""


def __getattr__(name: str) -> object:
    """Import a public name when it is first used; raise AttributeError for any other name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module = import_module(_MODULES[name])
    # `carry_on` is a module that can be called: see its last lines.
    found: object = module if name == "carry_on" else getattr(module, name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
