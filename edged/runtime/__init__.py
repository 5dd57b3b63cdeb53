"""The stages put together: one stream (ear), the daemon (pipeline), threads and their mailboxes."""
