"""A second, deliberately simple evaluator, written from the rules and not from the code.

It reads the JSON of a Consent itself, keeps the tree of purposes as text and the rules as
tables, and shares nothing with bodytwin.governance but the words of an answer.
"""

from datetime import UTC, datetime

TREE = """
PurposeOfUse
  TREAT
    CLINTRL
    COC
    ETREAT
      BTG
      ERTREAT
    POPHLTH
    TREATDS
  HPAYMT
    CLMATTCH
    COVAUTH
    COVERAGE
      ELIGDTRM
      ELIGVER
      ENROLLM
      MILDCRG
    REMITADV
    PMTDS
  HRESCH
    BIORCH
    CLINTRCH
      CLINTRCHNPC
      CLINTRCHPC
      PRECLINTRCH
    DSRCH
    POARCH
    TRANSRCH
  HOPERAT
    CAREMGT
    DONAT
    FRAUD
    GOV
    HACCRED
    HCOMPL
    HDECD
    HDIRECT
    HDM
    HLEGAL
    HOUTCOMS
    HPRGRP
    HQUALIMP
    HSYSADMIN
      LABELING
      METAMGT
    MEMADMIN
    MILCDM
    PATADMIN
    PATSFTY
    PERFMSR
    RECORDMGT
    SYSDEV
      HTEST
    TRAIN
    MLTRAINING
  HMARKT
  PATRQT
    FAMRQT
    PWATRNY
    SUPNWK
  PUBHLTH
    DISASTER
    THREAT
x-INSUW
x-EMPLOY
x-CREDIT
x-LAWENF
x-IMMIG
"""


def lines_of_descent():
    found, above = {}, []
    for line in TREE.strip("\n").split("\n"):
        depth = (len(line) - len(line.lstrip())) // 2
        above = [*above[:depth], line.strip()]
        found[line.strip()] = set(above)
    return found


LINES = lines_of_descent()
CODES = list(LINES)

ACTIONS = {
    "patient": "list read personalise forecast compare score report watch export share audit"
    " consent erase",
    "proxy": "list read personalise forecast compare score report watch export share audit"
    " consent erase",
    "clinician": "list import read personalise forecast compare score report watch cohort export",
    "researcher": "cohort",
    "custodian": "list import consent erase review audit",
    "local": "list import read personalise forecast compare score report watch send cohort export"
    " share audit consent erase review",
    "device": "send",
}
BRANCHES = {
    "patient": "=PATRQT",
    "proxy": "=PATRQT =FAMRQT =PWATRNY",
    "clinician": "TREAT HOPERAT PUBHLTH HRESCH",
    "researcher": "HRESCH MLTRAINING",
    "custodian": "TREAT HOPERAT PUBHLTH =PATRQT -BTG",
    "local": "TREAT HOPERAT PUBHLTH PATRQT HRESCH -BTG",
    "device": "TREAT HOPERAT PUBHLTH PATRQT -BTG",
}
DUTIES = ("list", "consent", "erase", "review", "audit")
ODD = {
    "pcf-intermediate-purpose": ("", "Organization/ex-org-researcher"),
    "own-opt-in-without-provision": ("", ""),
    "own-opt-in-against-deny": ("TREAT", ""),
    "odd-modifier-extension": ("TREAT", ""),
    "odd-action": ("TREAT", ""),
    "odd-unverified": ("TREAT", ""),
    "odd-implicit-rules": ("TREAT", ""),
    "odd-advance-directive": ("TREAT", ""),
    "odd-lower-case": ("", ""),
    "odd-extension-within": ("TREAT", ""),
}
"""Consents not wholly understood: what each is about (purpose, recipient), read by eye."""
WIDER = {"ETH": {"ETH", "ETHUD", "OPIOIDUD"}, "R": {"R", "V"}, "N": {"N", "R", "V"}}


