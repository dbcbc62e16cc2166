"""Is it still allowed? Leave that is asked for again and again while data flow."""

from collections.abc import Callable

from bodytwin.errors import NotFoundError, Refusal

Permit = Callable[[], None]
"""Raises ConsentError where the patient's leave is absent, or NotFoundError."""
UNSURE = "The patient's leave could not be checked, and what cannot be checked is refused."


class Leave:
    """The leave for one stream: given for `every_s` seconds, then to be asked for anew.

    Nothing flows while it is due, so whoever forgets to ask shows nothing.
    """

    def __init__(self, permit: Permit, *, every_s: float, clock: Callable[[], float]) -> None:
        self._permit, self._every_s, self._clock = permit, every_s, clock
        self._until = float("-inf")
        self._asked = 0
        self.reasons: tuple[str, ...] = ()

    @property
    def due(self) -> bool:
        """Whether it has to be asked for before anything more may flow."""
        return bool(self.reasons) or self._clock() >= self._until

    @property
    def left_s(self) -> float:
        """Seconds until it is due."""
        return max(0.0, self._until - self._clock())

    def expire(self) -> None:
        """Have it asked for at once."""
        self._until = float("-inf")
        self._asked += 1

    def require(self) -> None:
        """Ask; what the permit raises goes on as it is.

        Leave that was made to expire while this asked is due again right away.
        """
        begun, asked = self._clock(), self._asked
        self._permit()
        if asked == self._asked:
            self._until = begun + self._every_s

    def renew(self) -> bool:
        """Ask: True where it is given; else `reasons` says why not, and it stays refused."""
        if self.reasons:
            return False
        try:
            self.require()
        except Refusal as error:
            self.reasons = error.reasons or (UNSURE,)
        except NotFoundError:
            self.reasons = ("There is no such patient, or none that you may see.",)
        except Exception:
            self.reasons = (UNSURE,)
        return not self.reasons
