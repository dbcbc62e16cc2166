"""Pairs of UCUM codes with what the oracle must agree on: clinical codes, grouped by kind."""

KINDS: dict[str, str] = {
    "g/L": "kg/L g/dL mg/dL mg/L mg/mL ug/mL ug/L ug/dL ng/mL ng/L ng/dL pg/mL pg/L fg/mL g/mL "
    "mg/m3 ug/m3 kg/m3 [lb_av]/[ft_i]3 [gr]/[gal_us] mg/uL",
    "mol/L": "mmol/L umol/L nmol/L pmol/L fmol/L mmol/dL umol/dL umol/mL nmol/mL pmol/mL mol/m3 "
    "kmol/m3 pmol/dL nmol/dL",
    "g": "kg mg ug ng pg t [lb_av] [oz_av] [gr] [stone_av] [oz_tr] [lb_tr] [dr_av] fg cg dg hg "
    "[scwt_av] [lcwt_av] [lton_av] [ston_av] [oz_m] [car_m] [lb_ap] [oz_ap] [dr_ap] [sc_ap]",
    "L": "mL uL dL cL nL pL fL kL m3 cm3 mm3 dm3 um3 [gal_us] [qt_us] [pt_us] [foz_us] [cup_us] "
    "[tbs_us] [tsp_us] [in_i]3 [ft_i]3",
    "m": "km dm cm mm um nm pm [in_i] [ft_i] [yd_i] [mi_i] [nmi_i] [mil_i] [in_us] [ft_us]",
    "m2": "cm2 mm2 um2 km2 [in_i]2 [ft_i]2",
    "s": "ms us ns min h d wk a mo a_j a_g mo_j mo_g [S]",
    "/s": "/min /h /d /wk kHz Hz MHz /ms /a",
    "L/s": "mL/min mL/h L/min L/h L/d mL/s mL/d dL/min uL/min m3/h",
    "Pa": "kPa hPa mPa MPa bar mbar atm N/m2 dyn/cm2 [psi]",
    "N": "kN mN uN dyn",
    "J": "kJ mJ cal kcal cal_th cal_m cal_IT MJ W.s kW.h N.m",
    "W": "kW mW uW J/min kcal/h kcal/d",
    "kg/m2": "g/cm2 g/m2 mg/cm2",
    "10*9/L": "10*3/uL 10*6/mL /uL /mL /nL /pL 10*12/L 10*6/uL /L {cells}/uL 10*3/mL",
    "mg/kg": "ug/kg g/kg ng/kg mg/g ug/g ng/mg %",
    "mg/kg/h": "ug/kg/min mg/kg/d ug/kg/h mg/(kg.d) mg/kg/min ng/kg/min g/kg/d",
    "mg/h": "mg/min mg/d ug/min ug/h g/d g/h ng/min kg/d ng/s",
    "mL/kg": "mL/g L/kg uL/g",
    "mL/min/m2": "L/min/m2 mL/s/m2 L/h/m2",
    "mg/m2": "g/m2 ug/m2 mg/cm2",
    "mg.h/L": "ug.h/mL mg.min/L ng.h/mL g.h/L mg.d/L",
    "kat/L": "nkat/L ukat/L mkat/L",
    "mmol/kg": "mol/kg umol/g nmol/mg umol/kg",
    "mmol/d": "mol/d umol/min mmol/h nmol/s",
    "Gy": "cGy mGy J/kg",
    "Bq": "kBq MBq GBq Ci mCi uCi",
    "V": "mV uV kV",
    "A": "mA uA nA pA",
    "Ohm": "kOhm MOhm mOhm",
    "F": "uF nF pF",
    "S": "mS uS nS mho",
    "Pa.s": "mPa.s P cP",
    "dyn.s/cm5": "Pa.s/m3 kPa.s/L",
    "m/s": "cm/s mm/s km/h m/min mm/h",
    "m/s2": "cm/s2 mm/s2",
    "1": "% 10*-3 10*2 10*3",
    "rad": "deg mrad",
}
PAIRS = [(target, code) for target, codes in KINDS.items() for code in codes.split()]
