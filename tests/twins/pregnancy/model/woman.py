"""A woman at 20 weeks, as other tests of this folder use her."""

from bodytwin.twins.pregnancy.model.measures import Measures

WOMAN = Measures(
    longitudinal_mm=166.0, anterior_posterior_mm=106.0, transverse_mm=133.0, fundus_mm=8.5,
    anterior_mm=8.8, posterior_mm=8.1, lower_segment_mm=5.0, cervix_length_mm=36.0,
    cervix_outer_mm=30.0, canal_mm=6.0, angle_deg=92.0,
)  # fmt: skip
