"""How the app looks - theme, view, colours, bell - and that the next start looks like this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from pi_tui.ui.face import tell
from pi_tui.ui.main_screen import MainScreen
from pi_tui.ui.remembered import Memory
from pi_tui.ui.steering import SteeringApp
from pi_tui.ui.themes import DAY, DAY_THEME, NIGHT, NIGHT_THEME, fitting_theme, own_variables

if TYPE_CHECKING:
    from textual.theme import Theme


class LooksApp(SteeringApp):
    """Remembers how it is looked at."""

    def __init__(self, memory: Path | None) -> None:
        """`memory` is the file that keeps theme and view from one start to the next."""
        super().__init__()
        self.memory = Memory(memory)
        self._is_trying = False
        self.register_theme(NIGHT_THEME)
        self.register_theme(DAY_THEME)
        self._begin_with(fitting_theme(self.memory.now.theme, self.available_themes, self.console))

    def _begin_with(self, name: str) -> None:
        """The theme of the first frame, without Textual making all styles twice for it."""
        theme = self.available_themes[name]
        if theme.ansi:
            self.theme = name
        else:
            self.set_reactive(App.theme, name)
            self.set_class(theme.dark, "-dark-mode", update=False)
            self.set_class(not theme.dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def refresh_css(self, animate: bool = True) -> None:
        """All styles are those of the theme; before there is a screen, only the app's own.

        Textual would read every style sheet then, and once more for the first screen: 15 ms.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.update(self, animate=animate)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colours, made to go with whatever theme is on."""
        return own_variables(self.current_theme)

    @property
    def main_screen(self) -> MainScreen:
        """The screen with the digits, whatever lies on top of it."""
        screen = self.screen_stack[0]
        assert isinstance(screen, MainScreen)
        return screen

    def recall_looks(self) -> None:
        """The screen looks as it did last time, and from now on changes are remembered."""
        screen = self.main_screen
        screen.digits.colored = self.memory.now.colored
        screen.show_view(self.memory.now.view)
        self.theme_changed_signal.subscribe(screen, self._remember_theme)

    def action_change_theme(self) -> None:
        """Choose a theme by looking at it."""
        if self.screen is self.main_screen:
            self.converse(self._choose_theme())

    async def _choose_theme(self) -> None:
        from pi_tui.ui.dialogs import ThemeList

        before, self._is_trying = self.theme, True
        ours = (NIGHT, DAY)
        others = sorted(set(self.available_themes) - {*ours})
        taken = await self.ask(ThemeList([*ours, *others]))
        self.theme, self._is_trying = taken or before, False
        self.remember(theme=self.theme)

    def _remember_theme(self, theme: Theme) -> None:
        if not self._is_trying:
            self.remember(theme=theme.name)

    def on_exploring_screen_looks_changed(self) -> None:
        """Another view, or digits in colour."""
        screen = self.main_screen
        self.remember(view=screen.view, colored=screen.digits.colored)

    def action_turn_bell(self) -> None:
        """The terminal rings when a run is complete, or does not any more."""
        self.remember(bell=not self.memory.now.bell)

    def remember(self, **changes: Any) -> None:
        """The next start looks like this one."""
        if trouble := self.memory.change(**changes):
            tell(self, f"The look is not remembered: {trouble}")
