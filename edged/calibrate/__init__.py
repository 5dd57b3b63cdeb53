"""Thresholds for one room: what its sounds score without the word, and what that says of a budget."""