def has_purpose(role, purpose):
    allowed = False
    for branch in BRANCHES[role].split():
        if branch.startswith("="):
            allowed = allowed or purpose == branch[1:]
        elif branch.startswith("-"):
            allowed = allowed and purpose != branch[1:]
        else:
            allowed = allowed or branch in LINES[purpose]
    return allowed


def evaluate(who, action, purpose, patient, consents, now, data, relations=(), emergencies=()):
    """(permitted, rule) for somebody described by a plain dict."""
    answer = before_consents(who, action, purpose, patient, now, relations)
    if answer:
        return answer
    role = who["role"]
    ask = {"who": who, "purpose": purpose, "patient": patient, "now": now, **data}
    labels = data.get("labels") or [None]
    said = [[say(c, {**ask, "label": label}) for c in consents] for label in labels]
    denies = [s for row in said for s in row if s and s[0] == "deny"]
    if purpose == "BTG":
        return in_emergency(who, action, now, denies, emergencies)
    if denies:
        return False, "consent-deny"
    if action == "import" and role in ("custodian", "local"):
        return True, "duty"
    if action == "send" and role == "device" and who.get("person") == patient:
        return True, "duty"
    acts = role == "proxy" and action in ("export", "share", "audit", "consent", "erase")
    if not acts and all(any(s and s[0] == "permit" for s in row) for row in said):
        return True, "consent-permit"
    return False, "default-deny"


def before_consents(who, action, purpose, patient, now, relations):
    role = who["role"]
    represents = role == "proxy" and any(
        r["person"] == who["id"] and action in r["scope"] and r["since"] <= now < r["until"]
        for r in relations
    )
    runs = role in ("custodian", "local") and action in DUTIES
    rights = ((role == "patient", "own-rights"), (represents, "proxy"), (runs, "duty"))
    return refused_at_once(who, action, purpose, patient) or next(
        ((True, rule) for applies, rule in rights if applies), None
    )


def refused_at_once(who, action, purpose, patient):
    role = who["role"]
    if not isinstance(purpose, str) or purpose not in LINES:
        return False, "unknown-purpose"
    if purpose == "PurposeOfUse" or purpose[:2] == "x-" or {"HPAYMT", "HMARKT"} & LINES[purpose]:
        return False, "never-set"
    if who.get("kind") in ("payer", "employer"):
        return False, "never-set"
    if action not in ACTIONS[role].split() or not has_purpose(role, purpose):
        return False, "role"
    if role == "patient" and who.get("person") != patient:
        return False, "role"
    if ("HRESCH" in LINES[purpose] or purpose == "MLTRAINING") and action != "cohort":
        return False, "research"
    return None


def in_emergency(who, action, now, denies, emergencies):
    if any(names for _, names in denies):
        return False, "consent-deny"
    if action not in ("read", "personalise", "forecast", "compare", "report", "watch"):
        return False, "break-glass"
    valid = [
        e
        for e in emergencies
        if e["actor"] == who["id"]
        and e["reason"].strip()
        and (e["until"] - e["since"]).total_seconds() <= 3600
        and e["since"] <= now < e["until"]
    ]
    return bool(valid), "break-glass"


def say(consent, ask):
    """None, ("permit", …) or ("deny", whether it names emergencies) of one Consent."""
    if consent["status"] != "active":
        return None
    if consent["id"] in ODD:
        about, recipient = ODD[consent["id"]]
        hit = (not about or about in LINES[ask["purpose"]]) and (
            not recipient or recipient in (ask["who"]["id"], ask["who"].get("organisation"))
        )
        return ("deny", False) if hit else None
    root = dict(consent.get("provision", {}))
    if "policyRule" in consent and "type" not in root:
        code = consent["policyRule"]["coding"][0]["code"]
        root["type"] = {"OPTIN": "permit", "OPTOUT": "deny"}[code]
    answer = of_rule(root, {}, ask, True)
    if answer and answer[0] == "permit":
        if consent["patient"]["reference"] != "Patient/" + ask["patient"]:
            return None
        research = "HRESCH" in LINES[ask["purpose"]] or ask["purpose"] == "MLTRAINING"
        if consent["scope"]["coding"][0]["code"] == "research" and not research:
            return None
    return answer


