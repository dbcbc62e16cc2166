"""What is a patient asked, and what is not asked because the answer never changes?"""

from dataclasses import dataclass

PERMIT, DENY, UNSET = "permit", "deny", "unset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One question to the patient. `fixed` says why there is nothing to choose; else empty.

    `answer` is the one that a fixed choice has.
    """

    key: str
    purpose: str
    question: str
    explains: str
    fixed: str = ""
    answer: str = UNSET


CHOICES = (
    Choice(
        key="care",
        purpose="TREAT",
        question="May those who treat you use your twin?",
        explains="Doctors, nurses and pharmacists who care for you may read your record here, ask "
        "your twin and compare treatments. Without this they can't, save in an emergency.",
    ),
    Choice(
        key="emergency",
        purpose="BTG",
        question="May a clinician open your twin in an emergency, even where you refused care use?",
        explains="They have to give a reason, have one hour, can take nothing away, and you are "
        "told each time. Leaving this open allows it; refusing holds in an emergency too.",
    ),
    Choice(
        key="quality",
        purpose="HQUALIMP",
        question="May your record help to find out how good the twins and the care are?",
        explains="Forecasts are compared with what really happened. Only figures about many people "
        "leave this store.",
    ),
    Choice(
        key="research",
        purpose="HRESCH",
        question="May your record take part in health research?",
        explains="Researchers never see you or your record. Computations run here over many "
        "people, and only figures about groups leave, with noise added.",
    ),
    Choice(
        key="training",
        purpose="MLTRAINING",
        question="May computer models be trained with your record?",
        explains="This needs its own yes: agreeing to research or to care doesn't include it.",
    ),
    Choice(
        key="family",
        purpose="FAMRQT",
        question="May a family member you name look at your twin?",
        explains="They may see and ask it, and may not change, take away or erase anything. "
        "Somebody with power of attorney is entered separately.",
    ),
)
"""What can be chosen. One's own view is no choice: nobody can take it away."""

FIXED = (
    Choice(
        key="own_view",
        purpose="PATRQT",
        answer=PERMIT,
        question="May you see your own twin?",
        explains="You may always see your twin and who looked at it, take your data with you, and "
        "have everything erased.",
        fixed="Always allowed. It is yours to see, and no one can switch it off.",
    ),
    Choice(
        key="insurance",
        purpose="x-INSUW",
        answer=DENY,
        question="May insurers use your twin to decide on cover or its price?",
        explains="A forecast of your health could be held against you for life.",
        fixed="Never. Not even your own yes changes it, so nobody can press you for one.",
    ),
    Choice(
        key="payment",
        purpose="HPAYMT",
        answer=DENY,
        question="May your twin be used for payments or claims?",
        explains="Paying for care that was given needs no forecast of what will come.",
        fixed="Never. Bills hold what was done, and twins are not needed for them.",
    ),
    Choice(
        key="employment",
        purpose="x-EMPLOY",
        answer=DENY,
        question="May employers use your twin?",
        explains="Work should be judged by work.",
        fixed="Never. Not even your own yes changes it, so nobody can press you for one.",
    ),
    Choice(
        key="credit",
        purpose="x-CREDIT",
        answer=DENY,
        question="May banks or landlords use your twin?",
        explains="Health forecasts have no place in loans or leases.",
        fixed="Never. Not even your own yes changes it, so nobody can press you for one.",
    ),
    Choice(
        key="police",
        purpose="x-LAWENF",
        answer=DENY,
        question="May the police use your twin?",
        explains="A twin is made for your care and from what you told in confidence.",
        fixed="Never through this software. What a court may demand of the holder of a record is "
        "a matter of law.",
    ),
    Choice(
        key="immigration",
        purpose="x-IMMIG",
        answer=DENY,
        question="May immigration offices use your twin?",
        explains="A twin is made for your care and from what you told in confidence.",
        fixed="Never through this software.",
    ),
    Choice(
        key="marketing",
        purpose="HMARKT",
        answer=DENY,
        question="May your twin be used for marketing?",
        explains="Nobody should sell to you what your twin foretells.",
        fixed="Never.",
    ),
)
"""What is listed with them and cannot be chosen, and why."""
