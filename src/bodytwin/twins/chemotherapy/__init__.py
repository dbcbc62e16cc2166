"""Which regimen for this patient: effect on the tumour against harm to the blood?

For adults under the drugs of the cited studies, updated by each blood count and each scan. Not for
a choice without a clinician: see what its evidence says.
"""

from bodytwin.twins.chemotherapy.twin import TWIN

__all__ = ["TWIN"]
