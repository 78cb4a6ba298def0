"""What people and scripts are told: tables, results, progress."""
