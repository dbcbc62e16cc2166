"""Virtual models of one patient, personalised, kept up to date and asked what-if."""

__version__ = "0.1.0"
