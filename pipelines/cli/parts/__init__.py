"""What commands share: choices, output, reading, progress."""
