"""Claims, propositions, evidence and derivation: the model, free of files and sockets."""
