"""Published relations that more than one twin needs: plain functions of numbers and arrays."""
