"""HTTP as OpenAI's clients speak it: recordings in, text in every response format out."""
