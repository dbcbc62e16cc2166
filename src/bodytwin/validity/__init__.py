"""May it be believed? Claims, cases, scoring rules, calibration, range of validity."""
