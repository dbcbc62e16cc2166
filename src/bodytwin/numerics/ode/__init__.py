"""Initial value problems: the steps that every adaptive kernel shares."""
