"""The TOML file per board: what may be said (`schema`), and how it is read (`load`)."""
