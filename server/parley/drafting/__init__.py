"""From words to proposed claims: claim sheets and article texts."""
