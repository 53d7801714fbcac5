"""From zones to a verdict: panel, sums, estimates, weighing, findings, grading, votes, verdicts, stability."""
