"""What is shown to people and scripts: tables, pages, progress."""
