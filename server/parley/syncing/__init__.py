"""The dataset's files and the live versions, kept in step: exported, edited, loaded, merged."""
