"""The page that shows what edged hears and why it woke: HTML, events as they happen, clips to be judged."""
