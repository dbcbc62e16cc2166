"""The equations of the beating, wounded heart."""
