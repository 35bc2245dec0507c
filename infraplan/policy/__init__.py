"""What is asked, what is met, who is left out and why: targets, scorecards, gap lists, inspections."""
