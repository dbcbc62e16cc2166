"""What is kept: records, posteriors, forecasts, and the log that dates them."""

from bodytwin.store.comparisons import keep_comparison
from bodytwin.store.forecasts import (
    Registered,
    Standing,
    forecasts,
    read_forecast,
    register_forecast,
)
from bodytwin.store.home import Store, open_store
from bodytwin.store.intake import Added, Reading, add_reading
from bodytwin.store.log import Audit, verify
from bodytwin.store.posteriors import (
    KeptPosterior,
    keep_posterior,
    latest_posterior,
    posteriors_of,
    read_posterior,
)
from bodytwin.store.records import (
    Known,
    Summary,
    read_demographics,
    read_facts,
    read_record,
    summary,
)
from bodytwin.store.scores import keep_score, scored_targets, scores

__all__ = [
    "Added",
    "Audit",
    "KeptPosterior",
    "Known",
    "Reading",
    "Registered",
    "Standing",
    "Store",
    "Summary",
    "add_reading",
    "forecasts",
    "keep_comparison",
    "keep_posterior",
    "keep_score",
    "latest_posterior",
    "open_store",
    "posteriors_of",
    "read_demographics",
    "read_facts",
    "read_forecast",
    "read_posterior",
    "read_record",
    "register_forecast",
    "scored_targets",
    "scores",
    "summary",
    "verify",
]
