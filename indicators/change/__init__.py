"""What changed: trends, change against the rest, targets."""
