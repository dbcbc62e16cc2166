"""Settings from the environment: the only place that reads it.

BODYTWIN_HOME       the folder that holds the store
BODYTWIN_DATABASE   a postgresql:// address, instead of SQLite in that folder
BODYTWIN_KEYS       the folder of keys, instead of one in that folder
BODYTWIN_PURPOSE    what the twin is used for: a code of HL7 v3 PurposeOfUse
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME = "BODYTWIN_HOME"
DATABASE = "BODYTWIN_DATABASE"
KEYS = "BODYTWIN_KEYS"
PURPOSE = "BODYTWIN_PURPOSE"
NAMES = (HOME, DATABASE, KEYS, PURPOSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the store lies; `database` None means SQLite in `home`, `keys` None a folder in it.

    `purpose` None means the usual purpose of each command.
    """

    home: Path
    database: str | None = None
    keys: Path | None = None
    purpose: str | None = None


def settings(
    *,
    home: Path | None = None,
    purpose: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """What was asked for, else what the environment says, else the usual folder of the platform."""
    given = os.environ if environment is None else environment
    found = home or (Path(given[HOME]) if given.get(HOME) else usual_home(given))
    keys = given.get(KEYS)
    return Settings(
        home=found.expanduser(),
        database=given.get(DATABASE) or None,
        keys=Path(keys).expanduser() if keys else None,
        purpose=purpose or given.get(PURPOSE) or None,
    )


def usual_home(environment: Mapping[str, str]) -> Path:
    """The folder in which this platform keeps a user's data."""
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/bodytwin")
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", "~/AppData/Local")) / "bodytwin"
    return Path(environment.get("XDG_DATA_HOME") or "~/.local/share") / "bodytwin"
