"""The JSON API and the page: parse, call service, show."""
