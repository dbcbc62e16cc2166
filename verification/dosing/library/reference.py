"""Typical-patient predictions of the model library, computed apart from the package.

Each model is written out by hand from its published figures: nothing is read from the model files
and nothing is imported from the package. The equations are integrated with SciPy's LSODA to a
relative tolerance of 1e-10, restarting wherever an infusion begins or ends.

    python reference.py > reference.toml
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_ivp

CENTRAL, DEPOT, GLUCOSE, INSULIN = "central", "depot", "glucose", "insulin"


def integrate(rhs, start, doses, times, place):
    """States at `times` (h). `doses`: (time, amount, duration, compartment); `place` gives its index."""

    def tick(hour):
        return round(float(hour), 9)

    edges = sorted(
        {0.0}
        | {tick(t) for t in times}
        | {tick(t) for t, _, _, _ in doses}
        | {tick(t + d) for t, _, d, _ in doses}
    )
    state = np.array(start, dtype=float)
    found = {}
    for k, now in enumerate(edges):
        for time, amount, duration, compartment in doses:
            if duration == 0 and tick(time) == now:
                state[place[compartment]] += amount
        found[now] = state.copy()
        if k + 1 == len(edges):
            break
        after = edges[k + 1]
        rate = np.zeros_like(state)
        for time, amount, duration, compartment in doses:
            if duration > 0 and tick(time) <= now and after <= tick(time + duration):
                rate[place[compartment]] += amount / duration
        solved = solve_ivp(
            lambda t, y, r=rate: np.asarray(rhs(t, y)) + r,
            (now, after),
            state,
            method="LSODA",
            rtol=1e-10,
            atol=1e-13,
            max_step=(after - now) / 4,
        )
        if not solved.success:
            raise RuntimeError(solved.message)
        state = solved.y[:, -1]
    return np.array([found[tick(t)] for t in times])


def one(cl, v):
    return lambda t, y: [-cl / v * y[0]]


def one_oral(cl, v, ka):
    return lambda t, y: [-ka * y[0], ka * y[0] - cl / v * y[1]]


def two(cl, v, q, v2):
    return lambda t, y: [-(cl + q) / v * y[0] + q / v2 * y[1], q / v * y[0] - q / v2 * y[1]]


def three(cl, v, q, v2, q3, v3):
    return lambda t, y: [
        -(cl + q + q3) / v * y[0] + q / v2 * y[1] + q3 / v3 * y[2],
        q / v * y[0] - q / v2 * y[1],
        q3 / v * y[0] - q3 / v3 * y[2],
    ]


def repeated(amount, interval, count, duration=0.0, compartment=CENTRAL):
    return [(k * interval, amount, duration, compartment) for k in range(count)]


CASES = []


def case(model, covariates, doses, times, values, unit, quantity="concentration"):
    CASES.append(
        {
            "model": model,
            "quantity": quantity,
            "unit": unit,
            "covariates": covariates,
            "doses": doses,
            "times_h": list(times),
            "values": [float(x) for x in values],
        }
    )


# Vancomycin, Goti 2018: on and off dialysis, the clearance cap.
times = [1, 1.5, 6, 12, 24.5, 36, 48]
for crcl, dialysis in ((80, 0), (190, 0), (20, 1)):
    cl = 4.5 * (min(crcl, 150) / 120) ** 0.8 * 0.7**dialysis
    v = 58.4 * 85 / 70 * 0.5**dialysis
    doses = repeated(1250, 12, 4, 1.25)
    y = integrate(two(cl, v, 6.5, 38.4 * 85 / 70), [0, 0], doses, times, {CENTRAL: 0})
    case(
        "vancomycin_goti_2018",
        {"weight_kg": 85, "creatinine_clearance_ml_per_min": crcl, "haemodialysis": dialysis},
        doses,
        times,
        y[:, 0] / v,
        "mg/L",
    )

# Vancomycin, Buelga 2005.
doses, v = repeated(1000, 12, 4, 1.0), 0.98 * 65
y = integrate(one(1.08 * 90 * 60 / 1000, v), [0], doses, times, {CENTRAL: 0})
case(
    "vancomycin_buelga_2005",
    {"weight_kg": 65, "creatinine_clearance_ml_per_min": 90},
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Vancomycin, Thomson 2009.
doses, v = repeated(1500, 12, 4, 2.0), 0.675 * 72
y = integrate(
    two(2.99 * (1 + 0.0154 * (83 - 66)), v, 2.28, 0.732 * 72), [0, 0], doses, times, {CENTRAL: 0}
)
case(
    "vancomycin_thomson_2009",
    {"weight_kg": 72, "creatinine_clearance_ml_per_min": 83},
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Gentamicin, Germovsek 2016: 2.12 kg, 33 weeks, 5.4 days, creatinine 78 umol/L.
w, pma, pna, creatinine = 2.12, 33.0, 5.4, 78.0
ratio = creatinine / (166.48 - 2.8488 * pma)
cl = (
    6.21
    * (w / 70) ** 0.632
    * pma**3.33
    / (pma**3.33 + 55.4**3.33)
    * pna
    / (pna + 1.70)
    * ratio**-0.130
)
v = 26.5 * w / 70
doses, times = repeated(10, 36, 3, 0.5), [0.5, 1, 4, 12, 24, 36, 73, 108]
y = integrate(
    three(cl, v, 2.15 * (w / 70) ** 0.75, 21.2 * w / 70, 0.271 * (w / 70) ** 0.75, 148 * w / 70),
    [0, 0, 0],
    doses,
    times,
    {CENTRAL: 0},
)
case(
    "gentamicin_germovsek_2016",
    {
        "weight_kg": w,
        "postmenstrual_age_weeks": pma,
        "postnatal_age_days": pna,
        "creatinine_relative_to_age": ratio,
    },
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Tacrolimus, Woillard 2011: both formulations; three compartments in series before the blood.
for prograf, expresser, haematocrit, amount, interval in ((1, 0, 32, 4, 12), (0, 1, 38.5, 8, 24)):
    ktr, cl, v, q, v2 = (
        3.34 * 1.53**prograf,
        21.2 * (haematocrit / 35) ** -1.14 * 2.0**expresser,
        486 * 0.29**prograf,
        79,
        271,
    )
    disposition = two(cl, v, q, v2)

    def rhs(t, y, ktr=ktr, disposition=disposition):
        blood = disposition(t, y[3:])
        return [
            -ktr * y[0],
            ktr * (y[0] - y[1]),
            ktr * (y[1] - y[2]),
            blood[0] + ktr * y[2],
            blood[1],
        ]

    doses, times = repeated(amount, interval, 4, 0.0, DEPOT), [0.5, 1, 2, 4, 8, 12, 24, 49, 60]
    y = integrate(rhs, [0] * 5, doses, times, {DEPOT: 0})
    case(
        "tacrolimus_woillard_2011",
        {
            "haematocrit_percent": haematocrit,
            "cyp3a5_expresser": expresser,
            "immediate_release": prograf,
        },
        doses,
        times,
        y[:, 3] / v * 1000,
        "ng/mL",
    )

# Tacrolimus, Bergmann 2014: lag 0.44 h, day 30 and far beyond the cap of 180 days.
for day, prednisolone in ((30, 155.5), (400, 100)):
    cl = (
        25.5
        * 1.60
        * (1 - 1.01 * (0.30 - 0.33))
        * (80 / 70) ** 0.75
        * (1 - 0.0021 * (min(day, 180) - 22.7))
    )
    v = 113 * (1 - 0.0028 * (prednisolone - 155.5))
    disposition = two(cl, v, 67.9, 1060)

    def rhs(t, y, disposition=disposition):
        blood = disposition(t, y[1:])
        return [-0.35 * y[0], blood[0] + 0.35 * y[0], blood[1]]

    doses, times = repeated(5, 12, 4, 0.0, DEPOT), [0.6, 1, 2, 4, 12, 37, 48]
    late = [(t + 0.44, a, d, c) for t, a, d, c in doses]
    y = integrate(rhs, [0] * 3, late, times, {DEPOT: 0})
    case(
        "tacrolimus_bergmann_2014",
        {
            "weight_kg": 80,
            "haematocrit_fraction": 0.30,
            "days_after_transplant": day,
            "cyp3a5_expresser": 1,
            "free_prednisolone_peak_nmol_per_l": prednisolone,
        },
        doses,
        times,
        y[:, 1] / v * 1000,
        "ng/mL",
    )

# Busulfan, Choe 2012: a man and a woman.
for female in (0, 1):
    v = 29.1 * math.sqrt(80 / 65) * (1.0 if female else 1.105)
    doses, times = repeated(256, 24, 2, 3.0), [1, 3, 6, 12, 24, 27, 48]
    y = integrate(one(7.6 * math.sqrt(80 / 65), v), [0], doses, times, {CENTRAL: 0})
    case(
        "busulfan_choe_2012", {"weight_kg": 80, "female": female}, doses, times, y[:, 0] / v, "mg/L"
    )

# Phenobarbital, Grasela and Donn 1985, with asphyxia.
doses = [(0.0, 30.0, 0.5, CENTRAL)] + [(12.0 * k, 4.0, 0.5, CENTRAL) for k in range(1, 7)]
times, v = [1, 12, 24, 48, 72, 120], 0.96 * 1.5 * 1.13
y = integrate(one(0.0047 * 1.5, v), [0], doses, times, {CENTRAL: 0})
case(
    "phenobarbital_grasela_1985", {"weight_kg": 1.5, "apgar": 3}, doses, times, y[:, 0] / v, "mg/L"
)

# Theophylline, Pinheiro and Bates 2000.
ke, ka, cl = math.exp(-2.4547), math.exp(0.4657), math.exp(-3.2272) * 72.4
doses, times, v = [(0.0, 319.0, 0.0, DEPOT)], [0.25, 0.5, 1, 2, 4, 8, 12, 24], cl / ke
y = integrate(one_oral(cl, v, ka), [0, 0], doses, times, {DEPOT: 0})
case("theophylline_pinheiro_2000", {"weight_kg": 72.4}, doses, times, y[:, 1] / v, "mg/L")

# Warfarin: two absorption compartments with one rate, turnover of prothrombin complex activity.
cl, v, emax, ec50, kout, base = (
    math.exp(-2.03),
    math.exp(2.07),
    1 / (1 + math.exp(-3.4)),
    math.exp(0.00724),
    math.exp(-2.9),
    math.exp(4.57),
)
ka = 2 / (math.exp(-0.106) + math.exp(0.087))


def rhs(t, y):
    c = y[2] / v
    return [
        -ka * y[0],
        ka * (y[0] - y[1]),
        ka * y[1] - cl * c,
        kout * base * (1 - emax * c / (ec50 + c)) - kout * y[3],
    ]


doses, times = [(0.0, 100.0, 0.0, DEPOT)], [1, 3, 6, 12, 24, 36, 48, 72, 96, 120, 144]
y = integrate(rhs, [0, 0, 0, base], doses, times, {DEPOT: 0})
case("warfarin_oreilly_1968", {}, doses, times, y[:, 2] / v, "mg/L")
case("warfarin_oreilly_1968", {}, doses, times, y[:, 3], "%", "response")


def marrow(disposition, size, v, base, transit, slope, gamma):
    """Kinetics followed by proliferating cells, three transit compartments and the circulation."""
    ktr = 4 / transit

    def rhs(t, y):
        drug, (p, t1, t2, t3, c) = y[:size], y[size:]
        return [
            *disposition(t, drug),
            ktr * p * ((1 - slope * drug[0] / v) * (base / c) ** gamma - 1),
            ktr * (p - t1),
            ktr * (t1 - t2),
            ktr * (t2 - t3),
            ktr * (t3 - c),
        ]

    return rhs, [0.0] * size + [base] * 5


# Paclitaxel, Friberg 2002, leucocytes: 350 umol over three hours.
doses, times = (
    [(0.0, 350 * 0.853906, 3.0, CENTRAL)],
    [24 * d for d in (1, 3, 5, 7, 9, 10, 12, 15, 18, 21)],
)
rhs, start = marrow(two(285, 290, 204, 995), 2, 290, 7.21, 124, 28.9 / 0.853906, 0.239)
y = integrate(rhs, start, doses, times, {CENTRAL: 0})
case("paclitaxel_friberg_2002", {}, doses, times, y[:, -1], "10*9/L", "neutrophils")
fine = np.arange(0.0, 21 * 24 + 1, 1.0)
y = integrate(rhs, start, doses, fine, {CENTRAL: 0})[:, -1]
PACLITAXEL_NADIR = (float(y.min()), float(fine[y.argmin()] / 24))

# Docetaxel, Kloft 2006 with Ozawa's kinetics: a woman, ECOG 1, treated before, two glycoprotein values.
for aag in (1.0, 1.8):
    base = 5.21965 * (1 - 0.121451) * (1 + 0.130406) * (1 - 0.146837)
    base *= 1 + (0.174677 if aag <= 1.34 else 0.494618) * (aag - 1.34)
    slope = 15.5711 / 0.808 * (1 - 0.350693 * (aag - 1.34))
    doses, times = [(0.0, 170.0, 1.0, CENTRAL)], [24 * d for d in (1, 3, 5, 6, 7, 8, 10, 14, 21)]
    rhs, start = marrow(
        three(35.7, 6.94, 5.58, 7.39, 12.5, 225), 3, 6.94, base, 84.1791, slope, 0.144543
    )
    y = integrate(rhs, start, doses, times, {CENTRAL: 0})
    case(
        "docetaxel_kloft_2006",
        {
            "female": 1,
            "ecog_1_or_more": 1,
            "previous_anticancer_treatment": 1,
            "acid_glycoprotein_g_per_l": aag,
            "acid_glycoprotein_low_g_per_l": aag,
            "acid_glycoprotein_high_g_per_l": aag,
        },
        doses,
        times,
        y[:, -1],
        "10*9/L",
        "neutrophils",
    )
doses, times = [(0.0, 170.0, 1.0, CENTRAL)], [0.5, 1, 2, 6, 12, 24, 48]
y = integrate(three(35.7, 6.94, 5.58, 7.39, 12.5, 225), [0] * 3, doses, times, {CENTRAL: 0})
case("docetaxel_kloft_2006", {"female": 0}, doses, times, y[:, 0] / 6.94, "mg/L")

# Glucose and insulin, Denti 2010: 0.3 g/kg of glucose, 20 mU/kg of insulin from the 20th to the 25th minute.
w, age, fat, visceral, glucose, insulin = 78.0, 40.0, 28.0, 110.0, 88.0, 24.0
p2 = 0.0254 * math.exp(-0.0110 * (age - 55.53) - 0.0150 * (insulin - 26.98))
si = (
    5.83e-5
    * 6.0
    * math.exp(-0.00810 * (age - 55.53) - 0.00208 * (visceral - 141.8) - 0.0282 * (insulin - 26.98))
)
volume = (
    1.65
    / 10
    * w
    * math.exp(0.00181 * (age - 55.53) - 0.0101 * (fat - 32.39) - 0.00312 * (glucose - 91.34))
)
ib, sg, n, vi = insulin / 6.0, 0.0192, 0.138, 0.12 * w


def rhs(t, y):
    """Glucose and insulin as amounts (mg, mU), action per minute; the clock is in hours."""
    g, x, i = y[0] / volume, y[1], y[2] / vi
    return [
        60 * volume * (-(sg + x) * g + sg * glucose * 10),
        60 * p2 * (si * (i - ib) - x),
        -60 * n * vi * (i - ib),
    ]


doses = [(0.0, 300 * w, 0.0, GLUCOSE), (20 / 60, 20 * w, 5 / 60, INSULIN)]
times = [m / 60 for m in (2, 10, 20, 25, 30, 45, 60, 90, 120, 180, 240)]
y = integrate(rhs, [glucose * 10 * volume, 0, ib * vi], doses, times, {GLUCOSE: 0, INSULIN: 2})
case(
    "glucose_denti_2010",
    {
        "weight_kg": w,
        "age_a": age,
        "female": 1,
        "fasting_glucose_mg_per_dl": glucose,
        "fasting_insulin_pmol_per_l": insulin,
        "body_fat_percent": fat,
        "visceral_fat_cm2": visceral,
    },
    doses,
    times,
    y[:, 0] / volume / 10,
    "mg/dL",
    "glucose",
)


def saturable(vmax, km, v, ka, more=None, bioavailability=1.0):
    """Depot, central (and peripheral: q, v2) with saturable elimination."""

    def rhs(t, y):
        c = y[1] / v
        out = [-ka * y[0], bioavailability * ka * y[0] - vmax * c / (km + c)]
        if more:
            q, v2 = more
            exchange = q * (c - y[2] / v2)
            out = [out[0], out[1] - exchange, exchange]
        return out

    return rhs


# Phenytoin, Yukawa 1990: an adult with another anticonvulsant and a child alone.
for w, age, other, amount in ((60, 30, 1, 150), (25, 8, 0, 75)):
    vmax, km, v = (
        325 / 24 * (w / 60) ** 0.737 * 1.08**other,
        2.41 * 1.32**other * (0.752 if age < 15 else 1.0),
        0.6 * w,
    )
    doses, times = repeated(amount, 12, 20, 0.0, DEPOT), [2, 12, 48, 120, 230, 240]
    y = integrate(saturable(vmax, km, v, 1.5), [0, 0], doses, times, {DEPOT: 0})
    case(
        "phenytoin_yukawa_1990",
        {"weight_kg": w, "age_a": age, "other_anticonvulsant": other},
        doses,
        times,
        y[:, 1] / v,
        "mg/L",
    )

# Voriconazole, Karlsson 2009: infusions, then a dose by mouth.
w, alt = 22.8, 60.0
vmax = 0.582 * 3.03 * w * (alt / 26.5) ** -0.0931 * (1 - 0.355)
rhs = saturable(vmax, 3.03, 0.807 * w, 0.849, (0.609 * w, 2.17 * w), 0.446)
doses = [(0.0, 160.0, 2.0, CENTRAL), (12.0, 160.0, 2.0, CENTRAL), (24.0, 180.0, 0.0, DEPOT)]
times = [2, 6, 12, 14, 24, 25, 28, 36, 48]
y = integrate(rhs, [0, 0, 0], doses, times, {DEPOT: 0, CENTRAL: 1})
case(
    "voriconazole_karlsson_2009",
    {"weight_kg": w, "alanine_aminotransferase_u_per_l": alt, "cyp2c19_reduced": 1},
    doses,
    times,
    y[:, 1] / (0.807 * w),
    "mg/L",
)

# Amikacin, Delattre 2010.
doses, times = [(0.0, 1750.0, 0.5, CENTRAL)], [0.5, 1, 2, 6, 12, 24]
y = integrate(two(0.77 + 1.42 * 90 / 55.5, 19.2, 4.38, 9.38), [0, 0], doses, times, {CENTRAL: 0})
case(
    "amikacin_delattre_2010",
    {"creatinine_clearance_ml_per_min": 90},
    doses,
    times,
    y[:, 0] / 19.2,
    "mg/L",
)

# Tobramycin, Downes 2022.
w = 11.2
cl = 6.10 * (w / 70) ** 0.75 * (2.2 / 2.7) ** 0.136 * (110 / 128) ** 0.246 * 0.708
doses, times, v = repeated(110, 24, 2, 0.5), [0.5, 1, 4, 8, 24, 25, 48], 21.6 * w / 70
y = integrate(
    two(cl, v, 4.73 * (w / 70) ** 0.75, 6.69 * w / 70), [0, 0], doses, times, {CENTRAL: 0}
)
case(
    "tobramycin_downes_2022",
    {
        "weight_kg": w,
        "age_a": 2.2,
        "glomerular_filtration_ml_per_min_per_173m2": 110,
        "vancomycin_given": 1,
    },
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Meropenem, Li 2006.
cl, v = 14.6 * (60 / 35) ** -0.34 * (70 / 83) ** 0.62, 10.8 * (85 / 70) ** 0.99
doses, times = repeated(1000, 8, 4, 0.5), [0.5, 1, 2, 4, 8, 8.5, 24, 32]
y = integrate(two(cl, v, 18.6, 12.6), [0, 0], doses, times, {CENTRAL: 0})
case(
    "meropenem_li_2006",
    {"weight_kg": 85, "age_a": 60, "creatinine_clearance_ml_per_min": 70},
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Piperacillin, Cohen-Wolkowiez 2014.
doses, times, v = repeated(120, 8, 3, 0.5), [0.5, 2, 4, 8, 16.5, 24], 0.42 * 1.439
y = integrate(one(0.080 * 1.439 * (30 / 33) ** 1.76, v), [0], doses, times, {CENTRAL: 0})
case(
    "piperacillin_cohenwolkowiez_2014",
    {"weight_kg": 1.439, "postmenstrual_age_weeks": 30},
    doses,
    times,
    y[:, 0] / v,
    "mg/L",
)

# Linezolid, Taubert 2016: two infusions and a tablet.
cl = 7.92 * (16 / 13.0) ** 0.04 * (2.5 / 1.91) ** -0.21 * 1.82
v = 15.0 * (90 / 76) ** 1.31 * 1.53
disposition = two(cl, v, 65.59, 26.55)


def rhs(t, y):
    blood = disposition(t, y[1:])
    return [-1.72 * y[0], blood[0] + 1.72 * y[0], blood[1]]


doses = [(0.0, 600.0, 1.0, CENTRAL), (12.0, 600.0, 1.0, CENTRAL), (24.0, 600.0, 0.0, DEPOT)]
times = [1, 2, 6, 12, 13, 24, 25, 30, 36]
y = integrate(rhs, [0, 0, 0], doses, times, {DEPOT: 0, CENTRAL: 1})
case(
    "linezolid_taubert_2016",
    {
        "weight_kg": 90,
        "fibrinogen_umol_per_l": 16,
        "lactate_mmol_per_l": 2.5,
        "respiratory_distress_syndrome": 1,
        "peritonitis": 1,
    },
    doses,
    times,
    y[:, 1] / v,
    "mg/L",
)

# Fluconazole, Wade 2008: creatinine below and above 1 mg/dL.
for creatinine in (0.7, 1.3):
    cl = (
        0.015
        * 1.02**0.75
        * (27 / 26) ** 1.739
        * (3 / 2) ** 0.237
        * (creatinine**-4.896 if creatinine > 1 else 1.0)
    )
    v, doses, times = 1.024 * 1.02, repeated(12, 24, 3, 1.0), [1, 12, 24, 49, 72]
    y = integrate(one(cl, v), [0], doses, times, {CENTRAL: 0})
    case(
        "fluconazole_wade_2008",
        {
            "weight_kg": 1.02,
            "gestational_age_at_birth_weeks": 27,
            "postnatal_age_weeks": 3,
            "creatinine_mg_per_dl": creatinine,
        },
        doses,
        times,
        y[:, 0] / v,
        "mg/L",
    )

# Infliximab, Fasanmade 2009: days in the paper, hours here.
cl = 0.407 * (3.6 / 4.1) ** -1.54 * (1 + 0.471) * (1 - 0.236) / 24
v = 3.29 * (65 / 77) ** 0.538 * (1 - 0.137)
doses, times = (
    [(h * 1.0, 325.0, 2.0, CENTRAL) for h in (0, 336, 1008)],
    [2, 168, 336, 338, 1008, 1010, 2352],
)
y = integrate(two(cl, v, 7.14 / 24, 4.13), [0, 0], doses, times, {CENTRAL: 0})
case(
    "infliximab_fasanmade_2009",
    {"weight_kg": 65, "albumin_g_per_dl": 3.6, "antibodies_to_infliximab": 1, "female": 1},
    doses,
    times,
    y[:, 0] / v,
    "ug/mL",
)

# Adalimumab, Nader 2017.
cl, v = 0.667 * (80 / 94) ** 0.888 * (15 / 7.9) ** 0.173 / 24, 13.5 * (80 / 94) ** 0.707
doses = [(0.0, 160.0, 0.0, DEPOT), (336.0, 80.0, 0.0, DEPOT)] + [
    (672.0 + 168 * k, 40.0, 0.0, DEPOT) for k in range(4)
]
times = [24, 120, 336, 504, 672, 1176, 1344]
y = integrate(one_oral(cl, v, 0.195 / 24), [0, 0], doses, times, {DEPOT: 0})
case(
    "adalimumab_nader_2017",
    {"weight_kg": 80, "c_reactive_protein_mg_per_l": 15, "antibodies_to_adalimumab": 0},
    doses,
    times,
    y[:, 1] / v,
    "ug/mL",
)

# Digoxin, Hirai 2022: the cap at 120 mL/min, with amiodarone.
for crcl, amiodarone in ((56.5, 1), (140, 0)):
    cl, v = 6.209 * (min(crcl, 120) / 60) ** 0.409 * (1 - 0.238 * amiodarone), 6.0 * 57
    doses, times = repeated(0.125, 24, 14, 0.0, DEPOT), [24, 96, 168, 336]
    y = integrate(one_oral(cl, v, 1.0), [0, 0], doses, times, {DEPOT: 0})
    case(
        "digoxin_hirai_2022",
        {"weight_kg": 57, "creatinine_clearance_ml_per_min": crcl, "amiodarone": amiodarone},
        doses,
        times,
        y[:, 1] / v * 1000,
        "ng/mL",
    )

# Methotrexate, Mao 2022: younger and elder.
for age in (50, 66):
    cl = 4.91 * (85 / 98) ** 0.49 * (36 / 40) ** 0.35 * (0.89 if age > 60 else 1.0)
    doses, times = [(0.0, 4800.0, 3.0, CENTRAL)], [3, 12, 24, 48, 72]
    y = integrate(two(cl, 18.4, 0.063, 2.18), [0, 0], doses, times, {CENTRAL: 0})
    case(
        "methotrexate_mao_2022",
        {"creatinine_clearance_ml_per_min": 85, "albumin_g_per_l": 36, "age_a": age},
        doses,
        times,
        y[:, 0] / 18.4 / 454.44 * 1000,
        "umol/L",
    )

# Carboplatin, Ekhart 2009: in the paper's own rate constants.
doses, times = [(0.0, 650.0, 1.0, CENTRAL)], [1, 2, 4, 8, 24]
y = integrate(
    lambda t, y: [-(8.38 / 15.4 + 0.135) * y[0] + 0.215 * y[1], 0.135 * y[0] - 0.215 * y[1]],
    [0, 0],
    doses,
    times,
    {CENTRAL: 0},
)
case("carboplatin_ekhart_2009", {}, doses, times, y[:, 0] / 15.4, "mg/L")

# Lamotrigine, He 2012.
cl, v = 1.01 * (30 / 27.87) ** 0.635 * math.exp(-0.753) * math.exp(0.868), 16.7 * 30 / 27.87
doses, times = repeated(50, 12, 14, 0.0, DEPOT), [12, 48, 96, 160, 168]
y = integrate(one_oral(cl, v, 1.0), [0, 0], doses, times, {DEPOT: 0})
case(
    "lamotrigine_he_2012",
    {"weight_kg": 30, "valproate": 1, "carbamazepine": 1, "phenobarbital": 0},
    doses,
    times,
    y[:, 1] / v,
    "mg/L",
)

# Levetiracetam, Damnjanovic 2023.
cl, v = 1.51 * (35 / 37.1) ** 0.75, 25.01 * 35 / 37.1
doses, times = repeated(500, 12, 10, 0.0, DEPOT), [1, 12, 60, 109, 120]
y = integrate(one_oral(cl, v, 2.6), [0, 0], doses, times, {DEPOT: 0})
case("levetiracetam_damnjanovic_2023", {"weight_kg": 35}, doses, times, y[:, 1] / v, "mg/L")

# Imatinib, Judson 2005: each dose enters the blood at a constant rate over 1.51 h.
cl = 10.6 * (80 / 67.5) ** 0.002
doses, times = repeated(400, 24, 7, 0.0, DEPOT), [1, 1.51, 4, 24, 96, 146, 168]
slow = [(t, a, 1.51, CENTRAL) for t, a, _, _ in doses]
y = integrate(one(cl, 182.0), [0], slow, times, {CENTRAL: 0})
case("imatinib_judson_2005", {"weight_kg": 80}, doses, times, y[:, 0] / 182 * 1000, "ng/mL")

# Ganciclovir, Krens 2020.
doses, times = repeated(350, 12, 4, 1.0), [1, 6, 12, 37, 48]
y = integrate(one(2.3 * (50 / 65) ** 0.71, 42.0), [0], doses, times, {CENTRAL: 0})
case(
    "ganciclovir_krens_2020",
    {"glomerular_filtration_ml_per_min_per_173m2": 50},
    doses,
    times,
    y[:, 0] / 42,
    "mg/L",
)

PUBLISHED = [
    (
        "phenobarbital_grasela_1985",
        "elimination half-life, typical",
        141.0,
        "h",
        0.01,
        "abstract of the paper",
    ),
    (
        "busulfan_choe_2012",
        "area per 3.2 mg/kg at 66.5 kg, dose over clearance; median of the once-daily arm",
        26.18,
        "mg.h/L",
        0.10,
        "paper, results",
    ),
    (
        "tacrolimus_woillard_2011",
        "apparent clearance of expressers at haematocrit 35 %",
        42.0,
        "L/h",
        0.02,
        "paper, discussion",
    ),
    ("lamotrigine_he_2012", "apparent volume at 75 kg", 45.0, "L", 0.01, "paper, results"),
    (
        "tobramycin_downes_2022",
        "clearance per kg^0.75 of the reference child",
        0.252,
        "L/h",
        0.01,
        "paper, results",
    ),
    ("tobramycin_downes_2022", "central volume per kg", 0.308, "L", 0.01, "paper, results"),
    (
        "paclitaxel_friberg_2002",
        "lowest leucocyte count after 350 umol over 3 h, an earlier simulation for this project",
        3.05,
        "10*9/L",
        0.05,
        "not published",
    ),
    ("paclitaxel_friberg_2002", "day of that lowest count", 9.2, "d", 0.05, "not published"),
]


def number(x):
    return repr(float(x)) if isinstance(x, float) else str(x)


def main():
    print("# Written by reference.py. Typical patient (no random effect, no residual error).")
    print(
        "# Amounts in the model's dose unit. A dose with duration_h = 0 is a bolus or a swallowed or injected dose;"
    )
    print("# lag, bioavailability and constant-rate absorption are the model's to apply.")
    print("\nrelative_tolerance = 1e-6")
    for c in CASES:
        print(
            f'\n[[case]]\nmodel    = "{c["model"]}"\nquantity = "{c["quantity"]}"\nunit     = "{c["unit"]}"'
        )
        inside = ", ".join(f"{k} = {number(x)}" for k, x in c["covariates"].items())
        print(f"covariates = {{ {inside} }}" if inside else "covariates = {}")
        print("doses = [")
        for t, a, d, where in c["doses"]:
            print(
                f'  {{ time_h = {number(float(t))}, amount = {number(float(a))}, duration_h = {number(float(d))}, compartment = "{where}" }},'
            )
        print("]")
        print("times_h = [" + ", ".join(number(float(t)) for t in c["times_h"]) + "]")
        print("values  = [" + ", ".join(f"{x:.9g}" for x in c["values"]) + "]")
    print(
        "\n# Derived figures to compare with. relative_tolerance covers the rounding or the spread of the printed one."
    )
    for model, what, value, unit, tolerance, where in PUBLISHED:
        print(
            f'\n[[derived]]\nmodel  = "{model}"\nwhat   = "{what}"\nvalue  = {value}\nunit   = "{unit}"\nsource = "{where}"\nrelative_tolerance = {tolerance}'
        )
    print(
        f"\n# Lowest paclitaxel count found by this script: {PACLITAXEL_NADIR[0]:.4f} on day {PACLITAXEL_NADIR[1]:.2f}."
    )


if __name__ == "__main__":
    main()
