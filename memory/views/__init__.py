"""The derived views, one a file. Each can be dropped and rebuilt from the log."""
