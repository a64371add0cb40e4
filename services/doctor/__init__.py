"""Looks at a configuration from outside, before a server is started on it: what is right, what to repair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from services.doctor import on_supabase, on_this_machine, rows
from services.doctor.findings import Finding, wrong
from services.settings import Settings, SettingsError

__all__ = ["Finding", "examine"]


def examine(environ: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """One finding after the other; what depends on something broken is not looked at."""
    try:
        settings = Settings.from_env(environ)
    except SettingsError as error:
        for problem in error.problems:
            yield wrong(
                "settings", problem, "Correct the environment; docs/configuration.md has every setting"
            )
        return
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}"
        yield wrong("data folder", reason, "Make DATA_DIR a folder that this account may write to")
        return
    yield from on_this_machine.look(settings)
    yield from rows.look(settings)
    yield from on_supabase.look(settings)
