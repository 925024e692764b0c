"""The accepted claims in the terms of other worlds, as `/as` serves them."""
