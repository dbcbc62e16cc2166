"""The equations of what drugs do to a tumour and to the marrow."""
