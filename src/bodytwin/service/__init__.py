"""What can be asked of bodytwin: use cases as plain functions of an explicit workspace.

Each room is imported where it is used, so that a command loads only what it needs.
"""
