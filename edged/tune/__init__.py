"""What was measured here, laid under the user's own file: advised, applied, compared, taken back."""
