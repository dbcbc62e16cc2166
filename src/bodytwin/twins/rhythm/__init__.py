"""Heart rhythm: can this heart fall into a dangerous circuit, where is it, what would end it?"""

from bodytwin.twins.rhythm.twin import TWIN

__all__ = ["TWIN"]
