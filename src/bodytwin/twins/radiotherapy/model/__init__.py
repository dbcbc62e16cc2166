"""The equations of radiotherapy: dose, plans and what tissue does with them."""
