"""What does this dose do to tumour and organs, and what could the rest of the course be?

For adults treated with photons from outside in the fractions of the studies behind each set of
parameters. Not for protons, brachytherapy, or several fractions a day.
"""

from bodytwin.twins.radiotherapy.twin import TWIN

__all__ = ["TWIN"]
