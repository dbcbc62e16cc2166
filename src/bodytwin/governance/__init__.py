"""Who may ask what of a patient's twin, for which purpose, and what is written down about it.

Everything here is pure: consents, requests and times go in, decisions with
their reasons come out. Keys and rows are the business of `store`.
"""
