"""A small made-up table of levels, its mapping, and how it grows."""

MAPPING = """
dataset = "made up"
drug = "phenobarbital"
rxnorm = "8134"
amount_unit = "mg"
route = "intravenous"
origin = 2024-03-01T08:00:00Z
[[measured]]
quantity = "concentration"
loinc = "3948-7"
unit = "mg/L"
[covariates.weight_kg]
column = "WT"
unit = "kg"
"""
HEADER = "ID,TIME,AMT,WT,DV,EVID\n"
FIRST = HEADER + "1,0,25,1.4,.,1\n1,2,.,1.4,17.3,0\n1,12.5,3.5,1.4,.,1\n1,24.5,3.5,1.4,.,1\n"
SECOND = FIRST + "1,36.5,3.5,1.4,.,1\n1,60,.,1.4,18.9,0\n"
