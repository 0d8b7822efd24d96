"""The theme and other settings, saved from one start to the next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pi_tui.app.face import Face, tell
from pi_tui.app.looks.remembered import Remembered
from pi_tui.app.looks.themes import DAY, DAY_THEME, NIGHT, NIGHT_THEME, fitting_theme


class Looks:
    """The user's settings, and the theme that follows from them and from the terminal.

    Without a file the settings last until the exit.
    """

    def __init__(self, app: Face, path: Path | None, usual: Remembered) -> None:
        """Load the settings from the file `path`; take those it lacks from `usual`.

        `usual` has the settings of a first start. All of them are used if `path` is None. Registers
        our two themes with the app.
        """
        self._app, self._path, self.now = app, path, usual.recalled(path)
        self._is_trying = False
        app.register_theme(NIGHT_THEME)
        app.register_theme(DAY_THEME)

    def begin(self) -> None:
        """Set the theme of the first frame, in a way that Textual computes the styles only once."""
        app = self._app
        name = fitting_theme(self.now.theme, app)
        theme = app.available_themes[name]
        if theme.ansi:
            app.theme = name
        else:
            app.set_reactive(Face.theme, name)
            app.set_class(theme.dark, "-dark-mode", update=False)
            app.set_class(not theme.dark, "-light-mode", update=False)
        app.stylesheet.set_variables(app.get_css_variables())

    def suit(self, light: bool) -> None:
        """Show the theme that suits a light or dark terminal, unless the user chose or tries one.

        This theme is not saved, so the next start asks the terminal again.
        """
        if not (self.now.theme or self._is_trying):
            self._app.theme = fitting_theme("", self._app, light)

    async def choose_theme(self) -> None:
        """Let the user try themes; save the chosen one, or restore the theme if none is chosen."""
        from pi_tui.app.screens.theme_list import ThemeList

        app, before = self._app, self._app.theme
        self._is_trying = True
        ours = (NIGHT, DAY)
        others = sorted(set(app.available_themes) - {*ours})
        taken = await app.questions.ask(ThemeList([*ours, *others]))
        app.theme, self._is_trying = taken or before, False
        if taken is not None:
            self.remember(theme=taken)

    def turn_bell(self) -> None:
        """Turn the bell at completion on or off, and save that."""
        self.remember(bell=not self.now.bell)

    def remember(self, **changes: Any) -> None:
        """Change these settings, and save them for the next start unless `path` was None.

        If that fails, tell the user and save no more.
        """
        before, self.now = self.now, replace(self.now, **changes)
        if self._path is None or self.now == before:
            return
        try:
            replace(self.now.recalled(self._path), **changes).save(self._path)
        except OSError as error:
            self._path = None  # it is not tried again
            tell(self._app, f"The settings are not saved: {error.strerror or error}")
