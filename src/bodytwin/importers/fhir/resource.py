"""The parts of FHIR R4 resources that bodytwin reads, as typed values.

Source: HL7 FHIR R4 (4.0.1), https://hl7.org/fhir/R4. What is not named here is skipped.
"""

import msgspec


class Coding(msgspec.Struct, frozen=True):
    """A code in a system."""

    system: str = ""
    code: str = ""
    display: str = ""


class Concept(msgspec.Struct, frozen=True):
    """A concept with its codings."""

    coding: tuple[Coding, ...] = ()
    text: str = ""


class Reference(msgspec.Struct, frozen=True):
    """A pointer to another resource."""

    reference: str = ""


class Amount(msgspec.Struct, frozen=True):
    """A Quantity; `value` stays as the source wrote it."""

    value: msgspec.Raw = msgspec.Raw(b"")
    comparator: str | None = None
    unit: str = ""
    system: str = ""
    code: str = ""


def amount_of(quantity: Amount | None, count: msgspec.Raw) -> Amount | None:
    """The quantity, or a count (`valueInteger`) as one without a unit, or neither."""
    if quantity is None and bytes(count) not in (b"", b"null"):
        return Amount(value=count, code="1")
    return quantity


class Period(msgspec.Struct, frozen=True):
    """From `start` to `end`."""

    start: str = ""
    end: str = ""


class Ratio(msgspec.Struct, frozen=True):
    """One amount per another."""

    numerator: Amount | None = None
    denominator: Amount | None = None


class Identifier(msgspec.Struct, frozen=True):
    """A number that an authority gave a patient."""

    system: str = ""
    value: str = ""


class Kind(msgspec.Struct, frozen=True):
    """What sort of resource this is."""

    resourceType: str  # noqa: N815


class Contained(msgspec.Struct, frozen=True):
    """A resource within another: what it is, and its id."""

    resourceType: str = ""  # noqa: N815
    id: str = ""


class Name(msgspec.Struct, frozen=True):
    """What a person is called."""

    use: str = ""
    text: str = ""
    family: str = ""
    given: tuple[str, ...] = ()


class Patient(msgspec.Struct, frozen=True):
    """Who the facts are about."""

    id: str = ""
    name: tuple[Name, ...] = ()
    identifier: tuple[Identifier, ...] = ()
    gender: str = "unknown"
    birthDate: str = ""  # noqa: N815


class Component(msgspec.Struct, frozen=True):
    """One part of an observation, such as the systolic pressure."""

    code: Concept = Concept()
    valueQuantity: Amount | None = None  # noqa: N815
    valueInteger: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815

    @property
    def amount(self) -> Amount | None:
        """The quantity, or a count as one without a unit."""
        return amount_of(self.valueQuantity, self.valueInteger)


class Observation(msgspec.Struct, frozen=True):
    """Something measured."""

    id: str = ""
    status: str = ""
    code: Concept = Concept()
    subject: Reference = Reference()
    effectiveDateTime: str = ""  # noqa: N815
    effectiveInstant: str = ""  # noqa: N815
    effectivePeriod: Period | None = None  # noqa: N815
    valueQuantity: Amount | None = None  # noqa: N815
    valueInteger: msgspec.Raw = msgspec.Raw(b"")  # noqa: N815
    component: tuple[Component, ...] = ()

    @property
    def amount(self) -> Amount | None:
        """The quantity, or a count as one without a unit."""
        return amount_of(self.valueQuantity, self.valueInteger)


class Dosage(msgspec.Struct, frozen=True):
    """How much was given, by which route, how fast."""

    route: Concept = Concept()
    dose: Amount | None = None
    rateQuantity: Amount | None = None  # noqa: N815
    rateRatio: Ratio | None = None  # noqa: N815


class MedicationAdministration(msgspec.Struct, frozen=True):
    """A dose given."""

    id: str = ""
    status: str = ""
    medicationCodeableConcept: Concept | None = None  # noqa: N815
    medicationReference: Reference | None = None  # noqa: N815
    subject: Reference = Reference()
    effectiveDateTime: str = ""  # noqa: N815
    effectivePeriod: Period | None = None  # noqa: N815
    dosage: Dosage | None = None
    contained: tuple[msgspec.Raw, ...] = ()


class Medication(msgspec.Struct, frozen=True):
    """A product, referred to by administrations."""

    id: str = ""
    code: Concept = Concept()


class Consent(msgspec.Struct, frozen=True):
    """Whose leave it is; the rest is read by those who decide."""

    patient: Reference
    id: str = ""


class Entry(msgspec.Struct, frozen=True):
    """One resource of a bundle, not yet looked into."""

    fullUrl: str = ""  # noqa: N815
    resource: msgspec.Raw = msgspec.Raw(b"")


class Bundle(msgspec.Struct, frozen=True):
    """A collection of resources."""

    entry: tuple[Entry, ...] = ()
