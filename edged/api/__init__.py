"""What `import edged` offers: a stream's ear, a recording's text, openWakeWord's scores."""
