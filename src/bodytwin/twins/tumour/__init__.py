"""How does this patient's tumour change over the coming months, if treatment goes on or stops?

For one lesion, or the sum of the lesions followed, under the kinds of treatment that the cited
patients had. Not for the choice of a treatment: see what its evidence says of its forecasts.
"""

from bodytwin.twins.tumour.twin import TWIN

__all__ = ["TWIN"]
