"""What an asset shows of a table: previews and maps."""