def of_rule(rule, outer, ask, around):
    full = {**outer, **{k: v for k, v in rule.items() if k != "provision"}}
    core = timely(full, ask) and purposed(full, ask)
    inside = around and core and person(full, ask, exact=True)
    answers = [of_rule(p, full, ask, inside) for p in rule.get("provision", [])]
    denies = [a for a in answers if a and a[0] == "deny"]
    if denies:
        return ("deny", any(a[1] for a in denies))
    if any(a for a in answers):
        return ("permit", False)
    if rule["type"] == "deny":
        if core and person(full, ask, exact=False) and touched(full, ask):
            named = {p["code"] for p in full.get("purpose", [])}
            return ("deny", bool(named & {"BTG", "ETREAT"}))
        return None
    names = [p["code"] for p in full.get("purpose", [])]
    if ask["purpose"] == "MLTRAINING" and "MLTRAINING" not in names:
        return None
    if ask["who"]["role"] == "proxy" and "actor" not in full:
        return None
    return ("permit", False) if inside and contained(full, ask) else None


def timely(rule, ask):
    period = rule.get("period", {})
    return first(period.get("start")) <= ask["now"] <= last(period.get("end"))


def first(text):
    if text is None:
        return datetime(1, 1, 1, tzinfo=UTC)
    return datetime.fromisoformat(text if "T" in text else text + "T00:00:00+00:00")


def last(text):
    if text is None:
        return datetime(9999, 12, 31, tzinfo=UTC)
    return datetime.fromisoformat(text if "T" in text else text + "T23:59:59.999999+00:00")


def purposed(rule, ask):
    return "purpose" not in rule or any(p["code"] in LINES[ask["purpose"]] for p in rule["purpose"])


def person(rule, ask, exact):
    if "actor" not in rule:
        return True
    who = ask["who"]
    for a in rule["actor"]:
        role, reference = a["role"]["coding"][0]["code"], a["reference"]["reference"]
        if role != "IRCP" and role != who["role"]:
            continue
        if reference in (who["id"], who.get("organisation")):
            return True
        if not exact and (reference.startswith("Group/") or reference.endswith("/" + who["id"])):
            return True
    return False


def codes(rule, key):
    found = rule.get(key, [])
    return [c["coding"][0]["code"] if key == "code" else c["code"] for c in found]


def touched(rule, ask):
    """Could a refusal be about the data? What is not known could."""
    for key, given in (("class", ask.get("classes")), ("code", ask.get("codes"))):
        if key in rule and given and not set(codes(rule, key)) & set(given):
            return False
    if "securityLabel" in rule and ask["label"]:
        reach = set()
        for code in codes(rule, "securityLabel"):
            reach |= WIDER.get(code, {code})
        if ask["label"] not in reach:
            return False
    if "dataPeriod" in rule:
        start, end = ask.get("from") or first(None), ask.get("to") or last(None)
        if end < first(rule["dataPeriod"].get("start")) or start > last(
            rule["dataPeriod"].get("end")
        ):
            return False
    return True


def contained(rule, ask):
    """Are all the data surely those of a permission? What is not known is not."""
    if "data" in rule:
        return False
    for key, given in (("class", ask.get("classes")), ("code", ask.get("codes"))):
        if key in rule and (not given or not set(given) <= set(codes(rule, key))):
            return False
    if "securityLabel" in rule and ask["label"] not in codes(rule, "securityLabel"):
        return False
    if "dataPeriod" in rule:
        if not ask.get("from") or not ask.get("to"):
            return False
        if ask["from"] < first(rule["dataPeriod"]["start"]):
            return False
        return ask["to"] <= last(rule["dataPeriod"]["end"])
    return True
