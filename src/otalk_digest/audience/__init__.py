"""Who reads: lists of subscribers, segments, and each reader's own addresses."""
