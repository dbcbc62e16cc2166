"""The pregnant uterus and cervix of one woman, and when she may give birth."""
