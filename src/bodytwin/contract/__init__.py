"""What a twin is, and the verbs written once for all of them."""
