"""How long will this pregnancy last, and what did trials find of what could be done?

For women with one child or two, from cervical length, earlier births and fibronectin, beside the
population. Not for women in labour, nor for choosing a treatment: see what its evidence says.
"""

from bodytwin.twins.pregnancy.twin import TWIN

__all__ = ["TWIN"]
