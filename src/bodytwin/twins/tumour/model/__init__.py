"""The equations of the growth of tumours and of their response."""
